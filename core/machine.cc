// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/machine.h"

#include <algorithm>
#include <cerrno>
#include <optional>

#include "core/text.h"

namespace pt {
namespace {

// What drivers of firmware framebuffers call their memory: efifb, vesafb and simplefb of
// drivers/video/fbdev, those of drivers/gpu/drm/sysfb and drivers/gpu/drm/tiny, and
// drivers/firmware/sysfb_simplefb.c.
constexpr std::string_view kFramebufferNames =
    "efifb|vesafb|simplefb|simpledrm|efidrm|vesadrm|corebootdrm|BOOTFB";

bool is_framebuffer_name(std::string_view name) {
    for (std::string_view rest = kFramebufferNames; !rest.empty();)
        if (cut(rest, '|') == name) return true;
    return false;
}

// Reads 16 or fewer hexadecimal digits.
std::optional<std::uint64_t> parse_long_hex(std::string_view text) {
    if (text.starts_with("0x")) text.remove_prefix(2);
    const std::size_t low_digits = std::min<std::size_t>(text.size(), 8);
    const std::string_view high = text.substr(0, text.size() - low_digits);
    const auto low_part = parse_hex(text.substr(high.size()), 8);
    const auto high_part = high.empty() ? std::optional<std::uint32_t>(0) : parse_hex(high, 8);
    if (!low_part || !high_part) return std::nullopt;
    return std::uint64_t{*high_part} << 32 | *low_part;
}

void add_range(std::vector<AddressRange>& ranges, std::string_view first, std::string_view last) {
    const std::optional<std::uint64_t> begin = parse_long_hex(first);
    const std::optional<std::uint64_t> end = parse_long_hex(last);
    if (begin && end && *begin <= *end && *end != 0) ranges.push_back({*begin, *end});
}

}  // namespace

void Unread::add(std::string_view name, std::int32_t number) {
    if (error != 0 || number == 0 || number == ENOENT) return;
    file = name;
    error = number;
}

bool is_display(const PciDevice& device) {
    return device.error == 0 && base_class(device.ids.class_code) == kBaseClassDisplay;
}

bool same_slot(PciAddress a, PciAddress b) {
    return a.domain == b.domain && a.bus == b.bus && a.device == b.device;
}

std::vector<AddressRange> parse_framebuffer_ranges(std::string_view iomem) {
    std::vector<AddressRange> ranges;
    while (!iomem.empty()) {
        // "    c0000000-c0ffffff : efifb"
        std::string_view name = cut(iomem, '\n');
        name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
        std::string_view last = cut(name, ' ');
        const std::string_view first = cut(last, '-');
        if (!name.starts_with(": ")) continue;
        name.remove_prefix(2);
        if (is_framebuffer_name(name)) add_range(ranges, first, last);
    }
    return ranges;
}

std::vector<AddressRange> parse_resources(std::string_view resource) {
    std::vector<AddressRange> ranges;
    while (!resource.empty()) {
        std::string_view line = cut(resource, '\n');
        const std::string_view first = cut(line, ' ');
        add_range(ranges, first, cut(line, ' '));
    }
    return ranges;
}

bool overlap(std::span<const AddressRange> a, std::span<const AddressRange> b) {
    for (const AddressRange& x : a)
        for (const AddressRange& y : b)
            if (x.first <= y.last && y.first <= x.last) return true;
    return false;
}

}  // namespace pt
