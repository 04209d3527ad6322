// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sys/survey.h"

#include "core/range.h"
#include "sys/framebuffers.h"
#include "sys/modules.h"

namespace pt {
namespace {

void complete(Machine& machine, const Wish& wish, const PciBus& bus, int root) {
    if (wish.needs_parents())
        for (const PciDevice& device : machine.devices)
            machine.parents.push_back(bus.parents(device.address));
    if (wish.with == With::kGroup)
        for (const PciDevice& device : machine.devices)
            machine.unread.add("an IOMMU group",
                               bus.group_of(device.address, machine.groups.emplace_back()));
    if (may_mean_display(wish, machine)) {
        machine.framebuffers = find_framebuffers(root, bus, machine.devices, machine.unread);
        find_boot_display(machine, bus);
    }
}

int find_variants(const Machine& machine, const Selection& selection, int root,
                  std::vector<DeviceState>& states) {
    std::vector<VariantFinder> finders;
    for (const Choice& choice : selection.choices)
        finders.emplace_back(machine.devices[choice.device].ids);
    const int error = show_aliases(root, finders);
    for (std::size_t i = 0; i < states.size(); ++i) {
        states[i].variant_module = finders[i].module();
        if (!finders[i].module().empty())
            states[i].variant_driver = registered_driver(root, finders[i].module());
    }
    return error;
}

// The endpoints that stay with the host in the groups of the devices that are taken.
std::vector<Neighbour> find_neighbours(Plan& plan, const Machine& machine, const PciBus& bus,
                                       int root) {
    std::vector<std::int32_t> groups;
    std::vector<Neighbour> neighbours;
    for (const PlannedDevice& planned : plan.devices) {
        const std::int32_t group = planned.state.iommu_group;
        if (!is_acted_on(planned) || group < 0) continue;
        if (contains(groups, group)) continue;
        groups.push_back(group);
        const std::vector<PciAddress> members = group_members(root, group, plan.unread);
        for (const PciDevice& device : machine.devices) {
            if (!contains(members, device.address) || !is_left_to_host(plan, device)) continue;
            neighbours.push_back({device, {}, group});
            // A driver that cannot be read is told as none.
            (void)bus.driver_of(device.address, neighbours.back().driver);
        }
    }
    return neighbours;
}

}  // namespace

void find_boot_display(Machine& machine, const PciBus& bus) {
    std::size_t possible = kNobody;
    int possible_error = 0;
    for (std::size_t i = 0; i < machine.devices.size(); ++i) {
        if (!is_display(machine.devices[i])) continue;
        bool found = false;
        const int error = bus.boot_vga_of(machine.devices[i].address, found);
        if (found) {
            machine.boot_display = i;
            return;
        }
        if (error != 0 && possible == kNobody) {
            possible = i;
            possible_error = error;
        }
    }
    for (const Framebuffer& framebuffer : machine.framebuffers)
        if (framebuffer.owner != kNobody && is_display(machine.devices[framebuffer.owner])) {
            machine.boot_display = framebuffer.owner;
            return;
        }
    // Any may be the owner of a framebuffer that cannot be looked for.
    if (possible == kNobody && machine.unread.error != 0)
        for (std::size_t i = machine.devices.size(); i-- != 0;)
            if (is_display(machine.devices[i])) possible = i;
    machine.boot_display = possible;
    machine.boot_vga_error = possible_error;
}

Plan plan_with(const Wish& wish, Machine& machine, const PciBus& bus, int root,
               std::vector<Complaint>& complaints) {
    complete(machine, wish, bus, root);
    const Selection selection = select_devices(wish, machine);
    for (const Complaint& complaint : selection.complaints) complaints.push_back(complaint);
    std::vector<DeviceState> states;
    for (const Choice& choice : selection.choices)
        states.push_back(bus.state(machine.devices[choice.device].address));
    const int alias_error =
        wish.variant_driver ? find_variants(machine, selection, root, states) : 0;
    Plan plan = make_plan(wish, machine, selection, states, read_iommu_facts(root));
    plan.alias_error = alias_error;
    if (plan.is_vfio()) plan.neighbours = find_neighbours(plan, machine, bus, root);
    return plan;
}

Plan plan_for(const Wish& wish, const PciBus& bus, int root, std::vector<Complaint>& complaints,
              int& error) {
    Machine machine;
    error = bus.list(machine.devices);
    return plan_with(wish, machine, bus, root, complaints);
}

}  // namespace pt
