// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string_view>

namespace pt::ctl {

// Whether the text of modules.dep or modules.builtin (modules.dep(5)) has a module of this name, in
// which '-' is the same as '_'.
[[nodiscard]] bool has_module(std::string_view index, std::string_view name);

// Whether neither a driver on the bus nor a module of the running kernel has this name. False where
// that cannot be told.
[[nodiscard]] bool is_driver_unknown(int root, std::string_view name);

}  // namespace pt::ctl
