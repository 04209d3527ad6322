// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/next_boot.h"

#include "core/wish.h"
#include "ctl/edit.h"
#include "ctl/texts.h"

namespace pt::ctl {
namespace {

std::string own_words(std::string_view cmdline) {
    std::string text;
    for (const SourceWord& word : read_words(cmdline).words)
        text += (text.empty() ? "" : " ") + printable(word.text);
    return text;
}

}  // namespace

std::string note_of_next_boot(std::string_view cmdline, const Loader& loader) {
    // A line without any word is one that was not found.
    if (loader.cmdline_error != 0 || loader.cmdline_path.empty() || loader.cmdline.empty())
        return {};
    const std::string running = own_words(cmdline);
    const std::string next = own_words(join_words(loader.cmdline));
    if (running == next) return {};
    const std::string place = printable(loader.cmdline_path);
    // Files of which images or entries are made: what those have by now is not known.
    const bool is_source =
        loader.kind == LoaderKind::kUki || loader.cmdline_path == "/etc/kernel/cmdline";
    if (is_source && next.empty()) return {};
    if (is_source)
        return "words stand in " + place + ": " + next +
               "; they count from the next boot if what it starts was built since";
    if (next.empty())
        return "the next boot is without the words of this one: " + place + " has no pt. word";
    return "words for the next boot wait in " + place + ": " + next + "; reboot";
}

}  // namespace pt::ctl
