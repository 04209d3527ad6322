// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "core/plan.h"
#include "sys/pci_bus.h"

namespace pt {

// Sets Machine::boot_display: the one that VGA addresses reach, else the one in whose memory the
// firmware's framebuffer is, else, for safety, the first that does not tell (boot_vga_error). A
// machine without a screen has none.
void find_boot_display(Machine& machine, const PciBus& bus);

// Reads of the machine what the wish needs besides its devices, which it has, and decides. What no
// device fits is added to `complaints`.
[[nodiscard]] Plan plan_with(const Wish& wish, Machine& machine, const PciBus& bus, int root,
                             std::vector<Complaint>& complaints);

// The same with all devices. `error` is 0, or the errno for which they could not be listed, and
// then nothing is planned.
[[nodiscard]] Plan plan_for(const Wish& wish, const PciBus& bus, int root,
                            std::vector<Complaint>& complaints, int& error);

}  // namespace pt
