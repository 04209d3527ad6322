// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/plan.h"

#include "tests/unit/told.h"

#include <algorithm>
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

// A plan for some words and a machine, with the states of the devices that they choose.
struct Planned {
    Planned(std::string_view text, Machine of, std::vector<DeviceState> states)
        : wish(read_words(text).wish), machine(std::move(of)) {
        const Selection selection = select_devices(wish, machine);
        REQUIRE(selection.choices.size() == states.size());
        plan = make_plan(wish, machine, selection, states, {});
    }
    Wish wish;
    Machine machine;
    Plan plan;
};

Machine machine_of(std::vector<PciDevice> devices, std::size_t boot_display = kNobody,
                   std::vector<Framebuffer> framebuffers = {}) {
    return {std::move(devices), {}, {}, std::move(framebuffers), boot_display};
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
    const PciDevice usb = device(1, 0, 0x1b21, 0x2142, 0x0c0330);
    const PciDevice smbus = device(1, 0, 0x8086, 0xa0a3, 0x0c0500);
    const PciDevice unreadable{{0, 1, 0, 0}, {}, EIO};
    DeviceState group_unreadable = {"", -1, 0};
    group_unreadable.group_error = EIO;
    DeviceState vfio_unreadable = group_unreadable;
    vfio_unreadable.driver = "vfio-pci";
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
        {"a stub driver needs no group", kGpu, "pt.ids=10de:1b06 pt.driver=pci-stub", no_group,
         Decision::kBind, Reason::kNone},
        {"another driver of a like name",
         kGpu,
         id,
         {"vfio-pci2", 7, 0},
         Decision::kBind,
         Reason::kNone},

        {"no IOMMU group", kGpu, id, no_group, Decision::kRefused, Reason::kNoIommuGroup},
        {"a group that cannot be read", kGpu, id, group_unreadable, Decision::kRefused,
         Reason::kGroupUnreadable},
        {"is not asked about if the driver is there", kGpu, id, vfio_unreadable, Decision::kAlready,
         Reason::kNone},
        {"nor for a stub driver", kGpu, "pt.ids=10de:1b06 pt.driver=pci-stub", group_unreadable,
         Decision::kBind, Reason::kNone},
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
        {"storage by its vendor at a place", nvme, "pt.ids=144d:*@01:00.0", kFree, Decision::kBind,
         Reason::kNone},
        {"storage by its slot", nvme, "pt.addrs=01:00.*", kFree, Decision::kKept,
         Reason::kNotNamed},
        {"storage on vfio-pci, by pattern", nvme, pattern, vfio, Decision::kKept,
         Reason::kNotNamed},

        {"USB by its id", usb, "pt.ids=1b21:2142", kFree, Decision::kBind, Reason::kNone},
        {"USB by its address", usb, address, kFree, Decision::kBind, Reason::kNone},
        {"USB by a pattern", usb, pattern, kFree, Decision::kKept, Reason::kNotNamed},
        {"USB by its slot", usb, "pt.addrs=01:00.*", kFree, Decision::kKept, Reason::kNotNamed},
        {"another serial bus by a pattern", smbus, pattern, kFree, Decision::kBind, Reason::kNone},

        {"an NVSwitch by its slot", nvswitch, "pt.addrs=01:00.*", kFree, Decision::kKept,
         Reason::kNotNamed},
        {"a bridge by its slot", root_port, "pt.addrs=01:00.*", kFree, Decision::kKept,
         Reason::kBridge},
        {"a card by its slot", kGpu, "pt.addrs=01:00.*", kFree, Decision::kBind, Reason::kNone},
        {"a card as any display", kGpu, "pt.gpus=all", kFree, Decision::kBind, Reason::kNone},
        {"a display without a group", kGpu, "pt.gpus=all", no_group, Decision::kRefused,
         Reason::kNoIommuGroup},

        {"held by vfio-pci, another driver is asked for", kGpu,
         "pt.ids=10de:1b06 pt.driver=pci-stub", vfio, Decision::kBind, Reason::kNone},
        {"held by the driver that is asked for", kGpu, "pt.ids=10de:1b06 pt.driver=nouveau",
         nouveau, Decision::kAlready, Reason::kNone},
        {"held by its variant driver",
         kGpu,
         "pt.ids=10de:1b06 pt.driver=auto",
         {"some-vfio-pci", 7, 0, "some_vfio_pci", "some-vfio-pci"},
         Decision::kAlready,
         Reason::kNone},
        {"held by vfio-pci, a variant is better",
         kGpu,
         "pt.ids=10de:1b06 pt.driver=auto",
         {"vfio-pci", 7, 0, "some_vfio_pci", "some-vfio-pci"},
         Decision::kBind,
         Reason::kNone},
        {"held by vfio-pci, a variant that is not loaded is better",
         kGpu,
         "pt.ids=10de:1b06 pt.driver=auto",
         {"vfio-pci", 7, 0, "some_vfio_pci", ""},
         Decision::kBind,
         Reason::kNone},
        {"held by vfio-pci, and there is no variant", kGpu, "pt.ids=10de:1b06 pt.driver=auto", vfio,
         Decision::kAlready, Reason::kNone},

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
        const Selection selection = select_devices(wish, machine_of(devices));
        REQUIRE(selection.choices.size() == 1);
        const Plan plan = make_plan(wish, machine_of(devices), selection, states, {});
        REQUIRE(plan.devices.size() == 1);
        CHECK(plan.devices[0].decision == row.decision);
        CHECK(plan.devices[0].reason == row.reason);
        CHECK(plan.devices[0].device == row.device);
        CHECK(plan.devices[0].state.driver == row.state.driver);
        CHECK(plan.count(row.decision) == 1);
    }
}

