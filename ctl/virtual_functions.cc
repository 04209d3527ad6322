// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/virtual_functions.h"

#include <algorithm>

#include "sys/survey.h"

namespace pt::ctl {
namespace {

bool means(const Selector& selector, const Function& function) {
    return selector.kind == Selector::Kind::kDisplays ? is_display(function.device)
                                                      : is_meant(function, selector);
}

}  // namespace

Plan plan_boot(const Wish& wish, int root, std::vector<Complaint>& complaints, int& error) {
    const PciBus bus(root);
    Machine machine;
    error = bus.list(machine.devices);
    std::erase_if(machine.devices, [&](const PciDevice& device) {
        return is_virtual_function(root, device.address);
    });
    return plan_with(wish, machine, bus, root, complaints);
}

std::vector<PciAddress> meant_virtual_functions(const Inventory& inventory, const Wish& wish) {
    std::vector<PciAddress> found;
    for (const Function& function : inventory.functions)
        if (function.is_virtual_function &&
            std::any_of(wish.selectors.begin(), wish.selectors.end(),
                        [&](const Selector& selector) { return means(selector, function); }))
            found.push_back(function.device.address);
    return found;
}

}  // namespace pt::ctl
