// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/selector.h"

#include <catch2/catch_test_macros.hpp>

namespace {

using namespace pt;

constexpr std::uint32_t kAny = kAnyId;

TEST_CASE("ids are read as vfio-pci.ids means them", "[selector]") {
    struct Row {
        std::string_view item;
        IdPattern id;
        bool exact;
    };
    const Row rows[] = {
        {"10de:1b06", {0x10de, 0x1b06, kAny, kAny, 0, 0}, true},
        {"10DE:1B06", {0x10de, 0x1b06, kAny, kAny, 0, 0}, true},
        {"0x10de:0x1b06", {0x10de, 0x1b06, kAny, kAny, 0, 0}, true},
        {"1:2", {1, 2, kAny, kAny, 0, 0}, true},
        {"10de:1b06:1462", {0x10de, 0x1b06, 0x1462, kAny, 0, 0}, true},
        {"10de:1b06:1462:3602", {0x10de, 0x1b06, 0x1462, 0x3602, 0, 0}, true},
        {"10de:1b06:*:*:030000:ffff00", {0x10de, 0x1b06, kAny, kAny, 0x030000, 0xffff00}, true},
        // without a mask a class does not count, as in the kernel
        {"10de:1b06:*:*:030000", {0x10de, 0x1b06, kAny, kAny, 0x030000, 0}, true},
        {"10de:*", {0x10de, kAny, kAny, kAny, 0, 0}, false},
        {"*:1b06", {kAny, 0x1b06, kAny, kAny, 0, 0}, false},
        {"*:*", {kAny, kAny, kAny, kAny, 0, 0}, false},
        {"ffffffff:FFFFFFFF", {kAny, kAny, kAny, kAny, 0, 0}, false},
        {"0xffffffff:1b06", {kAny, 0x1b06, kAny, kAny, 0, 0}, false},
        {"ffff:ffff", {0xffff, 0xffff, kAny, kAny, 0, 0}, true},
        {"*:*:*:*:030000:ff0000", {kAny, kAny, kAny, kAny, 0x030000, 0xff0000}, false},
        // any class, and a mask that counts nothing
        {"10de:1b06:*:*:*:ffffff", {0x10de, 0x1b06, kAny, kAny, 0, 0}, true},
        {"10de:1b06:*:*:030000:*", {0x10de, 0x1b06, kAny, kAny, 0x030000, 0}, true},
    };
    for (const Row& row : rows) {
        CAPTURE(row.item);
        Selector selector;
        selector.kind = Selector::Kind::kAddress;
        CHECK(parse_id(row.item, selector) == Fault::kNone);
        CHECK(selector.kind == Selector::Kind::kId);
        CHECK(selector.id == row.id);
        CHECK(selector.is_exact() == row.exact);
    }
}

TEST_CASE("a bad id is refused with its reason, and changes nothing", "[selector]") {
    struct Row {
        std::string_view item;
        Fault fault;
    };
    const Row rows[] = {
        {"", Fault::kEmptyItem},
        {" 10de:1b06", Fault::kWhiteSpace},
        {"10de: 1b06", Fault::kWhiteSpace},
        {"10de:1b06\n", Fault::kWhiteSpace},
        {"10de", Fault::kNoDevice},
        {"*", Fault::kNoDevice},
        {"nonsense", Fault::kNoDevice},
        {"10de-1b06", Fault::kNoDevice},
        {"10de.1b06", Fault::kNoDevice},
        {":", Fault::kNotHex},
        {"10de:", Fault::kNotHex},
        {":1b06", Fault::kNotHex},
        {"10de::", Fault::kNotHex},
        {"10de:1b06:", Fault::kNotHex},
        {"10de:1b0g", Fault::kNotHex},
        {"10de:1b06]", Fault::kNotHex},
        {"[10de:1b06", Fault::kNotHex},
        {"10de:-1", Fault::kNotHex},
        {"10de:0x", Fault::kNotHex},
        {"10de:**", Fault::kNotHex},
        {"10de:1b*", Fault::kNotHex},
        {"10de:any", Fault::kNotHex},
        {"01:00.0", Fault::kNotHex},
        {"0000:01:00.0", Fault::kNotHex},
        {"10de:1b06:1462:3602:vga", Fault::kNotHex},
        {"10de:\xff", Fault::kNotHex},
        {"110de:1b06", Fault::kTooLong},
        {"10de:01b06", Fault::kTooLong},
        {"10de:fffff", Fault::kTooLong},
        {"10de:fffffffff", Fault::kTooLong},
        {"10de:1b06:*:*:0030000", Fault::kTooLong},
        {"10de:1b06:*:*:030000:ffffffff", Fault::kTooLong},
        {"10de:1b06:*:*:ffffffff", Fault::kTooLong},
        {"1:2:3:4:5:6:7", Fault::kTooManyFields},
        {"@01:00.0", Fault::kNoDevice},
        {"10de@01:00.0", Fault::kNoDevice},
        {"10de:1b06@", Fault::kBadAddress},
        {"10de:1b06@01:00", Fault::kBadAddress},
        {"10de:1b06@*", Fault::kBadAddress},
        {"10de:1b06@01:00.0@02:00.0", Fault::kBadAddress},
        {"10de:1b0g@01:00.0", Fault::kNotHex},
        {"1:2:3:4:5:6:", Fault::kTooManyFields},
    };
    for (const Row& row : rows) {
        CAPTURE(row.item);
        Selector selector;
        selector.kind = Selector::Kind::kAddress;
        selector.id.vendor = 7;
        CHECK(parse_id(row.item, selector) == row.fault);
        CHECK(selector.kind == Selector::Kind::kAddress);
        CHECK(selector.id.vendor == 7);
        CHECK_FALSE(selector.has_where);
    }
}

TEST_CASE("an id may be bound to a place", "[selector]") {
    struct Row {
        std::string_view item;
        Where where;
        bool exact;
    };
    const Row rows[] = {
        {"10de:1b06@01:00.0", {{0, 1, 0, 0}, {}, false}, true},
        {"10de:1b06@1:02:1f.7", {{1, 2, 0x1f, 7}, {}, false}, true},
        {"10de:1b06@00:01.0/00.0", {{0, 0, 1, 0}, {{0, 0}}, false}, true},
        // either half is exact enough: one says which kind, the other which one
        {"10de:1b06@01:00.*", {{0, 1, 0, 0}, {}, true}, true},
        {"10de:*@01:00.0", {{0, 1, 0, 0}, {}, false}, true},
        {"*:*@00:01.0/00.0", {{0, 0, 1, 0}, {{0, 0}}, false}, true},
        {"10de:*@01:00.*", {{0, 1, 0, 0}, {}, true}, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.item);
        Selector selector;
        REQUIRE(parse_id(row.item, selector) == Fault::kNone);
        CHECK(selector.kind == Selector::Kind::kId);
        CHECK(selector.has_where);
        CHECK(selector.is_placed());
        CHECK(selector.where == row.where);
        CHECK(selector.is_exact() == row.exact);
    }
    Selector selector;
    REQUIRE(parse_id("10de:1b06@01:00.0", selector) == Fault::kNone);
    REQUIRE(parse_id("10de:1b06", selector) == Fault::kNone);
    CHECK_FALSE(selector.has_where);
    CHECK_FALSE(selector.is_placed());
}

TEST_CASE("a choice of displays names none", "[selector]") {
    Selector selector;
    selector.kind = Selector::Kind::kDisplays;
    selector.id.vendor = selector.id.device = 1;
    CHECK_FALSE(selector.is_exact());
    CHECK_FALSE(selector.is_placed());
}

TEST_CASE("all functions of a slot are no exact choice, one is", "[selector]") {
    Selector selector;
    REQUIRE(parse_address_item("01:00.*", selector) == Fault::kNone);
    CHECK_FALSE(selector.is_exact());
    CHECK(selector.is_placed());
    REQUIRE(parse_address_item("00:01.0/00.1", selector) == Fault::kNone);
    CHECK(selector.is_exact());
}

TEST_CASE("an address names one device", "[selector]") {
    Selector selector;
    CHECK(parse_address_item("01:00.1", selector) == Fault::kNone);
    CHECK(selector.kind == Selector::Kind::kAddress);
    CHECK(selector.where.start == PciAddress{0, 1, 0, 1});
    CHECK(selector.is_exact());
}

TEST_CASE("a bad address is refused with its reason, and changes nothing", "[selector]") {
    struct Row {
        std::string_view item;
        Fault fault;
    };
    const Row rows[] = {
        {"", Fault::kEmptyItem},          {" 01:00.0", Fault::kWhiteSpace},
        {"01:00.0 ", Fault::kWhiteSpace}, {"10de:1b06", Fault::kBadAddress},
        {"01:00", Fault::kBadAddress},    {"01:00.8", Fault::kBadAddress},
        {"*", Fault::kBadAddress},        {"01:00.\xff", Fault::kBadAddress},
    };
    for (const Row& row : rows) {
        CAPTURE(row.item);
        Selector selector;
        selector.where.start.bus = 7;
        CHECK(parse_address_item(row.item, selector) == row.fault);
        CHECK(selector.kind == Selector::Kind::kId);
        CHECK(selector.where.start.bus == 7);
    }
}

TEST_CASE("a selector means the devices that agree in every field it names", "[selector]") {
    const PciDevice card{{0, 1, 0, 0}, {0x10de, 0x1b06, 0x1462, 0x3602, 0x030000}, 0};
    struct Row {
        std::string_view item;
        bool matches;
    };
    const Row ids[] = {
        {"10de:1b06", true},
        {"*:*", true},
        {"10de:*:1462", true},
        {"10de:1b06:1462:3602:030000:ffffff", true},
        {"*:*:*:*:030000:ff0000", true},
        {"*:*:*:*:038000:ff0000", true},
        {"*:*:*:*:040300", true},
        {"10de:1b07", false},
        {"1002:1b06", false},
        {"1b06:10de", false},
        {"10de:1b06:1458", false},
        {"10de:1b06:*:3603", false},
        {"10de:1b06:*:*:038000:ffff00", false},
        {"10de:1b06:*:*:040300:ff0000", false},
        {"ffff:ffff", false},
        {"0:0", false},
    };
    for (const Row& row : ids) {
        CAPTURE(row.item);
        Selector selector;
        REQUIRE(parse_id(row.item, selector) == Fault::kNone);
        CHECK(id_matches(selector.id, card) == row.matches);
    }
}

TEST_CASE("no id fits a device that cannot be read", "[selector]") {
    const PciDevice broken{{0, 1, 0, 0}, {}, 5};
    Selector selector;
    REQUIRE(parse_id("*:*", selector) == Fault::kNone);
    CHECK_FALSE(id_matches(selector.id, broken));
    REQUIRE(parse_id("0:0", selector) == Fault::kNone);
    CHECK_FALSE(id_matches(selector.id, broken));
    REQUIRE(parse_address_item("01:00.0", selector) == Fault::kNone);
    CHECK(is_at(selector.where, broken.address, {}));
}

}  // namespace
