// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/machine.h"
#include "core/plan.h"
#include "sys/file.h"

namespace pt {

// The PCI bus as sysfs shows it below a root directory. All functions that return int return 0 or
// an errno. Nothing here reads an attribute that would wake a sleeping device
// (Documentation/ABI/testing/sysfs-bus-pci).
class PciBus {
  public:
    // `root` is an open directory. Without a PCI bus below it all else gives ENOENT.
    explicit PciBus(int root);

    // Every function, sorted by address, or none. One that goes away meanwhile is left out.
    [[nodiscard]] int list(std::vector<PciDevice>& devices) const;

    [[nodiscard]] DeviceState state(PciAddress address) const;

    // The functions above a device (parse_parents()); none for one whose link cannot be read.
    [[nodiscard]] std::vector<PciAddress> parents(PciAddress address) const;

    // The number of its IOMMU group, or -1 for none.
    [[nodiscard]] int group_of(PciAddress address, std::int32_t& group) const;

    // Whether the firmware made it the display that VGA addresses reach (boot_vga). Only devices of
    // class 0x0300 have the attribute; without it, it is none.
    [[nodiscard]] int boot_vga_of(PciAddress address, bool& is_boot_vga) const;

    // The address ranges of its base address registers; none, and `unread`, if they cannot be read.
    [[nodiscard]] std::vector<AddressRange> resources(PciAddress address, Unread& unread) const;

    // The driver that holds a device, empty for none.
    [[nodiscard]] int driver_of(PciAddress address, std::string& driver) const;

    // Whether the driver is registered, built in or as a module.
    [[nodiscard]] bool has_driver(std::string_view driver) const;

    [[nodiscard]] int read_override(PciAddress address, std::string& driver) const;
    [[nodiscard]] int write_override(PciAddress address, std::string_view driver) const;

    // These return when the driver's remove() or probe() has returned.
    [[nodiscard]] int unbind(PciAddress address, std::string_view driver) const;
    [[nodiscard]] int bind(PciAddress address, std::string_view driver) const;

  private:
    Fd bus_;  // sys/bus/pci
};

// The members of an IOMMU group, in no order.
[[nodiscard]] std::vector<PciAddress> group_members(int root, std::int32_t group, Unread& unread);

// What below `root` tells about the machine's IOMMU.
[[nodiscard]] IommuFacts read_iommu_facts(int root);

}  // namespace pt