TEST_CASE("a companion has a right to be taken that a pattern has not", "[plan]") {
    struct Row {
        std::string_view what;
        std::uint32_t class_code;
        std::string_view with;
        Decision decision;
        Reason reason;
    };
    const Row rows[] = {
        {"audio", 0x040300, "gpu", Decision::kBind, Reason::kNone},
        {"USB of the card", 0x0c0330, "gpu", Decision::kBind, Reason::kNone},
        {"USB in the slot", 0x0c0330, "slot", Decision::kBind, Reason::kNone},
        {"USB in the group", 0x0c0330, "group", Decision::kBind, Reason::kNone},
        {"storage in the slot", 0x010802, "slot", Decision::kKept, Reason::kNotNamed},
        {"storage in the group", 0x010802, "group", Decision::kKept, Reason::kNotNamed},
        {"storage of the card", 0x010802, "gpu", Decision::kKept, Reason::kNotNamed},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Machine machine = machine_of({kGpu, device(1, 1, 0x10de, 0x1ad8, row.class_code)});
        machine.groups = {7, 7};
        const Planned planned("pt.addrs=01:00.0 pt.with=" + std::string(row.with), machine,
                              {kFree, kFree});
        const PlannedDevice& companion = planned.plan.devices[1];
        CHECK(companion.companion_of == kGpu.address);
        CHECK(companion.decision == row.decision);
        CHECK(companion.reason == row.reason);
        CHECK_FALSE(planned.plan.devices[0].companion_of);
    }
}

TEST_CASE("a USB controller comes along with a card alone", "[plan]") {
    const PciDevice usb = device(1, 1, 0x1022, 0x43d0, 0x0c0330);
    for (const std::uint32_t class_code : {0x020000u, 0x040300u, 0x030000u}) {
        CAPTURE(class_code);
        Machine machine = machine_of({device(1, 0, 0x8086, 0x1539, class_code), usb});
        machine.groups = {7, 7};
        for (const std::string_view with : {"slot", "group"}) {
            const Planned planned("pt.addrs=01:00.0 pt.with=" + std::string(with), machine,
                                  {kFree, kFree});
            const bool of_card = class_code == 0x030000u;
            CHECK(planned.plan.devices[1].decision ==
                  (of_card ? Decision::kBind : Decision::kKept));
        }
    }
}

TEST_CASE("a companion without an IOMMU group is refused", "[plan]") {
    const Planned planned("pt.ids=10de:1b06", machine_of({kGpu, kSound}), {kFree, {"", -1, 0}});
    CHECK(planned.plan.devices[1].decision == Decision::kRefused);
}

TEST_CASE("what the choice keeps stays, whatever its state", "[plan]") {
    const Machine machine = machine_of({kGpu, kSound, kTwin}, 0);
    for (const DeviceState& state : {kFree, DeviceState{"vfio-pci", 7, 0}, DeviceState{"", -1, 0},
                                     DeviceState{"", -1, ENODEV}}) {
        const Planned planned("pt.ids=10de:1b06,10de:10ef", machine, {state, state, kFree});
        const std::vector<PlannedDevice>& devices = planned.plan.devices;
        CHECK(devices[0].decision == Decision::kKept);
        CHECK(devices[0].reason == Reason::kBootDisplay);
        CHECK(devices[0].is_boot_display);
        CHECK(devices[1].decision == Decision::kKept);
        CHECK(devices[1].reason == Reason::kBesideBootDisplay);
        CHECK(devices[2].decision == Decision::kBind);
        CHECK_FALSE(devices[2].is_boot_display);
        CHECK(planned.plan.boot_display == kGpu.address);
    }
}

