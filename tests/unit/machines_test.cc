// SPDX-License-Identifier: LGPL-2.1-or-later
// What is chosen on machines as people have them.
#include <catch2/catch_test_macros.hpp>
#include <cerrno>

#include "tests/unit/choice_machine.h"

namespace {

using namespace pt;

struct Row {
    std::string_view text, choices;
};

void check(const Machine& machine, std::initializer_list<Row> rows) {
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(chosen(row.text, machine) == row.choices);
    }
}

std::size_t index_of(const Machine& machine, std::string_view address) {
    for (std::size_t i = 0; i < machine.devices.size(); ++i)
        if (machine.devices[i].address == parse_address(address)) return i;
    FAIL("no device " << address);
    return kNobody;
}

Machine with_boot_display(Machine machine, std::string_view address) {
    machine.boot_display = index_of(machine, address);
    return machine;
}

// `count` GTX 1080 Ti, from bus 1 on.
Machine identical_cards(unsigned count) {
    Machine machine;
    for (unsigned i = 1; i <= count; ++i) {
        const std::string bus = "0" + std::to_string(i);
        machine.devices.push_back(function(bus + ":00.0", 0x10de, 0x1b06, 0x030000));
        machine.devices.push_back(function(bus + ":00.1", 0x10de, 0x10ef, 0x040300));
    }
    return machine;
}

TEST_CASE("of two identical cards the one that shows the boot stays", "[machines]") {
    const Machine two = identical_cards(2);
    check(with_boot_display(two, "01:00.0"),
          {
              {"pt.ids=10de:1b06,10de:10ef", "!01:00.0 ~01:00.1 02:00.0 02:00.1"},
              {"pt.ids=10de:10ef,10de:1b06", "!01:00.0 ~01:00.1 02:00.0 02:00.1"},
              {"pt.ids=10de:1b06", "!01:00.0 02:00.0 +02:00.1"},
              {"pt.ids=10de:1b06 pt.with=none", "!01:00.0 02:00.0"},
              {"pt.ids=10de:1b06 pt.with=slot", "!01:00.0 02:00.0 +02:00.1"},
              // what a pattern covers is a companion as well, and that has more rights
              {"pt.ids=10de:*", "!01:00.0 ~01:00.1 02:00.0 +02:00.1"},
              {"pt.ids=*:*", "!01:00.0 ~01:00.1 02:00.0 +02:00.1"},
              {"pt.ids=10de:* pt.with=none", "!01:00.0 ~01:00.1 02:00.0 02:00.1"},
              {"pt.ids=10de:1b06,10de:10ef pt.boot_vga=take", "01:00.0 01:00.1 02:00.0 02:00.1"},
              // who names a place means it
              {"pt.addrs=01:00.0", "01:00.0 +01:00.1"},
              {"pt.addrs=01:00.*", "01:00.0 +01:00.1"},
              {"pt.addrs=01:00.0,02:00.0", "01:00.0 +01:00.1 02:00.0 +02:00.1"},
              {"pt.ids=10de:1b06@01:00.0", "01:00.0 +01:00.1"},
              {"pt.ids=10de:1b06@02:00.0", "02:00.0 +02:00.1"},
              {"pt.ids=10de:1b06 pt.addrs=01:00.0", "01:00.0 +01:00.1 02:00.0 +02:00.1"},
              {"pt.ids=10de:1b06 pt.addrs=01:00.1", "!01:00.0 01:00.1 02:00.0 +02:00.1"},
              // all displays, or all others
              {"pt.gpus=secondary", "02:00.0 +02:00.1"},
              {"pt.gpus=all", "01:00.0 +01:00.1 02:00.0 +02:00.1"},
              {"pt.gpus=all pt.with=none", "01:00.0 02:00.0"},
              {"pt.gpus=secondary pt.ids=10de:1b06", "!01:00.0 02:00.0 +02:00.1"},
              // the sound of the card that stays follows it, whatever has chosen the other
              {"pt.gpus=secondary pt.ids=10de:10ef", "~01:00.1 02:00.0 02:00.1"},
              {"pt.addrs=02:00.0 pt.ids=10de:10ef", "~01:00.1 02:00.0 02:00.1"},
              {"pt.ids=10de:1b06@02:00.0,10de:10ef", "~01:00.1 02:00.0 02:00.1"},
              {"pt.addrs=02:00.0,01:00.1 pt.ids=10de:10ef", "01:00.1 02:00.0 02:00.1"},
              {"pt.addrs=02:00.0 pt.ids=10de:10ef pt.boot_vga=take", "01:00.1 02:00.0 02:00.1"},
          });
    check(with_boot_display(two, "02:00.0"),
          {
              {"pt.ids=10de:1b06,10de:10ef", "01:00.0 01:00.1 !02:00.0 ~02:00.1"},
              {"pt.gpus=secondary", "01:00.0 +01:00.1"},
          });
    // a machine without a screen
    check(two, {
                   {"pt.ids=10de:1b06,10de:10ef", "01:00.0 01:00.1 02:00.0 02:00.1"},
                   {"pt.gpus=secondary", "01:00.0 +01:00.1 02:00.0 +02:00.1"},
               });
}

