// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string_view>

#include "core/pci.h"
#include "core/where.h"

namespace pt {

// "Any", as PCI_ANY_ID of the kernel.
inline constexpr std::uint32_t kAnyId = 0xffffffff;

// vendor:device[:subvendor[:subdevice[:class[:class_mask]]]], with the meaning that the `ids`
// parameter of vfio-pci gives it (drivers/vfio/pci/vfio_pci.c vfio_pci_fill_ids): a class counts
// only in the bits that are set in the mask, and the mask is 0 unless it is given.
struct IdPattern {
    std::uint32_t vendor = kAnyId;
    std::uint32_t device = kAnyId;
    std::uint32_t subvendor = kAnyId;
    std::uint32_t subdevice = kAnyId;
    std::uint32_t class_code = 0;
    std::uint32_t class_mask = 0;

    bool operator==(const IdPattern&) const = default;
};

// Why a piece of what the user wrote cannot be followed.
enum class Fault : std::uint8_t {
    kNone,
    kEmptyItem,         // nothing between two commas, or behind the last one
    kWhiteSpace,        // an item holds white space
    kNoDevice,          // an id without a colon
    kTooManyFields,     // an id with more than six fields
    kNotHex,            // a field is no hexadecimal number
    kTooLong,           // a field has more digits than its register
    kBadAddress,        // not [domain:]bus:device.function[/device.function...]
    kNeedsValue,        // a list without '='
    kBadSwitch,         // a switch with a value that is neither yes nor no
    kBadChoice,         // a word that the parameter does not know
    kBadDriverName,     // what cannot be the name of a driver
    kUnknownParameter,  // pt.something
    kMaybeTruncated,    // the kernel may have cut this item off
    kNoMatch,           // well formed, but no device of this machine is meant
    kElsewhere,         // ID@WHERE: the id is there, but not at this place
};

// One item of a list that chooses devices, or a choice of displays.
struct Selector {
    enum class Kind : std::uint8_t {
        kId,        // by id, and at `where` if has_where
        kAddress,   // at `where`
        kDisplays,  // all displays, or all but the boot display
    };

    Kind kind = Kind::kId;
    IdPattern id;
    Where where;
    bool has_where = false;     // Kind::kId: the place counts too
    bool all_displays = false;  // Kind::kDisplays: the boot display as well
    // Where it came from; the views point into the text that was read.
    std::string_view parameter;  // "pt.ids"
    std::string_view item;
    std::size_t position = 0;  // of the item's first byte in its source
    bool from_conf = false;    // the source is the conf file, else the command line

    // Whether it names a kind of device or one device, with no wildcard: only such a selector may
    // choose a device that the host could need.
    [[nodiscard]] bool is_exact() const {
        if (kind == Kind::kDisplays) return false;
        const bool place = (kind == Kind::kAddress || has_where) && !where.any_function;
        return place || (kind == Kind::kId && id.vendor != kAnyId && id.device != kAnyId);
    }
    // Whether it names places, so that it can mean the boot display and nothing else.
    [[nodiscard]] bool is_placed() const { return kind == Kind::kAddress || has_where; }
};

// Reads one item of pt.ids, ID[@WHERE], or of pt.addrs, WHERE, into `selector`; returns what is
// wrong with it, and then leaves `selector` alone.
[[nodiscard]] Fault parse_id(std::string_view item, Selector& selector);
[[nodiscard]] Fault parse_address_item(std::string_view item, Selector& selector);

// Whether the ids, without regard to the place, fit the device. False for a device whose ids could
// not be read.
[[nodiscard]] bool id_matches(const IdPattern& id, const PciDevice& device);

}  // namespace pt
