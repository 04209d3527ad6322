// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/where.h"

#include <optional>
#include <utility>

#include "core/text.h"

namespace pt {
namespace {

// Replaces a "*" behind the last dot by 0, and says whether there was one.
std::string_view without_star(std::string_view text, bool& star) {
    star = text.ends_with(".*");
    return star ? text.substr(0, text.size() - 1) : text;
}

// "device.function"; with `star` the function's text is missing and means any.
bool parse_step(std::string_view text, bool star, TreeStep& step) {
    const auto device = parse_hex(cut(text, '.'), 2);
    const std::optional<std::uint32_t> function = star ? 0 : parse_hex(text, 1);
    if (star && !text.empty()) return false;
    if (!device || !function || *device > 0x1f || *function > 7) return false;
    step.device = static_cast<std::uint8_t>(*device);
    step.function = static_cast<std::uint8_t>(*function);
    return true;
}

// parse_address() for a text whose last function has been taken off.
bool parse_start(std::string_view text, bool star, PciAddress& start) {
    std::string whole(text);
    if (star) whole.push_back('0');
    const std::optional<PciAddress> address = parse_address(whole);
    if (!address) return false;
    start = *address;
    return true;
}

}  // namespace

bool parse_where(std::string_view text, Where& where) {
    Where read;
    text = without_star(text, read.any_function);
    bool more = text.find('/') != std::string_view::npos;
    if (!parse_start(cut(text, '/'), read.any_function && !more, read.start)) return false;
    while (more) {
        more = text.find('/') != std::string_view::npos;
        TreeStep step;
        if (!parse_step(cut(text, '/'), read.any_function && !more, step)) return false;
        read.path.push_back(step);
    }
    where = std::move(read);
    return true;
}

std::vector<PciAddress> parse_parents(std::string_view link) {
    std::vector<PciAddress> parents;
    while (!link.empty()) {
        const std::string_view name = cut(link, '/');
        if (link.empty()) break;  // the device itself
        const std::optional<PciAddress> address = parse_address(name);
        if (address) parents.push_back(*address);
    }
    return parents;
}

bool is_at(const Where& where, PciAddress address, std::span<const PciAddress> parents) {
    if (where.any_function) address.function = 0;
    if (where.path.empty()) return where.start == address;
    if (parents.size() < where.path.size()) return false;
    // From the device upwards, as the kernel does it; bridges above the start do not matter.
    for (std::size_t i = where.path.size(); i-- > 0;) {
        const TreeStep here{address.device, address.function};
        if (where.path[i] != here) return false;
        address = parents.back();
        parents = parents.first(parents.size() - 1);
    }
    return where.start == address;
}

}  // namespace pt
