// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/pci.h"

#include <catch2/catch_test_macros.hpp>

namespace {

using namespace pt;

std::string name_of(PciAddress address) {
    std::string text;
    put_address(text, address);
    return text;
}

TEST_CASE("addresses are read as lspci and sysfs print them", "[pci]") {
    struct Row {
        std::string_view text, name;
    };
    const Row rows[] = {
        {"01:00.0", "0000:01:00.0"},        {"0000:01:00.0", "0000:01:00.0"},
        {"0:1:0.1", "0000:01:00.1"},        {"1:0.0", "0000:01:00.0"},
        {"ff:1f.7", "0000:ff:1f.7"},        {"FFFF:FF:1F.7", "ffff:ff:1f.7"},
        {"10000:e1:00.0", "10000:e1:00.0"}, {"ffffffff:00:00.0", "ffffffff:00:00.0"},
        {"0x1:00.0", "0000:01:00.0"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const std::optional<PciAddress> address = parse_address(row.text);
        REQUIRE(address);
        CHECK(name_of(*address) == row.name);
    }
}

TEST_CASE("what is not wholly an address is none", "[pci]") {
    const std::string_view rows[] = {
        "",
        "01",
        "01:00",
        "01.0",
        ":",
        ".",
        ":.",
        "01:00.",
        "01:.0",
        ":00.0",
        "01:00.8",
        "01:00.a",
        "01:20.0",
        "100:00.0",
        "01:000.0",
        "01:00.00",
        "01:00.0 ",
        " 01:00.0",
        "01:00.0\n",
        "g1:00.0",
        "0:0:01:00.0",
        "::01:00.0",
        ":01:00.0",
        "01:00:0.0.0",
        "01.00:0",
        "0000:01:00",
        "01:00.*",
        "01:00.-1",
        "+1:00.0",
        "0000/01:00.0",
        "100000000:01:00.0",
        "01:00.0\xff",
        "\xff:00.0",
        "01:00.0,",
    };
    for (const std::string_view text : rows) {
        CAPTURE(text);
        CHECK_FALSE(parse_address(text));
    }
}

TEST_CASE("addresses sort as the bus does", "[pci]") {
    const PciAddress sorted[] = {{0, 0, 0, 0}, {0, 0, 0, 1},    {0, 0, 1, 0},
                                 {0, 1, 0, 0}, {0, 0xff, 0, 0}, {1, 0, 0, 0}};
    for (std::size_t i = 1; i < std::size(sorted); ++i) CHECK(sorted[i - 1] < sorted[i]);
}

TEST_CASE("a modalias tells all that identifies a function", "[pci]") {
    const std::string_view line = "pci:v000010DEd00001B06sv00001462sd00003602bc03sc00i00";
    const PciIds ids{0x10de, 0x1b06, 0x1462, 0x3602, 0x030000};
    CHECK(parse_modalias(line) == ids);
    CHECK(parse_modalias(std::string(line) + "\n") == ids);
    CHECK(parse_modalias("pci:v0000FFFFd0000FFFFsv0000FFFFsd0000FFFFbcFFscFFiFF") ==
          PciIds{0xffff, 0xffff, 0xffff, 0xffff, 0xffffff});
    CHECK(parse_modalias("pci:v00000000d00000000sv00000000sd00000000bc01sc08i02") ==
          PciIds{0, 0, 0, 0, 0x010802});
}

TEST_CASE("what is not wholly a modalias is none", "[pci]") {
    const std::string_view rows[] = {
        "",
        "\n",
        "pci:",
        "pci:v000010DE",
        // one letter less, one more, one wrong, two newlines
        "pci:v000010DEd00001B06sv00001462sd00003602bc03sc00i0",
        "pci:v000010DEd00001B06sv00001462sd00003602bc03sc00i000",
        "pci:v000010DGd00001B06sv00001462sd00003602bc03sc00i00",
        "pci:v000010DEd00001B06sv00001462sd00003602bc03sc00i00\n\n",
        " pci:v000010DEd00001B06sv00001462sd00003602bc03sc00i00",
        "usb:v000010DEd00001B06sv00001462sd00003602bc03sc00i00",
        "vfio_pci:v000010DEd00001B06sv00001462sd00003602bc03sc00i00",
        // other fields, or in another order
        "pci:d000010DEv00001B06sv00001462sd00003602bc03sc00i00",
        "pci:v10DEd1B06sv1462sd3602bc03sc00i00",
        "pci:v0x0010DEd00001B06sv00001462sd00003602bc03sc00i00",
        "pci:v0X0010DEd00001B06sv00001462sd00003602bc03sc00i00",
        "pci:v000010DEd00001B06sv00001462sd00003602bc0xsc00i00",
        "pci:v000010DEd*sv*sd*bc*sc*i*",
        // an id of more than 16 bits, and what would be a negative number
        "pci:v000110DEd00001B06sv00001462sd00003602bc03sc00i00",
        "pci:vFFFFFFFFd00001B06sv00001462sd00003602bc03sc00i00",
        "pci:v000010DEd80000000sv00001462sd00003602bc03sc00i00",
        std::string_view("pci:v000010DEd00001B06sv00001462sd00003602bc03sc00i00\0", 55),
    };
    for (const std::string_view text : rows) {
        CAPTURE(text);
        CHECK_FALSE(parse_modalias(text));
    }
}

TEST_CASE("a class has the word that people use for it", "[pci]") {
    struct Row {
        std::uint32_t class_code;
        std::string_view name;
    };
    const Row rows[] = {
        {0x030000, "display"},    {0x038000, "display"},     {0x040300, "audio"},
        {0x040100, "audio"},      {0x040000, "multimedia"},  {0x0c0330, "USB controller"},
        {0x0c8000, "serial bus"}, {0x010802, "storage"},     {0x060400, "bridge"},
        {0x068000, "bridge"},     {0x120000, "accelerator"}, {0x020000, "network"},
        {0x000000, "other"},      {0xff0000, "other"},       {0x000300, "other"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.class_code);
        CHECK(class_name(row.class_code) == row.name);
        CHECK(base_class(row.class_code) == row.class_code >> 16);
    }
}

}  // namespace
