// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/virtual_functions.h"

#include <algorithm>

namespace pt::ctl {
namespace {

bool is_virtual(const Inventory& inventory, PciAddress address) {
    const Function* function = inventory.find(address);
    return function != nullptr && function->is_virtual_function;
}

// Whether a list's item means virtual functions and nothing that is there at boot.
bool means_only_virtual(const Inventory& inventory, const Selector& selector) {
    if (selector.kind == Selector::Kind::kDisplays) return false;
    bool has_virtual = false;
    for (const Function& function : inventory.functions) {
        if (!is_meant(function, selector)) continue;
        if (!function.is_virtual_function) return false;
        has_virtual = true;
    }
    return has_virtual;
}

}  // namespace

std::vector<PciAddress> drop_virtual_functions(const Inventory& inventory, const Wish& wish,
                                               Plan& plan, std::vector<Complaint>& complaints) {
    std::vector<PciAddress> dropped;
    for (const PlannedDevice& planned : plan.devices)
        if (planned.decision != Decision::kKept && is_virtual(inventory, planned.device.address))
            dropped.push_back(planned.device.address);
    std::erase_if(plan.devices, [&](const PlannedDevice& planned) {
        return is_virtual(inventory, planned.device.address) ||
               (planned.companion_of && is_virtual(inventory, *planned.companion_of));
    });
    for (const Selector& selector : wish.selectors)
        if (means_only_virtual(inventory, selector))
            complaints.push_back({Fault::kNoMatch, selector.parameter, selector.item,
                                  selector.position, selector.from_conf});
    return dropped;
}

}  // namespace pt::ctl
