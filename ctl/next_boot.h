// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

#include "ctl/loader.h"

namespace pt::ctl {

// What the boot loader's configuration changes at the next boot for pt-hook, against the command
// line of this one, for people: empty if that is nothing, or cannot be read.
[[nodiscard]] std::string note_of_next_boot(std::string_view cmdline, const Loader& loader);

}  // namespace pt::ctl
