// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/machine.h"
#include "core/wish.h"

namespace pt {

// Why a device is kept or refused.
enum class Reason : std::uint8_t {
    kNone,
    kBridge,             // vfio-pci would take root ports and host bridges out of the tree
    kNotNamed,           // storage, USB or an unknown kind of bridge, covered by a pattern only
    kNoIommuGroup,       // vfio-pci would take the console down and then fail
    kGroupUnreadable,    // it has an IOMMU group or not
    kUnreadable,         // its ids could not be read, so nobody knows what it is
    kVanished,           // it was listed and is gone
    kBootDisplay,        // the id means several displays, and this one shows the boot
    kBesideBootDisplay,  // a function of the card with the boot display, which stays
};

// A device that some selector means, or that comes along with one.
struct Choice {
    std::size_t device = 0;    // index into Machine::devices
    std::size_t selector = 0;  // index into Wish::selectors: the first exact one, else the first
    std::size_t companion_of = kNobody;  // the device it comes along with, an index as `device`
    Reason kept = Reason::kNone;         // why it stays with the host all the same
};

struct Selection {
    std::vector<Choice> choices;        // in the order of the devices, each device once
    std::vector<Complaint> complaints;  // one for each selector that means no device
    // Devices whose ids could not be read although ids are asked for: any of them may be meant.
    std::vector<std::size_t> unreadable;
};

// Finds the devices that a wish means, and their companions. When an id means several displays, the
// boot display and its card stay with the host: that is what people with two identical cards want.
// So do the sound and the rest of its card when their id means those of another card too, whatever
// has chosen that one.
// Time: number of devices times number of selectors.
[[nodiscard]] Selection select_devices(const Wish& wish, const Machine& machine);

// Whether the wish can mean a display, so that Machine::boot_display and the framebuffers matter.
[[nodiscard]] bool may_mean_display(const Wish& wish, const Machine& machine);

}  // namespace pt
