// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "core/plan.h"
#include "core/wish.h"
#include "ctl/inventory.h"

namespace pt::ctl {

// plan_for() of the machine as pt-hook finds it at boot, when no virtual function is there yet.
[[nodiscard]] Plan plan_boot(const Wish& wish, int root, std::vector<Complaint>& complaints,
                             int& error);

// The virtual functions that are there now and that an item of the wish means.
[[nodiscard]] std::vector<PciAddress> meant_virtual_functions(const Inventory& inventory,
                                                              const Wish& wish);

}  // namespace pt::ctl
