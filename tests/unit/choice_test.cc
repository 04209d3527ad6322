// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/choice.h"

#include <catch2/catch_test_macros.hpp>
#include <cerrno>

#include "tests/unit/choice_machine.h"

namespace {

using namespace pt;

const PciDevice kGpu = function("01:00.0", 0x10de, 0x1b06, 0x030000);
const PciDevice kSound = function("01:00.1", 0x10de, 0x10ef, 0x040300);
const PciDevice kTwin = function("02:00.0", 0x10de, 0x1b06, 0x030000);
const PciDevice kBroken{{0, 3, 0, 0}, {}, EIO};

TEST_CASE("devices are chosen in the order of the bus, each once", "[choice]") {
    struct Row {
        std::string_view text;
        std::vector<std::size_t> devices;    // of the list below
        std::vector<std::size_t> selectors;  // by which they are chosen
        std::size_t complaints;
    };
    const Machine machine{{kGpu, kSound, kTwin}, {}, {}, {}, kNobody};
    const Row rows[] = {
        {"pt.ids=10de:1b06", {0, 2}, {0, 0}, 0},
        {"pt.ids=10de:10ef,10de:1b06", {0, 1, 2}, {1, 0, 1}, 0},
        {"pt.addrs=01:00.1", {1}, {0}, 0},
        {"pt.addrs=02:00.0 pt.ids=10de:1b06", {0, 2}, {1, 0}, 0},
        {"pt.ids=10de:*", {0, 1, 2}, {0, 0, 0}, 0},
        // an exact selector goes before a pattern, wherever it stands
        {"pt.ids=*:*,10de:10ef", {0, 1, 2}, {0, 1, 0}, 0},
        {"pt.ids=10de:10ef,*:*", {0, 1, 2}, {1, 0, 1}, 0},
        {"pt.addrs=01:00.*,01:00.1", {0, 1}, {0, 1}, 0},
        {"pt.gpus=all pt.addrs=02:00.0", {0, 2}, {0, 1}, 0},
        {"pt.ids=10de:1b06 pt.addrs=01:00.0", {0, 2}, {0, 0}, 0},
        {"pt.ids=10de:1b06,10de:1b06", {0, 2}, {0, 0}, 0},
        // each selector that means nothing is reported
        {"pt.ids=1002:1b06", {}, {}, 1},
        {"pt.ids=10de:1b06,1:2,3:4", {0, 2}, {0, 0}, 2},
        {"pt.addrs=05:00.0", {}, {}, 1},
        {"", {}, {}, 0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const std::string text = std::string(row.text) + " pt.with=none";
        const Wish wish = read_words(text).wish;
        const Selection selection = select_devices(wish, machine);
        std::vector<std::size_t> chosen, selectors;
        for (const Choice& choice : selection.choices) {
            chosen.push_back(choice.device);
            selectors.push_back(choice.selector);
            CHECK(choice.companion_of == kNobody);
            CHECK(choice.kept == Reason::kNone);
        }
        CHECK(chosen == row.devices);
        CHECK(selectors == row.selectors);
        CHECK(selection.complaints.size() == row.complaints);
        for (const Complaint& complaint : selection.complaints)
            CHECK(complaint.fault == Fault::kNoMatch);
        CHECK(selection.unreadable.empty());
    }
}

TEST_CASE("a complaint of a selector without a device says where it stands", "[choice]") {
    const std::string_view line = "quiet pt.ids=1:2", conf = "\npt.addrs=1:2.3\n";
    const Wish wish = read_words(line, conf).wish;
    CHECK(select_devices(wish, {}).complaints ==
          std::vector<Complaint>{{Fault::kNoMatch, "pt.addrs", "1:2.3", 10, true},
                                 {Fault::kNoMatch, "pt.ids", "1:2", 13, false}});
}

TEST_CASE("what stays with the boot display comes along with nobody else", "[choice]") {
    // Two of Intel's Arc: the sound has a bus of its own, so only the choice says whose it is.
    const Machine machine{{function("03:00.0", 0x8086, 0x56a0, 0x030000),
                           function("04:00.0", 0x8086, 0x4f90, 0x040300),
                           function("08:00.0", 0x8086, 0x56a0, 0x030000),
                           function("09:00.0", 0x8086, 0x4f90, 0x040300)},
                          {},
                          {1, 1, 1, 1},
                          {},
                          0};
    CHECK(chosen("pt.ids=8086:* pt.with=group", machine) == "!03:00.0 ~04:00.0 08:00.0 +09:00.0");
}

TEST_CASE("a card that is not at its place is told from one that is nowhere", "[choice]") {
    struct Row {
        std::string_view text;
        std::string_view choices;
        Fault fault;
    };
    const Machine machine{{kGpu, kSound, kTwin}, {}, {}, {}, kNobody};
    const Row rows[] = {
        {"pt.ids=10de:1b06@01:00.0", "01:00.0 +01:00.1", Fault::kNone},
        {"pt.ids=10de:1b06@02:00.*", "02:00.0", Fault::kNone},
        {"pt.ids=10de:*@01:00.*", "01:00.0 +01:00.1", Fault::kNone},
        // the card moved, and what is there now is another one
        {"pt.ids=10de:1b06@01:00.1", "", Fault::kElsewhere},
        {"pt.ids=10de:1b06@05:00.0", "", Fault::kElsewhere},
        {"pt.ids=10de:*@05:00.*", "", Fault::kElsewhere},
        {"pt.ids=10de:1b06@00:01.0/00.0", "", Fault::kElsewhere},
        // the place is there, the card is not
        {"pt.ids=1002:1b06@01:00.0", "", Fault::kNoMatch},
        {"pt.addrs=05:00.0", "", Fault::kNoMatch},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const Wish wish = read_words(row.text).wish;
        CHECK(chosen(wish, machine) == row.choices);
        const std::vector<Complaint> complaints = select_devices(wish, machine).complaints;
        CHECK((complaints.empty() ? Fault::kNone : complaints[0].fault) == row.fault);
    }
}

TEST_CASE("a path is followed through the bridges of each device", "[choice]") {
    Machine machine{{kGpu, kTwin}, {}, {}, {}, kNobody};
    machine.parents = {{{0, 0, 1, 0}}, {{0, 0, 1, 1}}};
    CHECK(chosen("pt.addrs=00:01.0/00.0", machine) == "01:00.0");
    CHECK(chosen("pt.addrs=00:01.1/00.*", machine) == "02:00.0");
    CHECK(chosen("pt.ids=10de:1b06@00:01.1/00.0", machine) == "02:00.0");
    CHECK(chosen("pt.addrs=00:01.2/00.0", machine).empty());
}

TEST_CASE("a device that cannot be read is mentioned where ids are asked for", "[choice]") {
    const Machine machine{{kGpu, kBroken}, {}, {}, {}, kNobody};
    const auto unreadable = [&](std::string_view text) {
        return select_devices(read_words(text).wish, machine).unreadable;
    };
    const std::vector<std::size_t> broken{1};
    CHECK(unreadable("pt.ids=10de:1b06") == broken);
    CHECK(unreadable("pt.gpus=all") == broken);
    CHECK(unreadable("pt.addrs=01:00.0").empty());
    CHECK(unreadable("pt.ids=1:2 pt.addrs=03:00.0").empty());
    CHECK(chosen("pt.addrs=03:00.0", machine) == "03:00.0");
    CHECK(chosen("pt.ids=*:*", machine) == "01:00.0");
}

TEST_CASE("the displays matter only to a wish that can mean one", "[choice]") {
    const Machine machine{{kGpu, kSound}, {}, {{}, {}}, {}, kNobody};
    const std::pair<std::string_view, bool> rows[] = {
        {"pt.ids=10de:1b06", true},
        {"pt.ids=10de:10ef", false},
        {"pt.ids=*:*", true},
        {"pt.addrs=01:00.0", true},
        {"pt.addrs=01:00.*", true},
        {"pt.addrs=01:00.1", false},
        {"pt.gpus=secondary", true},
        {"pt.ids=10de:10ef pt.with=slot", true},
        {"pt.ids=10de:10ef pt.with=group", true},
        {"pt.ids=10de:10ef pt.with=none", false},
    };
    for (const auto& [text, matters] : rows) {
        CAPTURE(text);
        CHECK(may_mean_display(read_words(text).wish, machine) == matters);
    }
    CHECK_FALSE(may_mean_display(read_words("pt.gpus=all pt.with=slot").wish,
                                 {{kSound}, {}, {}, {}, kNobody}));
}

TEST_CASE("thousands of functions are chosen from", "[choice]") {
    Machine machine;
    for (std::uint32_t i = 0; i < 4096; ++i)
        machine.devices.push_back({{i >> 13, static_cast<std::uint8_t>(i >> 5 & 0xff),
                                    static_cast<std::uint8_t>(i & 0x1f), 0},
                                   {0x10de, static_cast<std::uint16_t>(i), 0, 0, 0x030200},
                                   0});
    CHECK(select_devices(read_words("pt.ids=10de:*").wish, machine).choices.size() == 4096);
    CHECK(select_devices(read_words("pt.ids=10de:fff").wish, machine).choices.size() == 1);
}

}  // namespace
