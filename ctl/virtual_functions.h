// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "core/plan.h"
#include "core/wish.h"
#include "ctl/inventory.h"

namespace pt::ctl {

// Takes the virtual functions, which are not there yet when pt-hook runs, out of a plan that was
// made with them, and adds a complaint for each item that means nothing else. Returns those that
// were planned to be taken.
[[nodiscard]] std::vector<PciAddress> drop_virtual_functions(const Inventory& inventory,
                                                             const Wish& wish, Plan& plan,
                                                             std::vector<Complaint>& complaints);

}  // namespace pt::ctl
