// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string_view>

#include "core/pci.h"

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
    kBadAddress,        // not [domain:]bus:device.function
    kNeedsValue,        // a list without '='
    kBadSwitch,         // a switch with a value that is neither yes nor no
    kUnknownParameter,  // pt.something
    kMaybeTruncated,    // the kernel may have cut this item off
    kNoMatch,           // well formed, but no device of this machine is meant
};

// One item of a list that chooses devices.
struct Selector {
    enum class Kind : std::uint8_t { kId, kAddress };

    Kind kind = Kind::kId;
    IdPattern id;        // Kind::kId
    PciAddress address;  // Kind::kAddress
    // Where it came from; the views point into the text that was read.
    std::string_view parameter;  // "pt.ids"
    std::string_view item;
    std::size_t position = 0;  // of the item's first byte in the text

    // Whether it names a kind of device or one device, with no wildcard: only such a selector may
    // choose a device that the host could need.
    [[nodiscard]] bool is_exact() const {
        return kind == Kind::kAddress || (id.vendor != kAnyId && id.device != kAnyId);
    }
};

// Reads one item of pt.ids or of pt.addrs into `selector`; returns what is wrong with it, and then
// leaves `selector` alone.
[[nodiscard]] Fault parse_id(std::string_view item, Selector& selector);
[[nodiscard]] Fault parse_where(std::string_view item, Selector& selector);

// Whether the selector means this device. A device whose ids could not be read has only its
// address.
[[nodiscard]] bool matches(const Selector& selector, const PciDevice& device);

}  // namespace pt