TEST_CASE("sound on the next bus belongs to the card that stays", "[machines]") {
    const Machine machine{{
                              function("03:00.0", 0x8086, 0x56a0, 0x030000),
                              function("04:00.0", 0x8086, 0x4f90, 0x040300),
                              function("07:00.0", 0x8086, 0x56a0, 0x030000),
                              function("08:00.0", 0x8086, 0x4f90, 0x040300),
                          },
                          {},
                          {},
                          {},
                          0};
    check(machine, {
                       {"pt.ids=8086:56a0,8086:4f90", "!03:00.0 ~04:00.0 07:00.0 08:00.0"},
                       {"pt.gpus=secondary pt.ids=8086:4f90", "~04:00.0 07:00.0 08:00.0"},
                       {"pt.ids=8086:56a0 pt.addrs=04:00.0", "!03:00.0 04:00.0 07:00.0"},
                   });
    check(with_boot_display(machine, "07:00.0"),
          {{"pt.ids=8086:56a0,8086:4f90", "03:00.0 04:00.0 !07:00.0 ~08:00.0"}});
}

TEST_CASE("of three identical cards two are taken", "[machines]") {
    check(with_boot_display(identical_cards(3), "02:00.0"),
          {
              {"pt.ids=10de:1b06,10de:10ef", "01:00.0 01:00.1 !02:00.0 ~02:00.1 03:00.0 03:00.1"},
              {"pt.ids=10de:1b06@01:00.0,10de:1b06@03:00.0", "01:00.0 +01:00.1 03:00.0 +03:00.1"},
              {"pt.gpus=secondary", "01:00.0 +01:00.1 03:00.0 +03:00.1"},
          });
}

TEST_CASE("the only card that an id means is meant, though it shows the boot", "[machines]") {
    check(with_boot_display(identical_cards(1), "01:00.0"),
          {
              {"pt.ids=10de:1b06", "01:00.0 +01:00.1"},
              {"pt.ids=10de:1b06,10de:10ef", "01:00.0 01:00.1"},
              {"pt.ids=10de:*", "01:00.0 +01:00.1"},
              {"pt.gpus=all", "01:00.0 +01:00.1"},
              {"pt.gpus=secondary", ""},
              // its sound alone says nothing of the display
              {"pt.ids=10de:10ef", "01:00.1"},
              {"pt.ids=10de:10ef pt.with=slot", "+!01:00.0 01:00.1"},
              {"pt.ids=10de:10ef pt.with=slot pt.boot_vga=take", "+01:00.0 01:00.1"},
          });
}

