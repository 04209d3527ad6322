// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/texts.h"

#include <cerrno>

#include "core/report.h"
#include "core/text.h"
#include "sys/file.h"

namespace pt::ctl {
namespace {

// As much as pt-hook reads.
constexpr std::size_t kTextMax = 65536;

}  // namespace

Texts read_texts(const Context& context) {
    const int root = context.root_dir.get();
    Texts texts;
    texts.conf_error = read_file(root, kConfPath.substr(1).data(), kTextMax, texts.conf);
    if (texts.conf_error == ENOENT) texts.conf_error = 0;
    texts.cmdline_error = read_file(root, "proc/cmdline", kTextMax, texts.cmdline);
    return texts;
}

std::string printable(std::string_view text) {
    std::string result;
    put_printable(result, text);
    return result;
}

}  // namespace pt::ctl
