// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/names.h"

// The header knows nothing of C++.
extern "C" {
#include <pci/pci.h>
}

#include <array>
#include <cstdlib>
#include <filesystem>

namespace pt::ctl {
namespace {

// A list with a mistake in it has fewer names, which is no reason to say anything.
void ignore(char*, ...) {}
// libpci calls this when it is out of memory, and must not come back.
[[noreturn]] void give_up(char*, ...) {
    std::abort();
}

// Only the list counts, and not udev's hwdb.
constexpr int kListOnly = PCI_LOOKUP_NO_NUMBERS | PCI_LOOKUP_NO_HWDB;

// The longest names in pci.ids have half of this.
using Buffer = std::array<char, 512>;

std::string text_of(const char* name) {
    return name == nullptr ? std::string() : std::string(name);
}

}  // namespace

void PciNames::Cleanup::operator()(pci_access* access) const {
    pci_cleanup(access);
}

PciNames::PciNames(const std::string& root) : access_(pci_alloc()) {
    // pci_init() is for access to the devices, and is not needed for names alone; but it is what
    // sets these.
    access_->error = give_up;
    access_->warning = ignore;
    access_->debug = ignore;
    access_->id_lookup_mode = 0;  // no cache of answers from the network
    if (root == "/") return;
    for (const char* list : {"/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"}) {
        std::error_code error;
        if (!std::filesystem::is_regular_file(root + list, error)) continue;
        path_ = root + list;
        pci_set_name_list_path(access_.get(), path_.data(), 0);
        return;
    }
}

std::string PciNames::vendor(const PciIds& ids) const {
    Buffer buffer{};
    return text_of(pci_lookup_name(access_.get(), buffer.data(), buffer.size(),
                                   PCI_LOOKUP_VENDOR | kListOnly, ids.vendor));
}

std::string PciNames::device(const PciIds& ids) const {
    Buffer buffer{};
    return text_of(pci_lookup_name(access_.get(), buffer.data(), buffer.size(),
                                   PCI_LOOKUP_DEVICE | kListOnly, ids.vendor, ids.device));
}

}  // namespace pt::ctl
