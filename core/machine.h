// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/pci.h"

namespace pt {

inline constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

// A framebuffer that the firmware set up and a generic driver of the kernel shows text on.
struct Framebuffer {
    std::string device;           // on the platform bus, such as "efi-framebuffer.0"
    std::size_t owner = kNobody;  // whose memory it is in, an index into Machine::devices
};

// The first thing that the wish needed and that could not be read; what is not there counts as
// read.
struct Unread {
    std::string_view file;
    std::int32_t error = 0;

    void add(std::string_view name, std::int32_t number);
};

// What is known of a machine before anything is decided. What costs more than one file for each
// device is there only if the wish needs it.
struct Machine {
    std::vector<PciDevice> devices;                // sorted by address
    std::vector<std::vector<PciAddress>> parents;  // of each device, if a path has to be followed
    std::vector<std::int32_t> groups;              // of each device, for pt.with=group; -1 is none
    std::vector<Framebuffer> framebuffers;         // if a display may be meant
    // The display that shows the boot, an index into `devices`, if a display may be meant.
    std::size_t boot_display = kNobody;
    // errno for which it is only a display that may be the one; 0 if it is.
    std::int32_t boot_vga_error = 0;
    Unread unread{};
};

[[nodiscard]] bool is_display(const PciDevice& device);

// Whether two functions are in the same slot.
[[nodiscard]] bool same_slot(PciAddress a, PciAddress b);

// A range of addresses, of memory or of ports; both ends belong to it.
struct AddressRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;

    bool operator==(const AddressRange&) const = default;
};

// The ranges that a firmware framebuffer takes up, from the text of /proc/iomem (kernel/resource.c
// r_show). The kernel shows zeros to all but root; such a range is left out.
[[nodiscard]] std::vector<AddressRange> parse_framebuffer_ranges(std::string_view iomem);

// The ranges of a device's base address registers, from the text of its `resource` attribute
// (drivers/pci/pci-sysfs.c resource_show): "0x%016llx 0x%016llx 0x%016llx" in each line.
[[nodiscard]] std::vector<AddressRange> parse_resources(std::string_view resource);

[[nodiscard]] bool overlap(std::span<const AddressRange> a, std::span<const AddressRange> b);

}  // namespace pt
