// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pt::ctl {

// Changes of texts that hold kernel command lines. Pure; what is not concerned stays as it is, byte
// for byte. Our words hold neither white space nor quotes.

// The words of a text between white space.
[[nodiscard]] std::vector<std::string> split_words(std::string_view text);

[[nodiscard]] std::string join_words(const std::vector<std::string>& words);

// Adds words to the last line that says something, of a file that is one command line in however
// many lines, such as /etc/kernel/cmdline. A line that begins with '#' says nothing.
[[nodiscard]] std::string add_to_cmdline(std::string_view text,
                                         const std::vector<std::string>& words);

// Adds words to the last "options" line of a boot loader entry, or such a line at the end
// (Boot Loader Specification, type #1).
[[nodiscard]] std::string add_to_entry(std::string_view text,
                                       const std::vector<std::string>& words);

// The words of all "options" lines of such an entry.
[[nodiscard]] std::vector<std::string> entry_options(std::string_view text);

// What follows a key of such an entry, such as "title"; empty if it is not there.
[[nodiscard]] std::string entry_value(std::string_view text, std::string_view key);

// Adds to a shell file of GRUB (/etc/default/grub or a file in grub.d beside it) an assignment
// that lengthens GRUB_CMDLINE_LINUX_DEFAULT, below a comment. The recovery entries of the menu do
// not use that variable, so they boot without the words (/etc/grub.d/10_linux).
[[nodiscard]] std::string add_to_grub(std::string_view text, const std::vector<std::string>& words);

// Adds lines to /etc/pt-hook.conf, below a comment.
[[nodiscard]] std::string add_to_conf(std::string_view text, const std::vector<std::string>& words);

// Takes words out of any of these texts, each wherever it stands as a word of its own outside of
// comments, with the white space before it, and what the additions above leave: their comments,
// an empty assignment, an empty line of options.
[[nodiscard]] std::string remove_words(std::string_view text,
                                       const std::vector<std::string>& words);

// The same for a text of which add_to_grub() or add_to_conf() wrote a part: where that still stands
// below its comment, words elsewhere are somebody else's and stay. Where no such comment stands,
// the words `elsewhere` are taken out as above.
[[nodiscard]] std::string remove_added(std::string_view text, const std::vector<std::string>& words,
                                       const std::vector<std::string>& elsewhere);

// The lines that differ between two texts, as a unified diff without a head, with up to two lines
// of context: everything between the first and the last difference is one hunk.
[[nodiscard]] std::vector<std::string> changed_lines(std::string_view before,
                                                     std::string_view after);

// The words of the kernel's command line in the first menu entry of a grub.cfg that boots Linux.
[[nodiscard]] std::vector<std::string> grub_menu_words(std::string_view grub_cfg);

}  // namespace pt::ctl
