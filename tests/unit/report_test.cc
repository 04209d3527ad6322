// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/report.h"

#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <cstring>

#include "tests/unit/told.h"

namespace {

using namespace pt;
using State = StepResult::State;

TEST_CASE("the line of a device says what, why and by which word", "[report]") {
    struct Row {
        std::string_view text;
        DeviceState state;
        Level level;
        std::string_view line;
    };
    const Row rows[] = {
        {"pt.ids=10de:1b06",
         {"", 2, 0},
         Level::kInfo,
         "0000:01:00.0 10de:1b06 (display): bind to vfio-pci, IOMMU group 2, "
         "asked for by pt.ids=10de:1b06"},
        {"pt.addrs=1:0.0",
         {"nouveau", 0, 0},
         Level::kInfo,
         "0000:01:00.0 10de:1b06 (display): take from nouveau, bind to vfio-pci, IOMMU group 0, "
         "asked for by pt.addrs=1:0.0"},
        {"pt.ids=10de:*",
         {"vfio-pci", 2, 0},
         Level::kInfo,
         "0000:01:00.0 10de:1b06 (display): already bound to vfio-pci, IOMMU group 2, "
         "asked for by pt.ids=10de:*"},
        {"pt.ids=10de:1b06",
         {"", -1, 0},
         Level::kError,
         "0000:01:00.0 10de:1b06 (display): refused: it has no IOMMU group, without which no "
         "virtual machine can have it; switch on VT-d (Intel) or AMD-Vi, also called IOMMU, in the "
         "firmware setup, asked for by pt.ids=10de:1b06"},
        {"pt.ids=10de:1b06",
         {"", -1, ENODEV},
         Level::kError,
         "0000:01:00.0 10de:1b06 (display): refused: it cannot be read any more (No such device), "
         "asked for by pt.ids=10de:1b06"},
        // the name of a driver is foreign text
        {"pt.ids=10de:1b06",
         {"a\nb\x1b", 2, 0},
         Level::kInfo,
         "0000:01:00.0 10de:1b06 (display): take from a\\x0ab\\x1b, bind to vfio-pci, IOMMU group "
         "2, asked for by pt.ids=10de:1b06"},
    };
    for (const Row& row : rows) {
        const Told told(row.text, {kCard}, {row.state});
        REQUIRE(describe_plan(told.report()).size() == 1);
        CHECK(describe_plan(told.report())[0] == Line{row.level, std::string(row.line)});
    }
}

TEST_CASE("a device that stays with the host is told why", "[report]") {
    struct Row {
        std::string_view text;
        std::uint32_t class_code;
        Level level;
        std::string_view line;
    };
    const Row rows[] = {
        {"pt.ids=*:*", 0x060400, Level::kInfo,
         "0000:01:00.0 10de:1b06 (bridge): left to the host: it is a bridge, and other devices "
         "live behind it, asked for by pt.ids=*:*"},
        {"pt.addrs=01:00.0", 0x060400, Level::kError,
         "0000:01:00.0 10de:1b06 (bridge): refused: it is a bridge, and other devices live behind "
         "it, asked for by pt.addrs=01:00.0"},
        {"pt.ids=*:*", 0x010802, Level::kInfo,
         "0000:01:00.0 10de:1b06 (storage): left to the host: a device of this class is taken only "
         "by its full id or address, asked for by pt.ids=*:*"},
    };
    for (const Row& row : rows) {
        PciDevice device = kCard;
        device.ids.class_code = row.class_code;
        const Told told(row.text, {device}, {{"", 2, 0}});
        REQUIRE(describe_plan(told.report()).size() == 1);
        CHECK(describe_plan(told.report())[0] == Line{row.level, std::string(row.line)});
    }
}

TEST_CASE("the advice about a missing IOMMU fits what can be seen", "[report]") {
    struct Row {
        std::string_view word;
        IommuFacts facts;
        std::string_view advice;
    };
    const Row rows[] = {
        {"", {}, "switch on VT-d (Intel) or AMD-Vi, also called IOMMU, in the firmware setup"},
        {"",
         {false, true, false},
         "VT-d is there but off: add intel_iommu=on to the kernel command line"},
        {"",
         {false, false, true},
         "AMD-Vi is there but off: see the kernel log for AMD-Vi messages"},
        {" intel_iommu=sm_on,on",
         {false, true, false},
         "VT-d is there but off in this boot, although the line says intel_iommu=on"},
        {" intel_iommu=sm_on",
         {false, true, false},
         "VT-d is there but off: add intel_iommu=on to the kernel command line"},
        {" amd_iommu=on",
         {false, true, false},
         "VT-d is there but off: add intel_iommu=on to the kernel command line"},
        {"", {true, true, false}, "the IOMMU is on but does not cover this device"},
        {" intel_iommu=off",
         {false, true, false},
         "take 'intel_iommu=off' off the kernel command line"},
    };
    for (const Row& row : rows) {
        const std::string text = "pt.ids=10de:1b06" + std::string(row.word);
        const Told told(text, {kCard}, {{"", -1, 0}}, {{}, {}, row.facts});
        std::string reason;
        put_reason(reason, told.report(), told.plan.devices[0]);
        CHECK(reason == "it has no IOMMU group, without which no virtual machine can have it; " +
                            std::string(row.advice));
    }
}

TEST_CASE("complaints come first, with column and reason, then what cannot be read", "[report]") {
    const Told told("pt.ids=x,10de:1b06,\x1b:1,1:2", {kCard, kUnreadable}, {{"", 2, 0}});
    const std::vector<Line> lines = describe_plan(told.report());
    REQUIRE(lines.size() == 5);
    CHECK(lines[0] ==
          Line{Level::kWarning, "pt.ids: 'x' at column 8 is no vendor:device pair, ignored"});
    CHECK(lines[1] == Line{Level::kWarning,
                           "pt.ids: '\\x1b:1' at column 20 has a field that is no "
                           "hexadecimal number, ignored"});
    CHECK(lines[2] == Line{Level::kWarning,
                           "pt.ids: '1:2' at column 24 matches no device of this "
                           "machine, ignored"});
    CHECK(lines[3] == Line{Level::kWarning,
                           "0000:03:00.0: its ids cannot be read (Input/output "
                           "error), so no id can choose it, left alone"});
    CHECK(lines[4].text.starts_with("0000:01:00.0 10de:1b06 (display): bind"));
}

TEST_CASE("a complaint is short enough for the kernel log, however long the word", "[report]") {
    const std::string control(3000, '\x01');
    const Told told("pt." + control + "=1 pt.ids=" + control + ":1", {}, {});
    const std::vector<Line> lines = describe_plan(told.report());
    REQUIRE(lines.size() == 2);
    for (const Line& line : lines) {
        CHECK(line.text.size() < 900);
        CHECK(line.text.ends_with(", ignored"));
    }
}

TEST_CASE("each fault has its own words", "[report]") {
    const Fault faults[] = {
        Fault::kEmptyItem, Fault::kWhiteSpace,       Fault::kNoDevice,       Fault::kTooManyFields,
        Fault::kNotHex,    Fault::kTooLong,          Fault::kBadAddress,     Fault::kNeedsValue,
        Fault::kBadSwitch, Fault::kUnknownParameter, Fault::kMaybeTruncated, Fault::kNoMatch,
    };
    for (const Fault a : faults) {
        CHECK_FALSE(explain(a).empty());
        for (const Fault b : faults) CHECK((a == b) == (explain(a) == explain(b)));
    }
    CHECK(explain(Fault::kNone).empty());
}

TEST_CASE("a device that could not be bound is told with the step, and the way back", "[report]") {
    const std::string way_back =
        "; no driver holds it now. To give it back to the host: cd /sys/bus/pci; echo > "
        "devices/0000:01:00.0/driver_override; echo 0000:01:00.0 > drivers_probe";
    const std::string stuck = "; a driver may be stuck in it, and then only a new boot frees it";
    struct Row {
        std::size_t step;
        StepResult result;
        std::string driver_after;
        std::string line;
    };
    const std::string begin = "0000:01:00.0: not bound to vfio-pci: ";
    const Row rows[] = {
        {kBinding,
         {State::kFailed, EINVAL, 0},
         "",
         "binding to vfio-pci: Invalid argument" + way_back},
        {kBinding, {State::kCrashed, 0, 0}, "", "binding to vfio-pci: crashed" + stuck},
        {kOverriding,
         {State::kFailed, EACCES, 0},
         "nouveau",
         "setting driver_override: Permission denied; still held by nouveau"},
        {kUnbinding,
         {State::kHung, 0, 0},
         "nouveau",
         "unbinding from nouveau: did not return in time, abandoned" + stuck},
        {kUnbinding,
         {State::kNotReached, 0, 0},
         "nouveau",
         "unbinding from nouveau: not reached before the deadline; still held by nouveau"},
        {kLoading,
         {State::kFailed, ENOENT, 0},
         "",
         "loading vfio-pci: No such file or directory (no such module in this initramfs, nor built "
         "in)" +
             way_back},
        {kLoading,
         {State::kFailed, EPERM, 0},
         "",
         "loading vfio-pci: Operation not permitted (signature not trusted by lockdown or "
         "Secure Boot, or modules forbidden)" +
             way_back},
        {kLoading,
         {State::kFailed, ENOTSUP, 0},
         "",
         "loading vfio-pci: " + std::string(std::strerror(ENOTSUP)) +
             " (below another root no module is loaded)" + way_back},
        {kLoading, {State::kFailed, EIO, 0}, "", "loading vfio-pci: Input/output error" + way_back},
    };
    for (const Row& row : rows) {
        CAPTURE(row.line);
        Told told("pt.ids=10de:1b06", {kCard}, {{"nouveau", 2, 0}});
        std::vector<StepResult> results(5, {State::kDone, 0, 0});
        results[row.step] = row.result;
        if (row.step == kLoading) results[kBinding] = {State::kFailed, ENOENT, 0};
        told.act(results, {row.driver_after});
        const std::vector<Line> lines = describe_outcome(told.report());
        REQUIRE(lines.size() == 2);
        CHECK(lines[0] == Line{Level::kError, begin + row.line});
        CHECK(lines[1].level == Level::kError);
        CHECK_FALSE(is_fulfilled(told.report()));
    }
}

TEST_CASE("a device that another driver has got is told so", "[report]") {
    Told told("pt.ids=10de:1b06", {kCard}, {{"", 2, 0}});
    told.act(std::vector<StepResult>(5, {State::kDone, 0, 0}), {"nouveau"});
    CHECK(describe_outcome(told.report())[0].text ==
          "0000:01:00.0: not bound to vfio-pci: no step failed, but the bus shows another driver; "
          "still held by nouveau");
}

TEST_CASE("the summary counts everything", "[report]") {
    PciDevice bridge = kCard;
    bridge.address.bus = 4;
    bridge.ids.class_code = 0x060400;
    PciDevice second = kCard;
    second.address.bus = 5;
    Told told("pt.ids=10de:1b06,*:*,bad pt.addrs=04:00.0", {kCard, bridge, second},
              {{"", 2, 0}, {"", 3, 0}, {"vfio-pci", 4, 0}});
    told.act(std::vector<StepResult>(6, {State::kDone, 0, 0}), {"", "", "vfio-pci"});
    const std::vector<Line> lines = describe_outcome(told.report());
    REQUIRE(lines.size() == 2);
    CHECK(lines[1] == Line{Level::kError,
                           "1 of 3 devices on vfio-pci, 1 failed, 1 refused, 0 left "
                           "to the host, 1 complaints, 4711 us"});

    Told kept("pt.ids=*:*", {kCard, bridge}, {{"", 2, 0}, {"", 3, 0}});
    kept.act(std::vector<StepResult>(5, {State::kDone, 0, 0}), {"vfio-pci", "pcieport"});
    CHECK(describe_outcome(kept.report()) ==
          std::vector<Line>{{Level::kInfo,
                             "1 of 1 devices on vfio-pci, 0 failed, 0 refused, 1 left "
                             "to the host, 0 complaints, 4711 us"}});
    CHECK(is_fulfilled(kept.report()));
}

TEST_CASE("a missing backend is an error though every device is bound", "[report]") {
    Told told("pt.ids=10de:1b06", {kCard}, {{"", 2, 0}});
    std::vector<StepResult> results(5, {State::kDone, 0, 0});
    results[kLoadingBackend] = {State::kFailed, ENOENT, 0};
    told.act(results, {"vfio-pci"});
    const std::vector<Line> lines = describe_outcome(told.report());
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] ==
          Line{Level::kError,
               "loading vfio_iommu_type1: No such file or directory (no such module in this "
               "initramfs, nor built in); virtual machines cannot use the devices until it is "
               "loaded"});
    CHECK(lines[1].level == Level::kError);
    CHECK_FALSE(is_fulfilled(told.report()));
}