TEST_CASE("who names the slot of a card with two displays means both", "[machines]") {
    const Machine machine{{
                              function("01:00.0", 0x1002, 0x9498, 0x030000),
                              function("01:00.1", 0x1002, 0x9498, 0x038000),
                          },
                          {},
                          {},
                          {},
                          0};
    check(machine, {
                       {"pt.ids=1002:9498", "!01:00.0 ~01:00.1"},
                       {"pt.ids=1002:9498@01:00.*", "01:00.0 01:00.1"},
                       {"pt.ids=1002:*@01:00.*", "01:00.0 +01:00.1"},
                   });
}

TEST_CASE("a hybrid laptop gives its 3D controller away", "[machines]") {
    const Machine laptop{{
                             function("00:02.0", 0x8086, 0x3e9b, 0x030000),
                             function("00:1f.3", 0x8086, 0xa348, 0x040300),
                             function("01:00.0", 0x10de, 0x1f91, 0x030200),
                         },
                         {},
                         {},
                         {},
                         0};
    check(laptop, {
                      {"pt.gpus=secondary", "01:00.0"},
                      {"pt.ids=10de:1f91", "01:00.0"},
                      {"pt.gpus=all", "00:02.0 01:00.0"},
                      {"pt.ids=*:*:*:*:030000:ff0000", "!00:02.0 01:00.0"},
                      {"pt.ids=*:*:*:*:030200:ffff00", "01:00.0"},
                      // the board's sound is in another slot
                      {"pt.ids=8086:3e9b pt.with=slot", "00:02.0"},
                  });
}

TEST_CASE("a Turing card has four functions, and all come along", "[machines]") {
    const Machine machine{{
                              function("01:00.0", 0x10de, 0x1e87, 0x030000),
                              function("01:00.1", 0x10de, 0x10f8, 0x040300),
                              function("01:00.2", 0x10de, 0x1ad8, 0x0c0330),
                              function("01:00.3", 0x10de, 0x1ad9, 0x0c8000),
                          },
                          {},
                          {},
                          {},
                          kNobody};
    check(machine, {
                       {"pt.ids=10de:1e87", "01:00.0 +01:00.1 +01:00.2 +01:00.3"},
                       {"pt.addrs=01:00.0", "01:00.0 +01:00.1 +01:00.2 +01:00.3"},
                       {"pt.ids=10de:1e87 pt.with=none", "01:00.0"},
                       {"pt.ids=10de:1e87,10de:1ad8", "01:00.0 +01:00.1 01:00.2 +01:00.3"},
                       // with a display only
                       {"pt.ids=10de:10f8", "01:00.1"},
                       {"pt.ids=10de:10f8 pt.with=slot", "+01:00.0 01:00.1 +01:00.2 +01:00.3"},
                       // a function that only a pattern covers has more rights as a companion
                       {"pt.ids=10de:1e87,10de:*", "01:00.0 +01:00.1 +01:00.2 +01:00.3"},
                   });
}

TEST_CASE("a card of AMD sits behind a switch of its own, with USB-C", "[machines]") {
    Machine machine{{
                        function("00:01.1", 0x1022, 0x14db, 0x060400),
                        function("01:00.0", 0x1002, 0x1478, 0x060400),
                        function("02:00.0", 0x1002, 0x1479, 0x060400),
                        function("03:00.0", 0x1002, 0x73bf, 0x030000),
                        function("03:00.1", 0x1002, 0xab28, 0x040300),
                        function("03:00.2", 0x1002, 0x73a6, 0x0c0330),
                        function("03:00.3", 0x1002, 0x73a4, 0x0c8000),
                    },
                    {},
                    {},
                    {},
                    kNobody};
    const PciAddress root{0, 0, 1, 1}, up{0, 1, 0, 0}, down{0, 2, 0, 0};
    machine.parents = {{},
                       {root},
                       {root, up},
                       {root, up, down},
                       {root, up, down},
                       {root, up, down},
                       {root, up, down}};
    check(machine, {
                       {"pt.ids=1002:73bf", "03:00.0 +03:00.1 +03:00.2 +03:00.3"},
                       {"pt.addrs=00:01.1/00.0/00.0/00.0", "03:00.0 +03:00.1 +03:00.2 +03:00.3"},
                       {"pt.addrs=00:01.1/00.0/00.0/00.*", "03:00.0 +03:00.1 +03:00.2 +03:00.3"},
                       {"pt.addrs=02:00.0/00.1", "03:00.1"},
                       {"pt.ids=1002:73bf pt.with=slot", "03:00.0 +03:00.1 +03:00.2 +03:00.3"},
                       // a bridge has no companions
                       {"pt.ids=1002:1478 pt.with=slot", "01:00.0"},
                   });
}

