// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/machine.h"

#include <catch2/catch_test_macros.hpp>
#include <cerrno>

namespace {

using namespace pt;
using Ranges = std::vector<AddressRange>;

TEST_CASE("every device of the display class is a display, one that cannot be read is none",
          "[machine]") {
    const std::pair<std::uint32_t, bool> rows[] = {
        {0x030000, true},  {0x030200, true},  {0x038000, true},  {0x03ffff, true},
        {0x040300, false}, {0x000100, false}, {0x0c0330, false}, {0x120000, false},
    };
    for (const auto& [class_code, display] : rows)
        CHECK(is_display({{}, {1, 2, 3, 4, class_code}, 0}) == display);
    CHECK_FALSE(is_display({{}, {1, 2, 3, 4, 0x030000}, EIO}));
}

TEST_CASE("a slot is a domain, a bus and a device", "[machine]") {
    const PciAddress a{1, 2, 3, 0};
    CHECK(same_slot(a, {1, 2, 3, 0}));
    CHECK(same_slot(a, {1, 2, 3, 7}));
    CHECK_FALSE(same_slot(a, {0, 2, 3, 0}));
    CHECK_FALSE(same_slot(a, {1, 3, 3, 0}));
    CHECK_FALSE(same_slot(a, {1, 2, 4, 0}));
}

TEST_CASE("the memory of firmware framebuffers is found in iomem", "[machine]") {
    struct Row {
        std::string_view text;
        Ranges ranges;
    };
    const Row rows[] = {
        {"c0000000-c0ffffff : efifb\n", {{0xc0000000, 0xc0ffffff}}},
        {"c0000000-c0ffffff : efifb", {{0xc0000000, 0xc0ffffff}}},
        {"      c0000000-c0ffffff : vesafb\n", {{0xc0000000, 0xc0ffffff}}},
        {"c0000000-c0ffffff : simplefb\n", {{0xc0000000, 0xc0ffffff}}},
        {"c0000000-c0ffffff : simpledrm\n", {{0xc0000000, 0xc0ffffff}}},
        {"c0000000-c0ffffff : efidrm\n", {{0xc0000000, 0xc0ffffff}}},
        {"c0000000-c0ffffff : vesadrm\n", {{0xc0000000, 0xc0ffffff}}},
        {"c0000000-c0ffffff : corebootdrm\n", {{0xc0000000, 0xc0ffffff}}},
        {"c0000000-c0ffffff : BOOTFB\n", {{0xc0000000, 0xc0ffffff}}},
        // above 4 GiB
        {"4000000000-40007fffff : efifb\n", {{0x4000000000, 0x40007fffff}}},
        {"fffffffff0000000-ffffffffffffffff : efifb\n", {{0xfffffffff0000000, UINT64_MAX}}},
        // a real tree: the resource of the framebuffer lies in that of the BAR in that of the bus
        {"00000000-00000fff : Reserved\n"
         "c0000000-dfffffff : PCI Bus 0000:00\n"
         "  c0000000-cfffffff : 0000:00:02.0\n"
         "    c0000000-c02fffff : BOOTFB\n"
         "      c0000000-c02fffff : simpledrm\n"
         "  d0000000-d0ffffff : 0000:01:00.0\n"
         "    d0000000-d02fffff : nvidia\n",
         {{0xc0000000, 0xc02fffff}, {0xc0000000, 0xc02fffff}}},
        // what somebody without rights is shown
        {"00000000-00000000 : efifb\n", {}},
        // other names
        {"c0000000-c0ffffff : efifb2\n", {}},
        {"c0000000-c0ffffff : efi\n", {}},
        {"c0000000-c0ffffff : bootfb\n", {}},
        {"c0000000-c0ffffff : efifb|vesafb\n", {}},
        {"c0000000-c0ffffff : \n", {}},
        {"c0000000-c0ffffff : efifb \n", {}},
        // no lines of iomem
        {"", {}},
        {"\n\n", {}},
        {"efifb\n", {}},
        {" : efifb\n", {}},
        {"c0000000 : efifb\n", {}},
        {"c0000000- : efifb\n", {}},
        {"-c0000000 : efifb\n", {}},
        {"c0000000-c0ffffff: efifb\n", {}},
        {"c0000000-c0ffffff efifb\n", {}},
        {"c0ffffff-c0000000 : efifb\n", {}},
        {"g-c0000000 : efifb\n", {}},
        {"0-10000000000000000 : efifb\n", {}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(parse_framebuffer_ranges(row.text) == row.ranges);
    }
}

TEST_CASE("the ranges of a device are read, empty ones left out", "[machine]") {
    CHECK(parse_resources("0x00000000de000000 0x00000000deffffff 0x0000000000040200\n"
                          "0x0000004000000000 0x00000041ffffffff 0x000000000014220c\n"
                          "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
                          "0x000000000000e000 0x000000000000e07f 0x0000000000040101\n") ==
          Ranges{{0xde000000, 0xdeffffff}, {0x4000000000, 0x41ffffffff}, {0xe000, 0xe07f}});
    CHECK(parse_resources("0xffffffff00000000 0xffffffffffffffff 0x1") ==
          Ranges{{0xffffffff00000000, UINT64_MAX}});
    for (const std::string_view text :
         {"", "\n", "0x1\n", "0x1 \n", "x y z\n", "0x2 0x1 0x0\n", "0x 0x1 0x0\n",
          "0x1 0x10000000000000000 0x0\n", "0x1  0x2\n"}) {
        CAPTURE(text);
        CHECK(parse_resources(text).empty());
    }
}

TEST_CASE("ranges overlap if they have one address in common", "[machine]") {
    struct Row {
        Ranges a, b;
        bool overlap;
    };
    const Row rows[] = {
        {{{1, 2}}, {{2, 3}}, true},
        {{{1, 2}}, {{3, 4}}, false},
        {{{1, 9}}, {{4, 5}}, true},
        {{{4, 4}}, {{4, 4}}, true},
        {{{0, UINT64_MAX}}, {{7, 7}}, true},
        {{{0xc0000000, 0xcfffffff}}, {{0x4c0000000, 0x4cfffffff}}, false},
        {{{0x4000000000, 0x40ffffffff}}, {{0x4000000000, 0x40007fffff}}, true},
        {{{1, 2}, {10, 20}}, {{5, 6}, {20, 30}}, true},
        {{{1, 2}, {10, 20}}, {{5, 6}, {21, 30}}, false},
        {{}, {{1, 2}}, false},
        {{{1, 2}}, {}, false},
        {{}, {}, false},
    };
    for (const Row& row : rows) {
        CHECK(overlap(row.a, row.b) == row.overlap);
        CHECK(overlap(row.b, row.a) == row.overlap);
    }
}

}  // namespace
