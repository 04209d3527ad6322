// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/pci.h"

namespace pt {

// The best variant of vfio-pci for one device, found by showing it the lines of modules.alias. Of
// the modules with a "vfio_pci:" alias that fits the device, the one with the fewest wildcards is
// the best (kernel: commit cc6711b0bf36, include/linux/mod_devicetable.h); vfio_pci itself, which
// fits everything, is none.
class VariantFinder {
  public:
    explicit VariantFinder(const PciIds& ids) : ids_(ids) {}

    // "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci"; other lines are ignored.
    void see_line(std::string_view line);

    // The module's name, empty for none.
    [[nodiscard]] const std::string& module() const { return module_; }

  private:
    PciIds ids_;
    std::string module_;
    std::size_t wildcards_ = 0;
};

}  // namespace pt
