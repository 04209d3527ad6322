// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pt {

// A PCI function. The domain has 16 bits by the standard, yet Linux numbers those of Intel VMD
// from 0x10000 on (drivers/pci/controller/vmd.c).
struct PciAddress {
    std::uint32_t domain = 0;
    std::uint8_t bus = 0;
    std::uint8_t device = 0;    // the slot, 0 to 0x1f
    std::uint8_t function = 0;  // 0 to 7

    auto operator<=>(const PciAddress&) const = default;
};

// Reads "[domain:]bus:device.function" in hexadecimal, as lspci and sysfs print it; without a
// domain it is 0. Nothing if any part is missing, no number or out of range.
[[nodiscard]] std::optional<PciAddress> parse_address(std::string_view text);

// Appends the address as sysfs names it, "0000:01:00.0".
void put_address(std::string& out, PciAddress address);

// What identifies a function to a driver (include/linux/pci.h struct pci_dev).
struct PciIds {
    std::uint16_t vendor = 0;
    std::uint16_t device = 0;
    std::uint16_t subvendor = 0;
    std::uint16_t subdevice = 0;
    std::uint32_t class_code = 0;  // 24 bits: base class, subclass, programming interface

    bool operator==(const PciIds&) const = default;
};

// Reads the content of a device's `modalias` attribute (drivers/pci/pci-sysfs.c modalias_show),
// with or without its newline. Nothing if it has any other form.
[[nodiscard]] std::optional<PciIds> parse_modalias(std::string_view text);

// The most significant byte of a class (include/linux/pci_ids.h PCI_BASE_CLASS_*).
[[nodiscard]] constexpr std::uint8_t base_class(std::uint32_t class_code) {
    return static_cast<std::uint8_t>(class_code >> 16);
}
inline constexpr std::uint8_t kBaseClassStorage = 0x01;
inline constexpr std::uint8_t kBaseClassDisplay = 0x03;
inline constexpr std::uint8_t kBaseClassMultimedia = 0x04;  // sound, too
inline constexpr std::uint8_t kBaseClassBridge = 0x06;

// Class and subclass of bridges that are none of the known kinds, such as NVSwitch.
inline constexpr std::uint32_t kClassBridgeOther = 0x0680;

// Class and subclass of USB controllers.
inline constexpr std::uint32_t kClassUsb = 0x0c03;

// A common word for what a class is, such as "display" or "audio".
[[nodiscard]] std::string_view class_name(std::uint32_t class_code);

// One function as the bus lists it.
struct PciDevice {
    PciAddress address;
    PciIds ids;
    // 0, or the errno for which `ids` could not be read (EBADMSG: the text made no sense).
    std::int32_t error = 0;

    bool operator==(const PciDevice&) const = default;
};

}  // namespace pt
