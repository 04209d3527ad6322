// SPDX-License-Identifier: LGPL-2.1-or-later
// One item of pt.addrs, which is also the name of a directory in sysfs.
#include <string>

#include "core/selector.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace pt;

PciAddress read_by_sscanf(const std::string& item) {
    unsigned domain = 0, bus = 0, device = 0, function = 0;
    if (std::sscanf(item.c_str(), "%x:%x:%x.%x", &domain, &bus, &device, &function) != 4) {
        domain = 0;
        PT_REQUIRE(std::sscanf(item.c_str(), "%x:%x.%x", &bus, &device, &function) == 3);
    }
    PT_REQUIRE(bus <= 0xff && device <= 0x1f && function <= 7);
    return {domain, static_cast<std::uint8_t>(bus), static_cast<std::uint8_t>(device),
            static_cast<std::uint8_t>(function)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string item(as_text(data, size));
    Selector selector;
    selector.where.start.bus = 0x77;
    const PciAddress before = selector.where.start;
    if (parse_address_item(item, selector) != Fault::kNone) {
        PT_REQUIRE(selector.kind == Selector::Kind::kId && selector.where.start == before);
        return 0;
    }
    PT_REQUIRE(selector.kind == Selector::Kind::kAddress);
    PT_REQUIRE(selector.is_exact() == !item.ends_with('*'));
    if (!selector.is_exact() || !selector.where.path.empty()) return 0;
    PT_REQUIRE(selector.where.start == read_by_sscanf(item));

    std::string name;
    put_address(name, selector.where.start);
    PT_REQUIRE(parse_address(name) == selector.where.start);
    PT_REQUIRE(name.size() >= 12);
    return 0;
}
