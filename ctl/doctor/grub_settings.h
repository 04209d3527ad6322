// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pt::ctl {

// The command line that grub-mkconfig would give to the kernel: GRUB_CMDLINE_LINUX and
// GRUB_CMDLINE_LINUX_DEFAULT as these files leave them, which are shell scripts, in the order in
// which they are read (/etc/grub.d/10_linux). Nothing if only a shell could tell.
[[nodiscard]] std::optional<std::string> grub_settings_cmdline(
    const std::vector<std::string_view>& files);

}  // namespace pt::ctl
