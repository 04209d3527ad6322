// SPDX-License-Identifier: LGPL-2.1-or-later
// The text of a device's link in sysfs, and behind a line's end a place that it may be at.
#include <algorithm>
#include <string>

#include "core/where.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace pt;

std::string write_path(const std::vector<PciAddress>& bridges, PciAddress device, std::size_t from,
                       bool any) {
    std::string text;
    put_address(text, bridges[from]);
    const auto add = [&](PciAddress step) {
        char piece[8];
        std::snprintf(piece, sizeof piece, "/%02x.%x", step.device, step.function);
        text += piece;
    };
    for (std::size_t i = from + 1; i < bridges.size(); ++i) add(bridges[i]);
    add(device);
    if (any) text.back() = '*';
    return text;
}

// What the path says, begun at the root as a person would follow it.
bool follow_down(const Where& where, PciAddress device, std::vector<PciAddress> way) {
    way.push_back(device);
    if (where.any_function) way.back().function = 0;
    if (way.size() < where.path.size() + 1) return false;
    std::size_t at = way.size() - where.path.size() - 1;
    if (way[at] != where.start) return false;
    return std::all_of(where.path.begin(), where.path.end(), [&](const TreeStep& step) {
        ++at;
        return way[at].device == step.device && way[at].function == step.function;
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = as_text(data, size);
    const std::string_view link = text.substr(0, text.find('\n'));
    const std::vector<PciAddress> bridges = parse_parents(link);
    const auto slashes = static_cast<std::size_t>(std::count(link.begin(), link.end(), '/'));
    PT_REQUIRE(bridges.size() <= slashes);
    // "." and ".." and names of other buses add nothing
    const std::string longer = "../pci0000:00/platform/" + std::string(link);
    if (!link.empty()) PT_REQUIRE(parse_parents(longer) == bridges);

    const PciAddress device =
        parse_address(link.substr(link.rfind('/') + 1)).value_or(PciAddress{1, 2, 3, 4});
    for (std::size_t from = 0; from < bridges.size(); ++from)
        for (const bool any : {false, true}) {
            Where where;
            PT_REQUIRE(parse_where(write_path(bridges, device, from, any), where));
            PT_REQUIRE(is_at(where, device, bridges));
            PciAddress sibling = device;
            sibling.function ^= 1;
            PT_REQUIRE(is_at(where, sibling, bridges) == any);
            sibling.device ^= 1;
            PT_REQUIRE(!is_at(where, sibling, bridges));
        }

    if (link.size() == text.size()) return 0;
    Where where;
    if (parse_where(text.substr(link.size() + 1), where))
        PT_REQUIRE(is_at(where, device, bridges) == follow_down(where, device, bridges));
    return 0;
}
