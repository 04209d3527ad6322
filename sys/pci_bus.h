// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/pci.h"
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

    // Every function, sorted by address. One that goes away meanwhile is left out.
    [[nodiscard]] int list(std::vector<PciDevice>& devices) const;

    [[nodiscard]] DeviceState state(PciAddress address) const;

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

// What below `root` tells about the machine's IOMMU.
[[nodiscard]] IommuFacts read_iommu_facts(int root);

}  // namespace pt
