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
    }
}

TEST_CASE("an address names one device", "[selector]") {
    Selector selector;
    CHECK(parse_where("01:00.1", selector) == Fault::kNone);
    CHECK(selector.kind == Selector::Kind::kAddress);
    CHECK(selector.address == PciAddress{0, 1, 0, 1});
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
        selector.address.bus = 7;
        CHECK(parse_where(row.item, selector) == row.fault);
        CHECK(selector.kind == Selector::Kind::kId);
        CHECK(selector.address.bus == 7);
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
        CHECK(matches(selector, card) == row.matches);
    }
    const Row addresses[] = {
        {"01:00.0", true},  {"0:1:0.0", true},    {"01:00.1", false},
        {"02:00.0", false}, {"1:01:00.0", false}, {"01:01.0", false},
    };
    for (const Row& row : addresses) {
        CAPTURE(row.item);
        Selector selector;
        REQUIRE(parse_where(row.item, selector) == Fault::kNone);
        CHECK(matches(selector, card) == row.matches);
    }
}

TEST_CASE("a device that cannot be read has its address alone", "[selector]") {
    const PciDevice broken{{0, 1, 0, 0}, {}, 5};
    Selector selector;
    REQUIRE(parse_id("*:*", selector) == Fault::kNone);
    CHECK_FALSE(matches(selector, broken));
    REQUIRE(parse_id("0:0", selector) == Fault::kNone);
    CHECK_FALSE(matches(selector, broken));
    REQUIRE(parse_where("01:00.0", selector) == Fault::kNone);
    CHECK(matches(selector, broken));
}

}  // namespace