TEST_CASE("a plan is fulfilled when nothing that was asked is left out", "[report]") {
    const DeviceState free_state{"", 2, 0};
    CHECK(is_fulfilled(Told("pt.ids=10de:1b06", {kCard}, {free_state}).report()));
    CHECK(is_fulfilled(Told("", {kCard}, {}).report()));
    CHECK_FALSE(is_fulfilled(Told("pt.ids=10de:1b06,x", {kCard}, {free_state}).report()));
    CHECK_FALSE(is_fulfilled(Told("pt.ids=1:2", {kCard}, {}).report()));
    CHECK_FALSE(is_fulfilled(Told("pt.ids=10de:1b06", {kCard}, {{"", -1, 0}}).report()));
}

TEST_CASE("a step is told with its time", "[report]") {
    const Told told("pt.ids=10de:1b06", {kCard}, {{"nouveau", 2, 0}});
    const std::vector<Step> steps = make_steps(told.plan);
    const auto tell = [&](std::size_t step, StepResult result) {
        return describe_step(told.plan, steps[step], "some-vfio-pci", result);
    };
    CHECK(tell(kOverriding, {State::kNotNeeded, 0, 3}) ==
          "0000:01:00.0: setting driver_override: not needed, 3 us");
    CHECK(tell(kUnbinding, {State::kDone, 0, 1234567}) ==
          "0000:01:00.0: unbinding from nouveau: done, 1234567 us");
    CHECK(tell(kLoading, {State::kFailed, ENOENT, 0}) ==
          "loading vfio-pci: No such file or directory, 0 us");
    CHECK(tell(kLoadingBackend, {State::kDone, 0, 9}) == "loading vfio_iommu_type1: done, 9 us");
    CHECK(tell(kBinding, {State::kSkipped, 0, 0}) ==
          "0000:01:00.0: binding to some-vfio-pci: skipped after an earlier failure, 0 us");
}

}  // namespace
