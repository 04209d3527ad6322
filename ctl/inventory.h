// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/machine.h"
#include "core/plan.h"
#include "ctl/context.h"

namespace pt::ctl {

// A PCI function, with all that people ask about it.
struct Function {
    PciDevice device;
    std::string vendor;               // "NVIDIA Corporation", empty if pci.ids does not know it
    std::string name;                 // "GP102 [GeForce GTX 1080 Ti]", likewise
    std::vector<PciAddress> parents;  // the bridges above it, from the root bus down
    std::string path;                 // "00:01.0/00.0", as pt.addrs takes it; empty on a root bus
    std::string driver;               // that holds it, empty for none
    std::int32_t iommu_group = -1;    // number, or -1 for none
    int group_error = 0;              // errno for which its IOMMU group cannot be told
    bool is_boot_display = false;
    // One of SR-IOV, which is not there yet when pt-hook runs.
    bool is_virtual_function = false;
    // Indices into Inventory::functions, sorted:
    std::vector<std::size_t> companions;  // what pt.with=gpu takes along with it
    std::vector<std::size_t> neighbours;  // the other members of its IOMMU group
    // The words that select it, with its companions and nothing else on this machine, the best one
    // first: "pt.ids=10de:1b06". None for what cannot be selected, such as a bridge.
    std::vector<std::string> words;
};

// The machine as it is now, read once.
struct Inventory {
    int error = 0;                    // errno for which the devices cannot be listed
    std::vector<Function> functions;  // sorted by address
    IommuFacts iommu;
    bool has_vfio_pci = false;  // the driver is registered
    bool has_type1 = false;     // vfio_iommu_type1 is loaded or built in
    // Whether the boot display may be another one than can be seen without root's rights: the
    // kernel hides the memory of the firmware's framebuffer from others.
    bool is_boot_display_uncertain = false;

    [[nodiscard]] const Function* find(PciAddress address) const;
};

// Why no word at boot takes a virtual function, after what names it.
inline constexpr const char* kIsVirtualFunction =
    " is a virtual function: it is made after pt-hook has run, so no word at boot can take it; use "
    "driverctl or libvirt's managed mode";

// Whether a function below `root`, an open directory, is a virtual one (physfn, drivers/pci/iov.c).
[[nodiscard]] bool is_virtual_function(int root, PciAddress address);

[[nodiscard]] Inventory read_inventory(const Context& context);

// Whether an item of pt.ids or pt.addrs means a function.
[[nodiscard]] bool is_meant(const Function& function, const Selector& selector);

// What a user's word for a card means.
struct Resolved {
    std::vector<std::size_t> functions;  // indices into Inventory::functions, never empty if good
    std::string problem;                 // a whole sentence; empty if the word means something
};

// Finds what the user means by CARD: an address as lspci prints it, with or without a domain
// ("01:00.0"), a slot ("01:00": all functions there), a path ("00:01.0/00.0"), or ids
// ("10de:1b06"), which may mean several cards.
[[nodiscard]] Resolved resolve_card(const Inventory& inventory, std::string_view card);

// The address as lspci prints it: without the domain if that is 0.
[[nodiscard]] std::string short_address(PciAddress address);
[[nodiscard]] std::string full_address(PciAddress address);
// "10de:1b06", or "????:????" where the ids could not be read.
[[nodiscard]] std::string ids_of(const PciDevice& device);
// A name for people: "NVIDIA Corporation GP102 [GeForce GTX 1080 Ti]", or what is known of it.
[[nodiscard]] std::string full_name(const Function& function);
[[nodiscard]] bool is_bridge(const PciDevice& device);

}  // namespace pt::ctl
