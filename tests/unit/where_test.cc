// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/where.h"

#include <catch2/catch_test_macros.hpp>

namespace {

using namespace pt;

TEST_CASE("a place is an address or a path, and may mean all functions", "[where]") {
    struct Row {
        std::string_view text;
        Where where;
    };
    const Row rows[] = {
        {"01:00.0", {{0, 1, 0, 0}, {}, false}},
        {"1:0.1", {{0, 1, 0, 1}, {}, false}},
        {"0000:01:1f.7", {{0, 1, 0x1f, 7}, {}, false}},
        {"10001:FF:00.0", {{0x10001, 0xff, 0, 0}, {}, false}},
        {"01:00.*", {{0, 1, 0, 0}, {}, true}},
        {"0002:01:1f.*", {{2, 1, 0x1f, 0}, {}, true}},
        {"00:01.0/00.0", {{0, 0, 1, 0}, {{0, 0}}, false}},
        {"00:01.2/1f.7/0.1", {{0, 0, 1, 2}, {{0x1f, 7}, {0, 1}}, false}},
        {"0001:80:01.0/00.*", {{1, 0x80, 1, 0}, {{0, 0}}, true}},
        {"00:1C.0/0A.0", {{0, 0, 0x1c, 0}, {{0x0a, 0}}, false}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        Where where{{9, 9, 9, 1}, {{9, 1}}, true};
        CHECK(parse_where(row.text, where));
        CHECK(where == row.where);
    }
}

TEST_CASE("any other text is no place, and changes nothing", "[where]") {
    const std::string_view rows[] = {
        "",
        "*",
        ".*",
        "01",
        "01:00",
        "01:00.",
        "01:00.8",
        "01:20.0",
        "100:00.0",
        "01:00.00",
        "01:00.0.0",
        "01:00.**",
        "01:00.0*",
        "01:00.*0",
        "01:*.0",
        "01:*",
        "*:00.0",
        "*:*.*",
        "10de:1b06",
        " 01:00.0",
        "01:00.0 ",
        "01:00.-1",
        "g1:00.0",
        "/",
        "/01:00.0",
        "01:00.0/",
        "01:00.0//00.0",
        "01:00.0/00",
        "01:00.0/00.",
        "01:00.0/.0",
        "01:00.0/00.8",
        "01:00.0/20.0",
        "01:00.0/000.0",
        "01:00.0/00.00",
        "01:00.0/01:00.0",
        "01:00.0/0000:01:00.0",
        "01:00.*/00.0",
        "01:00.0/00.*/00.0",
        "01:00.0/*",
        "01:00.0/.*",
        "01:00.0/00.**",
        "01:00.0/00.0.*",
        "01:00.0/00.0*",
        "01:00.0/00.\xff",
        "pci:v000010DE",
        "../../../etc",
        std::string_view("01:00.0\0", 8),
        std::string_view("01:00.0/00.0\0", 13),
    };
    const Where before{{9, 9, 9, 1}, {{9, 1}}, true};
    for (const std::string_view text : rows) {
        CAPTURE(text);
        Where where = before;
        CHECK_FALSE(parse_where(text, where));
        CHECK(where == before);
    }
}

TEST_CASE("the bridges above a device are read from its link", "[where]") {
    struct Row {
        std::string_view link;
        std::vector<PciAddress> parents;
    };
    const Row rows[] = {
        {"../../../devices/pci0000:00/0000:00:02.0", {}},
        {"../../../devices/pci0000:00/0000:00:1c.0/0000:02:00.0", {{0, 0, 0x1c, 0}}},
        {"../../../devices/pci0000:00/0000:00:1c.0/0000:02:00.0/0000:03:00.0",
         {{0, 0, 0x1c, 0}, {0, 2, 0, 0}}},
        // Intel VMD: its own domain below a device of the first one
        {"../../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0",
         {{0, 0, 0x0e, 0}, {0x10000, 0xe0, 6, 0}}},
        // a host bridge of a device tree, and one of ACPI
        {"../../../devices/platform/soc/fd500000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0",
         {{0, 0, 0, 0}}},
        {"/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0", {{0, 0, 1, 0}}},
        {"", {}},
        {"/", {}},
        {"0000:00:01.0", {}},
        {"0000:00:01.0/", {}},
        {"0000:00:01.0//", {{0, 0, 1, 0}}},
        {"no/such/thing", {}},
        {"0000:00:01.8/x/0000:00:01.0/0000:01:00.0", {{0, 0, 1, 0}}},
        {std::string_view("0000:00:01.0\0/0000:00:02.0/x", 28), {{0, 0, 2, 0}}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.link);
        CHECK(parse_parents(row.link) == row.parents);
    }
}

TEST_CASE("a device is at its address, or below the bridge that a path names", "[where]") {
    // root port 00:1c.4, a switch's upstream port 02:00.0 and downstream port 03:01.0 above 05:00.1
    const std::vector<PciAddress> bridges{{0, 0, 0x1c, 4}, {0, 2, 0, 0}, {0, 3, 1, 0}};
    const PciAddress device{0, 5, 0, 1};
    struct Row {
        std::string_view text;
        bool is_at;
    };
    const Row rows[] = {
        {"05:00.1", true},
        {"0000:05:00.1", true},
        {"05:00.*", true},
        {"05:00.0", false},
        {"05:01.*", false},
        {"06:00.1", false},
        {"0001:05:00.1", false},
        {"03:01.0/00.1", true},
        {"02:00.0/01.0/00.1", true},
        {"00:1c.4/00.0/01.0/00.1", true},
        {"00:1c.4/00.0/01.0/00.*", true},
        {"03:01.0/00.*", true},
        // each step counts
        {"03:01.0/00.0", false},
        {"03:01.0/01.1", false},
        {"03:00.0/00.1", false},
        {"04:01.0/00.1", false},
        {"00:1c.4/00.0/02.0/00.1", false},
        {"00:1c.4/01.0/01.0/00.1", false},
        {"00:1c.3/00.0/01.0/00.1", false},
        {"00:1c.0/00.0/01.0/00.*", false},
        {"0001:00:1c.4/00.0/01.0/00.1", false},
        // "*" is about the last function alone
        {"03:01.0/01.*", false},
        // too short, too long, and with a hole
        {"00:1c.4/00.1", false},
        {"00:1c.4/01.0/00.1", false},
        {"00:00.0/1c.4/00.0/01.0/00.1", false},
        // the bridges themselves
        {"03:01.0", false},
        {"00:1c.4", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        Where where;
        REQUIRE(parse_where(row.text, where));
        CHECK(is_at(where, device, bridges) == row.is_at);
    }
}

TEST_CASE("without bridges above it a device is at no path", "[where]") {
    Where where;
    REQUIRE(parse_where("00:1c.0/00.0", where));
    CHECK_FALSE(is_at(where, {0, 0, 0, 0}, {}));
    REQUIRE(parse_where("00:1c.*", where));
    CHECK(is_at(where, {0, 0, 0x1c, 5}, {}));
}

TEST_CASE("a path survives new bus numbers, and an address does not", "[where]") {
    Where path, address;
    REQUIRE(parse_where("00:01.0/00.0/08.0/00.0", path));
    REQUIRE(parse_where("03:00.0", address));
    for (const int shift : {0, 1, 100, 200}) {
        const auto bus = [&](int n) { return static_cast<std::uint8_t>(n + shift); };
        const std::vector<PciAddress> bridges{{0, 0, 1, 0}, {0, bus(1), 0, 0}, {0, bus(2), 8, 0}};
        CHECK(is_at(path, {0, bus(3), 0, 0}, bridges));
        CHECK(is_at(address, {0, bus(3), 0, 0}, bridges) == (shift == 0));
    }
}

}  // namespace
