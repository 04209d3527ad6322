// SPDX-License-Identifier: LGPL-2.1-or-later
// What there is, and the words that select it.
#include <algorithm>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "ctl/commands.h"
#include "ctl/inventory.h"
#include "ctl/output.h"
#include "ctl/overrides.h"
#include "ctl/texts.h"

namespace pt::ctl {
namespace {

using Json = nlohmann::ordered_json;

// Columns before what is told of a device.
constexpr std::size_t kIndent = 15;

std::string kind_of(const PciDevice& device) {
    return device.error != 0 ? "unknown" : std::string(class_name(device.ids.class_code));
}

std::string driver_text(const Function& function, const Override& override) {
    std::string text = function.driver.empty() ? "none" : printable(function.driver);
    if (override.is_waiting)
        text += std::string("; ") + kOverrideWaits;
    else if (!override.driver.empty() && override.driver != function.driver)
        text += ", kept for " + printable(override.driver) + " by driver_override";
    return text;
}

std::string short_line(const Function& function) {
    return short_address(function.device.address) + " " + ids_of(function.device) + " (" +
           kind_of(function.device) + "), driver " +
           (function.driver.empty() ? "none" : printable(function.driver));
}

std::string group_text(const Inventory& inventory, const Function& function) {
    if (function.group_error != 0)
        return std::string("cannot be read: ") + std::strerror(function.group_error);
    if (function.iommu_group < 0)
        return "none: the IOMMU is off, so no virtual machine can have this device";
    std::string text = std::to_string(function.iommu_group);
    std::string others;
    for (const std::size_t i : function.neighbours) {
        const bool comes_along =
            std::binary_search(function.companions.begin(), function.companions.end(), i);
        if (comes_along) continue;
        const Function& other = inventory.functions[i];
        others += others.empty() ? ", shared with " : ", ";
        others += short_address(other.device.address) + " (" + kind_of(other.device) + ")";
    }
    return text + others;
}

// For a table.
std::string group_number(const Function& function) {
    if (function.group_error != 0) return "?";
    return function.iommu_group < 0 ? "-" : std::to_string(function.iommu_group);
}

void print_function(const Context& context, const Inventory& inventory, const Function& function,
                    const Override& override) {
    const auto detail = [&](std::string_view label, std::string_view text,
                            Tone tone = Tone::kPlain) {
        print_wrapped(context, "  " + std::string(label), kIndent, text, tone);
    };
    std::string title = short_address(function.device.address) + " " + full_name(function);
    if (function.is_boot_display) title += " (boot display)";
    print_wrapped(context, "", 0, title, Tone::kStrong);
    detail("ids", ids_of(function.device) + " (" + kind_of(function.device) + ")");
    if (!function.path.empty()) detail("path", function.path);
    detail("driver", driver_text(function, override));
    detail("IOMMU group", group_text(inventory, function));
    for (const std::size_t i : function.companions)
        detail("comes along", short_line(inventory.functions[i]));
    if (function.words.empty())
        detail("select by", function.is_virtual_function
                                ? "nothing: it is a virtual function, made after pt-hook has run"
                                : "nothing: it stays with the host");
    else
        detail("select by", function.words.front(), Tone::kGood);
}

Json to_json(const Inventory& inventory, const Function& function, const Override& override) {
    const auto addresses = [&](const std::vector<std::size_t>& indices) {
        Json list = Json::array();
        for (const std::size_t i : indices)
            list.push_back(full_address(inventory.functions[i].device.address));
        return list;
    };
    const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
    const PciDevice& device = function.device;
    const bool is_read = device.error == 0;
    std::string class_text;
    if (is_read) put_hex(class_text, device.ids.class_code, 6);
    std::string subsystem;
    if (is_read) {
        put_hex(subsystem, device.ids.subvendor, 4);
        subsystem.push_back(':');
        put_hex(subsystem, device.ids.subdevice, 4);
    }
    Json json;
    json["address"] = full_address(device.address);
    json["ids"] = is_read ? Json(ids_of(device)) : Json();
    json["subsystem_ids"] = or_null(subsystem);
    json["class"] = or_null(class_text);
    json["kind"] = kind_of(device);
    json["vendor"] = or_null(function.vendor);
    json["name"] = or_null(function.name);
    json["path"] = or_null(function.path);
    json["driver"] = or_null(function.driver);
    json["driver_override"] = or_null(override.driver);
    json["iommu_group"] = function.iommu_group < 0 ? Json() : Json(function.iommu_group);
    json["group_members"] = addresses(function.neighbours);
    json["boot_display"] = function.is_boot_display;
    json["companions"] = addresses(function.companions);
    json["words"] = function.words;
    return json;
}

std::vector<Override> overrides_of(const Context& context,
                                   const std::vector<const Function*>& functions) {
    std::vector<PciAddress> addresses;
    for (const Function* function : functions) addresses.push_back(function->device.address);
    return read_overrides(context.root_dir.get(), addresses);
}

// Displays at length, the others, if they are asked for, in a table.
void print_text(const Context& context, const Inventory& inventory,
                const std::vector<const Function*>& shown) {
    std::vector<const Function*> displays;
    for (const Function* function : shown)
        if (is_display(function->device)) displays.push_back(function);
    const std::vector<Override> overrides = overrides_of(context, displays);
    for (std::size_t i = 0; i < displays.size(); ++i) {
        if (i != 0) print_line("");
        print_function(context, inventory, *displays[i], overrides[i]);
    }
    Table others({"ADDRESS", "IDS", "GROUP", "DRIVER", "NAME"});
    bool has_others = false;
    bool has_unknown = false;
    for (const Function* function : shown) {
        if (is_display(function->device)) continue;
        has_others = true;
        has_unknown = has_unknown || function->device.error != 0;
        others.add({short_address(function->device.address), ids_of(function->device),
                    group_number(*function),
                    function->driver.empty() ? "-" : printable(function->driver),
                    full_name(*function)});
    }
    if (displays.empty())
        print_line(has_unknown ? "Whether this machine has a display device cannot be told."
                               : "This machine has no display device.");
    if (!has_others) return;
    print_line("");
    others.print(context);
}

}  // namespace

int list(const Context& context, bool all) {
    const Inventory inventory = read_inventory(context);
    if (inventory.error != 0) {
        print_problem(context, "cannot list the PCI devices", inventory.error);
        return kExitCannotTell;
    }
    std::vector<const Function*> shown;
    for (const Function& function : inventory.functions)
        // what it is cannot be told of a device without ids, so that it may be the one that is
        // looked for
        if (all || is_display(function.device) || function.device.error != 0)
            shown.push_back(&function);
    if (context.json) {
        Json json;
        json["version"] = VERSION;
        json["devices"] = Json::array();
        const std::vector<Override> overrides = overrides_of(context, shown);
        for (std::size_t i = 0; i < shown.size(); ++i) {
            json["devices"].push_back(to_json(inventory, *shown[i], overrides[i]));
            if (overrides[i].is_waiting)
                print_error(full_address(shown[i]->device.address) + ": " + kOverrideWaits);
        }
        print_json(json);
        return kExitGood;
    }
    print_text(context, inventory, shown);
    if (inventory.is_boot_display_uncertain)
        print_error("the boot display can only be told with root's rights");
    return kExitGood;
}

}  // namespace pt::ctl
