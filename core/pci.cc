// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/pci.h"

#include "core/text.h"

namespace pt {
namespace {

// By base class, from 0x00 on (include/linux/pci_ids.h).
constexpr std::string_view kClassNames =
    "other|storage|network|display|multimedia|memory|bridge|communication|system|input|other|"
    "processor|serial bus|wireless|other|other|encryption|signal|accelerator";

// Takes `prefix` and `digits` hexadecimal digits off the front of `rest`; -1 if they are not there.
std::int64_t take_field(std::string_view& rest, std::string_view prefix, std::size_t digits) {
    if (!rest.starts_with(prefix)) return -1;
    const std::string_view field = rest.substr(prefix.size(), digits);
    if (field.size() != digits || field[1] == 'x' || field[1] == 'X') return -1;
    const std::optional<std::uint32_t> value = parse_hex(field, digits);
    if (!value) return -1;
    rest.remove_prefix(prefix.size() + digits);
    return *value;
}

}  // namespace

std::optional<PciAddress> parse_address(std::string_view text) {
    const std::size_t last_colon = text.rfind(':');
    const std::size_t dot = text.rfind('.');
    if (last_colon == std::string_view::npos || dot == std::string_view::npos || dot < last_colon)
        return std::nullopt;

    std::string_view bus = text.substr(0, last_colon);
    std::optional<std::uint32_t> domain = 0;
    if (bus.find(':') != std::string_view::npos) domain = parse_hex(cut(bus, ':'), 8);
    const std::optional<std::uint32_t> bus_number = parse_hex(bus, 2);
    const auto device = parse_hex(text.substr(last_colon + 1, dot - last_colon - 1), 2);
    const std::optional<std::uint32_t> function = parse_hex(text.substr(dot + 1), 1);
    if (!domain || !bus_number || !device || !function || *device > 0x1f || *function > 7)
        return std::nullopt;

    PciAddress address;
    address.domain = *domain;
    address.bus = static_cast<std::uint8_t>(*bus_number);
    address.device = static_cast<std::uint8_t>(*device);
    address.function = static_cast<std::uint8_t>(*function);
    return address;
}

void put_address(std::string& out, PciAddress address) {
    put_hex(out, address.domain, 4);
    out.push_back(':');
    put_hex(out, address.bus, 2);
    out.push_back(':');
    put_hex(out, address.device, 2);
    out.push_back('.');
    put_hex(out, address.function, 1);
}

std::optional<PciIds> parse_modalias(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    const std::int64_t vendor = take_field(text, "pci:v", 8);
    const std::int64_t device = take_field(text, "d", 8);
    const std::int64_t subvendor = take_field(text, "sv", 8);
    const std::int64_t subdevice = take_field(text, "sd", 8);
    const std::int64_t base = take_field(text, "bc", 2);
    const std::int64_t subclass = take_field(text, "sc", 2);
    const std::int64_t interface = take_field(text, "i", 2);
    const std::int64_t all = vendor | device | subvendor | subdevice | base | subclass | interface;
    // The kernel prints 32 bits; the ids have 16.
    if (all < 0 || all > 0xffff || !text.empty()) return std::nullopt;

    PciIds ids;
    ids.vendor = static_cast<std::uint16_t>(vendor);
    ids.device = static_cast<std::uint16_t>(device);
    ids.subvendor = static_cast<std::uint16_t>(subvendor);
    ids.subdevice = static_cast<std::uint16_t>(subdevice);
    ids.class_code = static_cast<std::uint32_t>(base << 16 | subclass << 8 | interface);
    return ids;
}

std::string_view class_name(std::uint32_t class_code) {
    switch (class_code >> 8) {
        case 0x0401:
        case 0x0403:
            return "audio";
        case 0x0c03:
            return "USB controller";
        default:
            break;
    }
    const std::string_view name = nth(kClassNames, base_class(class_code));
    return name.empty() ? "other" : name;
}

}  // namespace pt