TEST_CASE("the functions beside an APU are another vendor's", "[machines]") {
    const Machine machine{{
                              function("0b:00.0", 0x1002, 0x164e, 0x030000),
                              function("0b:00.1", 0x1002, 0x1640, 0x040300),
                              function("0b:00.2", 0x1022, 0x1649, 0x108000),
                              function("0b:00.3", 0x1022, 0x15b6, 0x0c0330),
                              function("0b:00.4", 0x1022, 0x15b7, 0x0c0330),
                              function("0b:00.6", 0x1022, 0x15e3, 0x040300),
                          },
                          {},
                          {},
                          {},
                          kNobody};
    check(machine, {
                       {"pt.ids=1002:164e", "0b:00.0 +0b:00.1"},
                       {"pt.gpus=all", "0b:00.0 +0b:00.1"},
                       {"pt.ids=1002:164e pt.with=slot",
                        "0b:00.0 +0b:00.1 +0b:00.2 +0b:00.3 +0b:00.4 +0b:00.6"},
                       {"pt.ids=1022:15b6", "0b:00.3"},
                   });
}

TEST_CASE("the sound of an Intel Arc is on another bus, and in its group", "[machines]") {
    Machine machine{{
                        function("00:01.0", 0x8086, 0x460d, 0x060400),
                        function("01:00.0", 0x8086, 0x4fa1, 0x060400),
                        function("02:01.0", 0x8086, 0x4fa4, 0x060400),
                        function("02:04.0", 0x8086, 0x4fa4, 0x060400),
                        function("03:00.0", 0x8086, 0x56a0, 0x030000),
                        function("04:00.0", 0x8086, 0x4f90, 0x040300),
                    },
                    {},
                    {15, 15, 16, 17, 18, 19},
                    {},
                    kNobody};
    check(machine, {
                       {"pt.ids=8086:56a0", "03:00.0"},
                       {"pt.ids=8086:56a0 pt.with=slot", "03:00.0"},
                       {"pt.ids=8086:56a0 pt.with=group", "03:00.0"},
                       {"pt.ids=8086:56a0,8086:4f90", "03:00.0 04:00.0"},
                   });
    machine.groups = {15, 15, 15, 15, 15, 15};  // without ACS
    check(machine, {{"pt.ids=8086:56a0 pt.with=group", "03:00.0 +04:00.0"}});
}

TEST_CASE("devices of several domains are told apart", "[machines]") {
    const Machine machine{{
                              function("0000:01:00.0", 0x10de, 0x2342, 0x030200),
                              function("0001:01:00.0", 0x10de, 0x2342, 0x030200),
                              function("0001:01:00.1", 0x10de, 0x22eb, 0x040300),
                              function("10000:01:00.0", 0x10de, 0x2342, 0x030200),
                          },
                          {},
                          {},
                          {},
                          kNobody};
    check(machine,
          {
              {"pt.addrs=01:00.0", "01:00.0"},
              {"pt.addrs=1:01:00.0", "0001:01:00.0 +0001:01:00.1"},
              {"pt.addrs=0001:01:00.*", "0001:01:00.0 +0001:01:00.1"},
              {"pt.addrs=10000:01:00.0", "10000:01:00.0"},
              {"pt.ids=10de:2342@10000:01:00.0", "10000:01:00.0"},
              {"pt.ids=10de:2342 pt.with=slot", "01:00.0 0001:01:00.0 +0001:01:00.1 10000:01:00.0"},
          });
}

