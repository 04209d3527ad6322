// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pt::ctl {

// Text as one word of a shell: between single quotes unless it needs none, and as $'...' with bytes
// that a terminal would not print as they are (bash, zsh and ksh; POSIX since 2024). The result is
// printable ASCII.
[[nodiscard]] std::string shell_quoted(std::string_view text);

// A command as it can be pasted into a shell.
[[nodiscard]] std::string shell_command(const std::vector<std::string>& words);

}  // namespace pt::ctl
