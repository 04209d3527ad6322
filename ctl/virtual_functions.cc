// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/virtual_functions.h"

#include <algorithm>

#include "ctl/inventory.h"
#include "sys/survey.h"

namespace pt::ctl {
namespace {

bool means(const Selector& selector, const PciDevice& device, const PciBus& bus) {
    if (selector.kind == Selector::Kind::kDisplays) return is_display(device);
    if (selector.kind == Selector::Kind::kId && !id_matches(selector.id, device)) return false;
    return !selector.is_placed() ||
           is_at(selector.where, device.address, bus.parents(device.address));
}

}  // namespace

Plan plan_boot(const Wish& wish, int root, std::vector<Complaint>& complaints, int& error,
               std::vector<PciAddress>& virtual_functions) {
    const PciBus bus(root);
    Machine machine;
    error = bus.list(machine.devices);
    std::erase_if(machine.devices, [&](const PciDevice& device) {
        if (!is_virtual_function(root, device.address)) return false;
        const bool is_meant =
            std::any_of(wish.selectors.begin(), wish.selectors.end(),
                        [&](const Selector& selector) { return means(selector, device, bus); });
        if (is_meant) virtual_functions.push_back(device.address);
        return true;
    });
    return plan_with(wish, machine, bus, root, complaints);
}

}  // namespace pt::ctl
