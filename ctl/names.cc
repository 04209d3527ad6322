// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/names.h"

// The header knows nothing of C++.
extern "C" {
#include <pci/pci.h>
}

#include <array>
#include <csetjmp>
#include <filesystem>

namespace pt::ctl {
namespace {

// libpci calls this when it is out of memory, and also for a line of pci.ids that makes no sense;
// it must not come back. It goes to where libpci was called: its code is C, so nothing on the way
// has a destructor, and neither may the functions here that call setjmp().
// Not [[noreturn]], which for clang is no part of the type that libpci wants.
std::jmp_buf way_out;
__attribute__((noreturn)) void give_up(char*, ...) {
    std::longjmp(way_out, 1);
}
// A list with a mistake in it has fewer names, which is no reason to say anything.
void ignore(char*, ...) {}

// Only the list counts, and not udev's hwdb.
constexpr int kListOnly = PCI_LOOKUP_NO_NUMBERS | PCI_LOOKUP_NO_HWDB;

// The longest names in pci.ids have half of this.
using Buffer = std::array<char, 512>;

// The names up to a mistake in the list are kept: libpci closes the file before it tells of one,
// and does not read it again.
void load_list(pci_access* access) {
    if (setjmp(way_out) == 0) (void)pci_load_name_list(access);
}

// Null for a name that there is not; else it is in the buffer, or in libpci's own memory.
const char* look_up(pci_access* access, Buffer& buffer, int what, const PciIds& ids) {
    if (setjmp(way_out) != 0) return nullptr;
    return pci_lookup_name(access, buffer.data(), static_cast<int>(buffer.size()), what | kListOnly,
                           ids.vendor, ids.device);
}

std::string name_of(pci_access* access, int what, const PciIds& ids) {
    Buffer buffer{};
    const char* const name = look_up(access, buffer, what, ids);
    return name == nullptr ? std::string() : std::string(name);
}

void choose_list(pci_access* access, const std::string& root, std::string& path) {
    if (root == "/") return;
    for (const char* list : {"/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"}) {
        std::error_code error;
        if (!std::filesystem::is_regular_file(root + list, error)) continue;
        path = root + list;
        pci_set_name_list_path(access, path.data(), 0);
        return;
    }
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
    choose_list(access_.get(), root, path_);
    load_list(access_.get());
}

std::string PciNames::vendor(const PciIds& ids) const {
    return name_of(access_.get(), PCI_LOOKUP_VENDOR, ids);
}

std::string PciNames::device(const PciIds& ids) const {
    return name_of(access_.get(), PCI_LOOKUP_DEVICE, ids);
}

}  // namespace pt::ctl
