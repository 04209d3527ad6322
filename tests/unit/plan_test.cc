// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/plan.h"

#include <catch2/catch_test_macros.hpp>
#include <cerrno>

namespace {

using namespace pt;

PciDevice device(std::uint8_t bus, std::uint8_t function, std::uint16_t vendor, std::uint16_t id,
                 std::uint32_t class_code) {
    return {{0, bus, 0, function}, {vendor, id, 0, 0, class_code}, 0};
}

const PciDevice kGpu = device(1, 0, 0x10de, 0x1b06, 0x030000);
const PciDevice kSound = device(1, 1, 0x10de, 0x10ef, 0x040300);
const PciDevice kTwin = device(2, 0, 0x10de, 0x1b06, 0x030000);
const PciDevice kBroken{{0, 3, 0, 0}, {}, EIO};

const DeviceState kFree{"", 7, 0};

TEST_CASE("devices are chosen in the order of the bus, each once", "[plan]") {
    struct Row {
        std::string_view text;
        std::vector<std::size_t> devices;    // of the list below
        std::vector<std::size_t> selectors;  // by which they are chosen
        std::size_t complaints;
    };
    const std::vector<PciDevice> devices{kGpu, kSound, kTwin};
    const Row rows[] = {
        {"pt.ids=10de:1b06", {0, 2}, {0, 0}, 0},
        {"pt.ids=10de:10ef,10de:1b06", {0, 1, 2}, {1, 0, 1}, 0},
        {"pt.addrs=01:00.1", {1}, {0}, 0},
        {"pt.addrs=02:00.0 pt.ids=10de:1b06", {0, 2}, {1, 0}, 0},
        {"pt.ids=10de:*", {0, 1, 2}, {0, 0, 0}, 0},
        // an exact selector goes before a pattern, wherever it stands
        {"pt.ids=*:*,10de:10ef", {0, 1, 2}, {0, 1, 0}, 0},
        {"pt.ids=10de:10ef,*:*", {0, 1, 2}, {1, 0, 1}, 0},
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
        const Wish wish = read_words(row.text).wish;
        const Selection selection = select_devices(wish, devices);
        std::vector<std::size_t> chosen, selectors;
        for (const Choice& choice : selection.choices) {
            chosen.push_back(choice.device);
            selectors.push_back(choice.selector);
        }
        CHECK(chosen == row.devices);
        CHECK(selectors == row.selectors);
        CHECK(selection.complaints.size() == row.complaints);
        for (const Complaint& complaint : selection.complaints)
            CHECK(complaint.fault == Fault::kNoMatch);
        CHECK(selection.unreadable.empty());
    }
}

TEST_CASE("a complaint of a selector without a device says where it stands", "[plan]") {
    const Wish wish = read_words("quiet pt.ids=1:2").wish;
    const Selection selection = select_devices(wish, {});
    REQUIRE(selection.complaints.size() == 1);
    CHECK(selection.complaints[0] == Complaint{Fault::kNoMatch, "pt.ids", "1:2", 13});
}

TEST_CASE("a device that cannot be read is mentioned where ids are asked for", "[plan]") {
    const std::vector<PciDevice> devices{kGpu, kBroken};
    const std::vector<std::size_t> broken{1};
    CHECK(select_devices(read_words("pt.ids=10de:1b06").wish, devices).unreadable == broken);
    CHECK(select_devices(read_words("pt.addrs=01:00.0").wish, devices).unreadable.empty());
    CHECK(
        select_devices(read_words("pt.ids=1:2 pt.addrs=03:00.0").wish, devices).unreadable.empty());
}

TEST_CASE("what becomes of a device follows the rules", "[plan]") {
    struct Row {
        std::string_view rule;
        PciDevice device;
        std::string_view text;
        DeviceState state;
        Decision decision;
        Reason reason;
    };
    const PciDevice root_port = device(1, 0, 0x8086, 0x1901, 0x060400);
    const PciDevice host_bridge = device(1, 0, 0x8086, 0x1901, 0x060000);
    const PciDevice nvswitch = device(1, 0, 0x10de, 0x22a3, 0x068000);
    const PciDevice nvme = device(1, 0, 0x144d, 0xa80a, 0x010802);
    const PciDevice unreadable{{0, 1, 0, 0}, {}, EIO};
    const DeviceState nouveau{"nouveau", 7, 0}, vfio{"vfio-pci", 7, 0}, no_group{"", -1, 0},
        gone{"", -1, ENODEV}, vfio_no_group{"vfio-pci", -1, 0};

    const std::string_view id = "pt.ids=10de:1b06", address = "pt.addrs=01:00.0",
                           pattern = "pt.ids=*:*", class_pattern = "pt.ids=*:*:*:*:010000:ff0000",
                           bridge_pattern = "pt.ids=8086:*:*:*:060000:ff0000";
    const Row rows[] = {
        {"a free device is bound", kGpu, id, kFree, Decision::kBind, Reason::kNone},
        {"by address too", kGpu, address, kFree, Decision::kBind, Reason::kNone},
        {"by pattern too", kGpu, pattern, kFree, Decision::kBind, Reason::kNone},
        {"group 0 is a group", kGpu, id, {"", 0, 0}, Decision::kBind, Reason::kNone},
        {"a held device is taken", kGpu, id, nouveau, Decision::kBind, Reason::kNone},
        {"one that has the driver stays", kGpu, id, vfio, Decision::kAlready, Reason::kNone},
        {"without a group as well", kGpu, id, vfio_no_group, Decision::kAlready, Reason::kNone},
        {"another driver of a like name",
         kGpu,
         id,
         {"vfio-pci2", 7, 0},
         Decision::kBind,
         Reason::kNone},

        {"no IOMMU group", kGpu, id, no_group, Decision::kRefused, Reason::kNoIommuGroup},
        {"nor by pattern", kGpu, pattern, no_group, Decision::kRefused, Reason::kNoIommuGroup},
        {"held, and no group",
         kGpu,
         id,
         {"nouveau", -1, 0},
         Decision::kRefused,
         Reason::kNoIommuGroup},

        {"a bridge by its id", root_port, "pt.ids=8086:1901", kFree, Decision::kRefused,
         Reason::kBridge},
        {"a bridge by its address", root_port, address, kFree, Decision::kRefused, Reason::kBridge},
        {"a bridge by a pattern", root_port, pattern, kFree, Decision::kKept, Reason::kBridge},
        {"by a pattern of its class", host_bridge, bridge_pattern, kFree, Decision::kKept,
         Reason::kBridge},
        {"a host bridge", host_bridge, address, kFree, Decision::kRefused, Reason::kBridge},
        {"a bridge on vfio-pci", root_port, address, vfio, Decision::kRefused, Reason::kBridge},
        {"an NVSwitch by its id", nvswitch, "pt.ids=10de:22a3", kFree, Decision::kBind,
         Reason::kNone},
        {"an NVSwitch by its address", nvswitch, address, kFree, Decision::kBind, Reason::kNone},
        {"an NVSwitch by a pattern", nvswitch, "pt.ids=10de:*", kFree, Decision::kKept,
         Reason::kNotNamed},

        {"storage by its id", nvme, "pt.ids=144d:a80a", kFree, Decision::kBind, Reason::kNone},
        {"storage by its address", nvme, address, kFree, Decision::kBind, Reason::kNone},
        {"storage by a pattern", nvme, pattern, kFree, Decision::kKept, Reason::kNotNamed},
        {"storage by half an id", nvme, "pt.ids=144d:*", kFree, Decision::kKept, Reason::kNotNamed},
        {"storage by class", nvme, class_pattern, kFree, Decision::kKept, Reason::kNotNamed},

        {"one whose ids are a riddle", unreadable, address, kFree, Decision::kRefused,
         Reason::kUnreadable},
        {"one that is gone", kGpu, id, gone, Decision::kRefused, Reason::kVanished},
        {"gone, by pattern", kGpu, pattern, gone, Decision::kRefused, Reason::kVanished},
        {"gone, and storage by pattern", nvme, pattern, gone, Decision::kKept, Reason::kNotNamed},
    };
    for (const Row& row : rows) {
        CAPTURE(row.rule);
        const std::vector<PciDevice> devices{row.device};
        const std::vector<DeviceState> states{row.state};
        const Wish wish = read_words(row.text).wish;
        const Selection selection = select_devices(wish, devices);
        REQUIRE(selection.choices.size() == 1);
        const Plan plan = make_plan(wish, devices, selection, states, {});
        REQUIRE(plan.devices.size() == 1);
        CHECK(plan.devices[0].decision == row.decision);
        CHECK(plan.devices[0].reason == row.reason);
        CHECK(plan.devices[0].device == row.device);
        CHECK(plan.devices[0].state.driver == row.state.driver);
        CHECK(plan.count(row.decision) == 1);
    }
}

TEST_CASE("a plan keeps what its report will need", "[plan]") {
    const std::vector<PciDevice> devices{kGpu, kSound, kTwin, kBroken};
    const Wish wish = read_words("pt.ids=10de:10ef,10de:1b06").wish;
    const Selection selection = select_devices(wish, devices);
    const std::vector<DeviceState> states{{"a", 1, 0}, {"b", 2, 0}, {"c", 3, 0}};
    const Plan plan = make_plan(wish, devices, selection, states, {true, false, true});
    REQUIRE(plan.devices.size() == 3);
    CHECK(plan.devices[0].state.driver == "a");
    CHECK(plan.devices[1].state.driver == "b");
    CHECK(plan.devices[2].state.iommu_group == 3);
    CHECK(plan.devices[0].selector == 1);
    CHECK(plan.devices[1].selector == 0);
    CHECK(plan.unreadable == std::vector<PciDevice>{kBroken});
    CHECK(plan.iommu.has_groups);
    CHECK_FALSE(plan.iommu.has_dmar);
    CHECK(plan.iommu.has_ivrs);
    CHECK(plan.driver == "vfio-pci");
}

Plan plan_of(std::initializer_list<Decision> decisions) {
    Plan plan;
    for (const Decision decision : decisions) {
        PlannedDevice planned;
        planned.decision = decision;
        plan.devices.push_back(planned);
    }
    return plan;
}

TEST_CASE("all overrides come first, then what is bound is taken, then the driver", "[plan]") {
    using K = Step::Kind;
    const auto D = [](auto... decisions) { return plan_of({decisions...}); };
    const Decision bind = Decision::kBind, already = Decision::kAlready, kept = Decision::kKept,
                   refused = Decision::kRefused;

    CHECK(make_steps(D(bind, bind)) == std::vector<Step>{{K::kOverride, 0, -1},
                                                         {K::kOverride, 1, -1},
                                                         {K::kUnbind, 0, 0},
                                                         {K::kUnbind, 1, 1},
                                                         {K::kLoadDriver, 0, -1},
                                                         {K::kLoadBackend, 0, -1},
                                                         {K::kBind, 0, 2},
                                                         {K::kBind, 1, 3}});
    CHECK(make_steps(D(already)) == std::vector<Step>{{K::kOverride, 0, -1},
                                                      {K::kLoadDriver, 0, -1},
                                                      {K::kLoadBackend, 0, -1}});
    CHECK(make_steps(D(kept, already, refused, bind)) == std::vector<Step>{{K::kOverride, 1, -1},
                                                                           {K::kOverride, 3, -1},
                                                                           {K::kUnbind, 3, 1},
                                                                           {K::kLoadDriver, 0, -1},
                                                                           {K::kLoadBackend, 0, -1},
                                                                           {K::kBind, 3, 2}});
    CHECK(make_steps(D(kept)).empty());
    CHECK(make_steps(D(refused)).empty());
    CHECK(make_steps(Plan()).empty());
}

}  // namespace
