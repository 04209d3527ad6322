// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

namespace pt::ctl {

// Whether the directory `root`, which was opened by this path, is the root of this machine, however
// it was written. A bind mount of that is another one: it lacks what is mounted below this one.
[[nodiscard]] bool is_root_of_this_machine(int root, const std::string& path);

}  // namespace pt::ctl
