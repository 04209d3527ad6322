// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>
#include <string>

#include "core/pci.h"

struct pci_access;

namespace pt::ctl {

// The names in pci.ids, through libpci. Of a list with a line that makes no sense they are those
// before that line.
class PciNames {
  public:
    // `root` is the machine's root directory: a pci.ids in its usr/share is preferred to that of
    // this system, unless they are the same.
    explicit PciNames(const std::string& root);

    // Empty for what the list does not have.
    [[nodiscard]] std::string vendor(const PciIds& ids) const;
    [[nodiscard]] std::string device(const PciIds& ids) const;

  private:
    struct Cleanup {
        void operator()(pci_access* access) const;
    };
    std::unique_ptr<pci_access, Cleanup> access_;
    std::string path_;  // libpci keeps a pointer to it
};

}  // namespace pt::ctl
