// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/machine.h"
#include "sys/pci_bus.h"

namespace pt {

// The framebuffers of the firmware below `root`, each with the display that owns it: the PCI device
// which the kernel made its parent (6.12 and later, drivers/firmware/sysfb.c), else the one in
// whose ranges its memory lies. What cannot be read goes to `unread`.
[[nodiscard]] std::vector<Framebuffer> find_framebuffers(int root, const PciBus& bus,
                                                         const std::vector<PciDevice>& devices,
                                                         Unread& unread);

// The driver that holds a device of the platform bus, empty for none.
[[nodiscard]] int platform_driver_of(int root, std::string_view device, std::string& driver);

// Takes a device of the platform bus from its driver.
[[nodiscard]] int unbind_platform_device(int root, std::string_view device);

// Whether the memory of a framebuffer stays reserved without a driver. That of a simple framebuffer
// belongs to the device itself (drivers/firmware/sysfb_simplefb.c, "BOOTFB" in /proc/iomem), which
// only the kernel can remove.
[[nodiscard]] bool keeps_memory(int root, std::string_view device);

}  // namespace pt
