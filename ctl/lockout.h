// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/pci.h"
#include "core/plan.h"
#include "ctl/inventory.h"

namespace pt::ctl {

// What the next boot takes by a plan, or would if there were an IOMMU: indices into
// Inventory::functions, in the order of the plan.
[[nodiscard]] std::vector<std::size_t> taken_by(const Plan& plan, const Inventory& inventory);

// What would shut the user out of the machine `root`, an open directory, if the functions with
// these indices were taken from it: the only display, a controller of a disk that is in use, the
// network card that leads to a file system in use, the controller of the only keyboard. A line for
// each: what, and what would come of it.
[[nodiscard]] std::vector<std::string> find_dangers(int root, const Inventory& inventory,
                                                    std::span<const std::size_t> taken);

// The PCI functions on the way to a device, from the text of its link in sysfs:
// "../../devices/pci0000:00/0000:00:17.0/ata1/.../block/sda".
[[nodiscard]] std::vector<PciAddress> functions_above(std::string_view link);

// Whether an input device has the keys by which udev knows a keyboard (systemd, udev-builtin-input
// _id.c): Escape to S, the bits 1 to 31 of its attribute capabilities/key.
[[nodiscard]] bool is_keyboard(std::string_view key_bits);

}  // namespace pt::ctl