TEST_CASE("virtual functions have ids and addresses of their own", "[machines]") {
    Machine machine{{
                        function("3b:00.0", 0x15b3, 0x101d, 0x020000),
                        function("3b:00.1", 0x15b3, 0x101d, 0x020000),
                        function("3b:00.2", 0x15b3, 0x101e, 0x020000),
                        function("3b:00.3", 0x15b3, 0x101e, 0x020000),
                        function("3b:01.0", 0x15b3, 0x101e, 0x020000),
                    },
                    {},
                    {30, 31, 32, 33, 34},
                    {},
                    kNobody};
    check(machine, {
                       {"pt.ids=15b3:101e", "3b:00.2 3b:00.3 3b:01.0"},
                       {"pt.addrs=3b:00.3", "3b:00.3"},
                       {"pt.addrs=3b:00.3 pt.with=group", "3b:00.3"},
                       {"pt.ids=15b3:101e@3b:01.*", "3b:01.0"},
                   });
}

TEST_CASE("a group of twelve mixed devices is taken whole, but for its bridges", "[machines]") {
    Machine machine{{
                        function("00:01.0", 0x8086, 0x1901, 0x060400),
                        function("00:02.0", 0x8086, 0x5912, 0x030000),
                        function("01:00.0", 0x10de, 0x1b06, 0x030000),
                        function("01:00.1", 0x10de, 0x10ef, 0x040300),
                        function("02:00.0", 0x1022, 0x43ee, 0x0c0330),
                        function("02:00.1", 0x1022, 0x43eb, 0x010601),
                        function("02:00.2", 0x1022, 0x43e9, 0x060400),
                        function("03:00.0", 0x1022, 0x43ea, 0x060400),
                        function("04:00.0", 0x8086, 0x2723, 0x028000),
                        function("05:00.0", 0x8086, 0x15f3, 0x020000),
                        function("06:00.0", 0x1b21, 0x2142, 0x0c0330),
                        function("07:00.0", 0x144d, 0xa80a, 0x010802),
                        function("08:00.0", 0x10de, 0x22a3, 0x068000),
                    },
                    {},
                    {1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
                    {},
                    1};
    const std::string_view all =
        "01:00.0 +01:00.1 +02:00.0 +02:00.1 +04:00.0 +05:00.0 +06:00.0 +07:00.0";
    check(machine, {
                       {"pt.ids=10de:1b06 pt.with=group", all},
                       {"pt.gpus=secondary pt.with=group", all},
                       {"pt.addrs=04:00.0 pt.with=group",
                        "+01:00.0 +01:00.1 +02:00.0 +02:00.1 04:00.0 +05:00.0 +06:00.0 +07:00.0"},
                       {"pt.ids=10de:1b06", "01:00.0 +01:00.1"},
                       {"pt.ids=8086:5912 pt.with=group", "00:02.0"},
                   });
    machine.boot_display = 2;
    check(machine, {
                       {"pt.addrs=04:00.0 pt.with=group",
                        "+!01:00.0 +~01:00.1 +02:00.0 +02:00.1 04:00.0 +05:00.0 +06:00.0 +07:00.0"},
                   });
    machine.groups.assign(machine.groups.size(), -1);  // the IOMMU is off
    check(machine, {{"pt.addrs=04:00.0 pt.with=group", "04:00.0"}});
}

TEST_CASE("what cannot be read is nobody's companion and has none", "[machines]") {
    Machine machine = identical_cards(1);
    machine.groups = {1, 1};
    machine.devices[1].error = EIO;
    machine.devices[1].ids = {0x10de, 0, 0, 0, 0};
    for (const std::string_view with : {"gpu", "slot", "group"}) {
        CAPTURE(with);
        CHECK(chosen("pt.ids=10de:1b06 pt.with=" + std::string(with), machine) == "01:00.0");
        CHECK(chosen("pt.addrs=01:00.1 pt.with=" + std::string(with), machine) == "01:00.1");
    }
}

}  // namespace
