// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/inventory.h"

#include <catch2/catch_test_macros.hpp>

using namespace pt;
using namespace pt::ctl;

namespace {

Function function(std::string_view address, std::uint16_t vendor, std::uint16_t device,
                  std::vector<PciAddress> parents = {}) {
    Function function;
    function.device.address = parse_address(address).value();
    function.device.ids.vendor = vendor;
    function.device.ids.device = device;
    function.parents = std::move(parents);
    return function;
}

// Two equal cards, the second one with its sound and behind a bridge, and one in another domain.
Inventory machine() {
    Inventory inventory;
    inventory.functions.push_back(function("00:01.0", 0x8086, 0x1901));
    inventory.functions.push_back(function("01:00.0", 0x10de, 0x1b06));
    inventory.functions.push_back(
        function("02:00.0", 0x10de, 0x1b06, {parse_address("00:01.0").value()}));
    inventory.functions.push_back(
        function("02:00.1", 0x10de, 0x10ef, {parse_address("00:01.0").value()}));
    inventory.functions.push_back(function("10000:01:00.0", 0x1002, 0x1638));
    return inventory;
}

std::vector<std::size_t> meant(std::string_view card) {
    return resolve_card(machine(), card).functions;
}

}  // namespace

TEST_CASE("a card is meant by address, slot, path or ids") {
    using Indices = std::vector<std::size_t>;
    CHECK(meant("01:00.0") == Indices{1});
    CHECK(meant("0000:01:00.0") == Indices{1});
    CHECK(meant("1:0.0") == Indices{1});
    CHECK(meant("02:00") == Indices{2, 3});
    CHECK(meant("0000:02:00") == Indices{2, 3});
    CHECK(meant("02:00.*") == Indices{2, 3});
    CHECK(meant("10000:01:00.0") == Indices{4});
    CHECK(meant("10000:01:00") == Indices{4});
    CHECK(meant("00:01.0/00.0") == Indices{2});
    CHECK(meant("10de:1b06") == Indices{1, 2});
    CHECK(meant("10DE:1B06") == Indices{1, 2});
    CHECK(meant("10de:1b06@02:00.0") == Indices{2});
    CHECK(meant("10de:*") == Indices{1, 2, 3});
}

TEST_CASE("what means no card is told as that") {
    for (const char* card : {"", " ", "x", "nouveau", "01", "01:00.8", "01:20.0", "10de",
                             "10de:1b06:", "01:00.0,02:00.0", "pt.ids=10de:1b06", "\xff\x1b[2J"}) {
        INFO(card);
        const Resolved resolved = resolve_card(machine(), card);
        CHECK(resolved.functions.empty());
        CHECK(resolved.problem.find("is neither an address") != std::string::npos);
        CHECK(resolved.problem.find('\x1b') == std::string::npos);
    }
    for (const char* card :
         {"03:00.0", "03:00", "10de:1b07", "100:0", "00:01.0/01.0", "10de:1b06@03:00.0"}) {
        INFO(card);
        const Resolved resolved = resolve_card(machine(), card);
        CHECK(resolved.functions.empty());
        CHECK(resolved.problem.find("means no PCI device of this machine") != std::string::npos);
    }
}

TEST_CASE("addresses and ids are printed as lspci does it") {
    CHECK(short_address({0, 1, 0, 0}) == "01:00.0");
    CHECK(short_address({0x10000, 1, 0x1f, 7}) == "10000:01:1f.7");
    CHECK(full_address({0, 1, 0, 0}) == "0000:01:00.0");
    PciDevice device;
    device.ids.vendor = 0x10de;
    device.ids.device = 0x1b06;
    CHECK(ids_of(device) == "10de:1b06");
    device.error = 5;
    CHECK(ids_of(device) == "????:????");
}
