// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/pci.h"

namespace pt {

// One step down the tree of bridges: a device number and a function.
struct TreeStep {
    std::uint8_t device = 0;
    std::uint8_t function = 0;

    bool operator==(const TreeStep&) const = default;
};

// A place on the PCI buses: an address, or a path to it from a bridge above, whose own address does
// not change when the buses below it are numbered anew.
struct Where {
    PciAddress start;            // the place itself, or the bridge where the path begins
    std::vector<TreeStep> path;  // from there down to the place; empty for an address
    bool any_function = false;   // of the place itself; its function is 0 then

    bool operator==(const Where&) const = default;
};

// Reads "[domain:]bus:device.function[/device.function...]" in hexadecimal, with the meaning that
// the kernel gives it in pci= (drivers/pci/pci.c pci_dev_str_match_path). The last function may be
// "*". Returns false, and leaves `where` alone, for any other text.
[[nodiscard]] bool parse_where(std::string_view text, Where& where);

// The functions on the way to a device, from the root bus down and without the device itself, from
// the text of its symbolic link in sysfs:
// "../../../devices/pci0000:00/0000:00:1c.0/0000:02:00.0/0000:03:00.0".
[[nodiscard]] std::vector<PciAddress> parse_parents(std::string_view link);

// Whether the device with this address and these bridges above it is at that place.
[[nodiscard]] bool is_at(const Where& where, PciAddress address,
                         std::span<const PciAddress> parents);

}  // namespace pt
