// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "core/plan.h"
#include "core/wish.h"

namespace pt::ctl {

// plan_for() of the machine as pt-hook finds it at boot, when no virtual function is there yet.
// Those that an item of the wish means are put into `virtual_functions`.
[[nodiscard]] Plan plan_boot(const Wish& wish, int root, std::vector<Complaint>& complaints,
                             int& error, std::vector<PciAddress>& virtual_functions);

}  // namespace pt::ctl