TEST_CASE("a framebuffer goes with the device whose memory it is in", "[plan]") {
    const std::vector<Framebuffer> framebuffers{{"simple-framebuffer.0", kNobody},
                                                {"efi-framebuffer.0", 2}};
    const auto names = [&](std::string_view text) {
        const Planned planned(text, machine_of({kGpu, kSound, kTwin}, 0, framebuffers),
                              {kFree, kFree, kFree});
        std::string result;
        for (const PlannedDevice& device : planned.plan.devices) result += device.framebuffer + "|";
        return result;
    };
    CHECK(names("pt.ids=10de:*") == "||efi-framebuffer.0|");
    CHECK(names("pt.ids=10de:* pt.fb=keep") == "|||");
    CHECK(names("pt.ids=10de:* pt.fb=keep pt.fb=release") == "||efi-framebuffer.0|");
}

TEST_CASE("an endpoint that is not acted on is left to the host", "[plan]") {
    const PciDevice bridge = device(0, 0, 0x8086, 0x1901, 0x060400);
    const Planned planned("pt.ids=10de:1b06 pt.with=none",
                          machine_of({bridge, kGpu, kSound, kTwin}, 1), {kFree, kFree});
    CHECK(is_left_to_host(planned.plan, kGpu));  // the boot display
    CHECK(is_left_to_host(planned.plan, kSound));
    CHECK_FALSE(is_left_to_host(planned.plan, kTwin));
    CHECK_FALSE(is_left_to_host(planned.plan, bridge));
    CHECK(is_left_to_host(planned.plan, kBroken));
    CHECK(is_left_to_host(planned.plan, device(9, 0, 0x10de, 0x22a3, 0x010802)));
}

TEST_CASE("a plan keeps what its report will need", "[plan]") {
    const Machine machine = machine_of({kGpu, kSound, kTwin, kBroken});
    const Wish wish = read_words("pt.ids=10de:10ef,10de:1b06").wish;
    const Selection selection = select_devices(wish, machine);
    const std::vector<DeviceState> states{{"a", 1, 0}, {"b", 2, 0}, {"c", 3, 0}};
    const Plan plan = make_plan(wish, machine, selection, states, {true, false, true});
    REQUIRE(plan.devices.size() == 3);
    CHECK(plan.devices[0].state.driver == "a");
    CHECK(plan.devices[1].state.driver == "b");
    CHECK(plan.devices[2].state.iommu_group == 3);
    CHECK(plan.devices[0].selector == 1);
    CHECK(plan.devices[1].selector == 0);
    CHECK(plan.unreadable == std::vector<PciDevice>{kBroken});
    CHECK_FALSE(plan.boot_display);
    CHECK(plan.iommu.has_groups);
    CHECK_FALSE(plan.iommu.has_dmar);
    CHECK(plan.iommu.has_ivrs);
    CHECK(plan.driver == "vfio-pci");
}

TEST_CASE("drivers of the VFIO family are known by their name", "[plan]") {
    const std::pair<std::string_view, bool> rows[] = {
        {"vfio-pci", true},
        {"mlx5_vfio_pci", true},
        {"pci-stub", false},
        {"xen-pciback", false},
    };
    for (const auto& [name, is_vfio] : rows) {
        Plan plan;
        plan.driver = name;
        CHECK(plan.is_vfio() == is_vfio);
    }
}

TEST_CASE("drivers that never use DMA of their own leave a group viable", "[plan]") {
    // what vfio_dev_driver_allowed() of drivers/vfio/vfio_main.c or the port driver lets be
    for (const std::string_view driver :
         {"", "vfio-pci", "mlx5_vfio_pci", "pci-stub", "pcieport"}) {
        CAPTURE(driver);
        CHECK(leaves_dma_alone(driver));
    }
    for (const std::string_view driver : {"nouveau", "xhci_hcd", "pciback", "pcieport2", "pci"}) {
        CAPTURE(driver);
        CHECK_FALSE(leaves_dma_alone(driver));
    }
}

}  // namespace
