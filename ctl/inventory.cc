// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/inventory.h"

#include <unistd.h>

#include <algorithm>

#include "core/choice.h"
#include "core/text.h"
#include "ctl/names.h"
#include "sys/file.h"
#include "sys/framebuffers.h"
#include "sys/pci_bus.h"
#include "sys/survey.h"

namespace pt::ctl {
namespace {

// All that a selection can ask for, whatever the words.
Machine read_machine(const PciBus& bus, int root, int& error) {
    Machine machine;
    error = bus.list(machine.devices);
    for (const PciDevice& device : machine.devices) {
        machine.parents.push_back(bus.parents(device.address));
        // A group that cannot be read is none.
        (void)bus.group_of(device.address, machine.groups.emplace_back());
    }
    machine.framebuffers = find_framebuffers(root, bus, machine.devices, machine.unread);
    find_boot_display(machine, bus);
    return machine;
}

std::string path_of(PciAddress address, const std::vector<PciAddress>& parents) {
    if (parents.empty()) return {};
    std::string path = short_address(parents.front());
    const auto add = [&path](PciAddress step) {
        path.push_back('/');
        put_hex(path, step.device, 2);
        path.push_back('.');
        put_hex(path, step.function, 1);
    };
    for (std::size_t i = 1; i < parents.size(); ++i) add(parents[i]);
    add(address);
    return path;
}

struct Taken {
    std::vector<std::size_t> all;         // sorted
    std::vector<std::size_t> companions;  // of those the ones that came along
};

// What these words would take, by the code that decides at boot. Without a boot display in the
// machine no rule about that makes a choice unambiguous which is not. Virtual functions are left
// out, for at boot there are none yet.
Taken take(const Machine& machine, const std::vector<Function>& functions, std::string_view words) {
    const ReadWords read = read_words(words);
    const Selection selection = select_devices(read.wish, machine);
    Taken taken;
    for (const Choice& choice : selection.choices) {
        if (choice.kept != Reason::kNone || functions[choice.device].is_virtual_function) continue;
        taken.all.push_back(choice.device);
        if (choice.companion_of != kNobody) taken.companions.push_back(choice.device);
    }
    return taken;
}

std::string subsystem_of(const PciIds& ids) {
    std::string text;
    put_hex(text, ids.subvendor, 4);
    text.push_back(':');
    put_hex(text, ids.subdevice, 4);
    return text;
}

// Words that could select one function, the best one first: ids outlive a move to another slot; the
// ids with a place take nothing at all after a move; a bare address may be another card's by then.
std::vector<std::string> candidates(const Function& function) {
    const std::string ids = ids_of(function.device);
    const std::string address = short_address(function.device.address);
    std::vector<std::string> words;
    if (function.device.error == 0) {
        words.push_back("pt.ids=" + ids);
        if (function.device.ids.subvendor != 0)
            words.push_back("pt.ids=" + ids + ":" + subsystem_of(function.device.ids));
        words.push_back("pt.ids=" + ids + "@" + (function.path.empty() ? address : function.path));
    }
    words.push_back("pt.addrs=" + address);
    return words;
}

void add_selection(const Machine& machine, std::size_t index, std::vector<Function>& functions) {
    Function& function = functions[index];
    if (is_bridge(function.device) && function.device.ids.class_code >> 8 != kClassBridgeOther)
        return;
    const std::string address = "pt.addrs=" + full_address(function.device.address);
    const Taken wanted = take(machine, functions, address);
    if (!std::binary_search(wanted.all.begin(), wanted.all.end(), index)) return;
    function.companions = wanted.companions;
    for (std::string& words : candidates(function))
        if (take(machine, functions, words).all == wanted.all)
            function.words.push_back(std::move(words));
}

void add_neighbours(Inventory& inventory) {
    for (std::size_t i = 0; i < inventory.functions.size(); ++i)
        for (std::size_t j = 0; j < inventory.functions.size(); ++j)
            if (i != j && inventory.functions[i].iommu_group >= 0 &&
                inventory.functions[i].iommu_group == inventory.functions[j].iommu_group)
                inventory.functions[i].neighbours.push_back(j);
}

Function read_function(const Machine& machine, std::size_t index, const PciBus& bus, int root,
                       const PciNames& names) {
    Function function;
    function.device = machine.devices[index];
    const PciAddress address = function.device.address;
    if (function.device.error == 0) {
        function.vendor = names.vendor(function.device.ids);
        function.name = names.device(function.device.ids);
    }
    function.parents = machine.parents[index];
    function.path = path_of(address, function.parents);
    // What cannot be read is told as none: the device may be going away right now.
    (void)bus.driver_of(address, function.driver);
    function.iommu_group = machine.groups[index];
    if (function.iommu_group < 0) {
        std::int32_t none = -1;
        const int error = bus.group_of(address, none);
        if (error != ENOENT) function.group_error = error;
    }
    function.is_boot_display = index == machine.boot_display;
    function.is_virtual_function = is_virtual_function(root, address);
    return function;
}

// "01:00" or "0000:01:00": an address without a function.
bool parse_slot(std::string_view card, PciAddress& slot) {
    const std::size_t colon = card.rfind(':');
    // ids have four digits there
    if (colon == std::string_view::npos || card.size() - colon > 3) return false;
    const std::optional<PciAddress> address = parse_address(std::string(card) + ".0");
    if (address) slot = *address;
    return address.has_value();
}

}  // namespace

const Function* Inventory::find(PciAddress address) const {
    const auto found = std::find_if(functions.begin(), functions.end(),
                                    [&](const Function& f) { return f.device.address == address; });
    return found == functions.end() ? nullptr : &*found;
}

Inventory read_inventory(const Context& context) {
    const int root = context.root_dir.get();
    const PciBus bus(root);
    Inventory inventory;
    const Machine machine = read_machine(bus, root, inventory.error);
    Machine without_boot_display = machine;
    without_boot_display.boot_display = kNobody;
    const PciNames names(context.root);
    for (std::size_t i = 0; i < machine.devices.size(); ++i)
        inventory.functions.push_back(read_function(machine, i, bus, root, names));
    for (std::size_t i = 0; i < machine.devices.size(); ++i)
        add_selection(without_boot_display, i, inventory.functions);
    add_neighbours(inventory);
    inventory.iommu = read_iommu_facts(root);
    inventory.has_vfio_pci = bus.has_driver("vfio-pci");
    inventory.has_type1 = exists(root, "sys/module/vfio_iommu_type1");
    const auto unowned = [](const Framebuffer& framebuffer) {
        return framebuffer.owner == kNobody;
    };
    inventory.is_boot_display_uncertain =
        context.is_this_machine && geteuid() != 0 && machine.boot_display == kNobody &&
        std::any_of(machine.framebuffers.begin(), machine.framebuffers.end(), unowned);
    return inventory;
}

bool is_virtual_function(int root, PciAddress address) {
    const std::string link = "sys/bus/pci/devices/" + full_address(address) + "/physfn";
    std::string target;
    return read_link(root, link.c_str(), target) == 0 && !target.empty();
}

bool is_meant(const Function& function, const Selector& selector) {
    if (selector.kind == Selector::Kind::kId && !id_matches(selector.id, function.device))
        return false;
    return !selector.is_placed() ||
           is_at(selector.where, function.device.address, function.parents);
}

Resolved resolve_card(const Inventory& inventory, std::string_view card) {
    Resolved resolved;
    Selector selector;
    PciAddress slot;
    std::string quoted;
    put_quoted(quoted, card);
    if (parse_slot(card, slot)) {
        selector.kind = Selector::Kind::kAddress;
        selector.where.start = slot;
        selector.where.any_function = true;
    } else if (parse_address_item(card, selector) != Fault::kNone) {
        const Fault fault = parse_id(card, selector);
        if (fault != Fault::kNone) {
            resolved.problem = quoted +
                               " is neither an address such as 01:00.0, nor a slot such as 01:00, "
                               "nor ids such as 10de:1b06";
            return resolved;
        }
    }
    for (std::size_t i = 0; i < inventory.functions.size(); ++i)
        if (is_meant(inventory.functions[i], selector)) resolved.functions.push_back(i);
    if (resolved.functions.empty())
        resolved.problem = quoted + " means no PCI device of this machine";
    return resolved;
}

std::string full_address(PciAddress address) {
    std::string text;
    put_address(text, address);
    return text;
}

std::string short_address(PciAddress address) {
    std::string text = full_address(address);
    return address.domain == 0 ? text.substr(text.find(':') + 1) : text;
}

std::string ids_of(const PciDevice& device) {
    if (device.error != 0) return "????:????";
    std::string text;
    put_hex(text, device.ids.vendor, 4);
    text.push_back(':');
    put_hex(text, device.ids.device, 4);
    return text;
}

std::string full_name(const Function& function) {
    if (function.device.error != 0) return "a device whose ids cannot be read";
    if (!function.name.empty()) return function.vendor + " " + function.name;
    const std::string kind(class_name(function.device.ids.class_code));
    return function.vendor.empty() ? "unknown " + kind + " device"
                                   : function.vendor + " " + kind + " device";
}

bool is_bridge(const PciDevice& device) {
    return device.error == 0 && base_class(device.ids.class_code) == kBaseClassBridge;
}

}  // namespace pt::ctl
