// SPDX-License-Identifier: LGPL-2.1-or-later
// What is told beyond the devices that were named: companions, neighbours, the boot display, the
// conf file, variant drivers and framebuffers.
#include <catch2/catch_test_macros.hpp>
#include <cerrno>

#include "tests/unit/told.h"

namespace {

using namespace pt;
using State = StepResult::State;

Around with_boot_display(std::string_view framebuffer = {}) {
    Around around;
    around.machine.boot_display = 0;
    if (!framebuffer.empty()) around.machine.framebuffers = {{std::string(framebuffer), 0}};
    return around;
}

PciDevice sound() {
    PciDevice device = kCard;
    device.address.function = 1;
    device.ids.device = 0x10ef;
    device.ids.class_code = 0x040300;
    return device;
}

TEST_CASE("a companion is told with the device that it comes along with", "[report]") {
    const Told told("pt.ids=10de:1b06", {kCard, sound()}, {{"", 2, 0}, {"", 2, 0}});
    CHECK(describe_plan(told.report()).back() ==
          Line{Level::kInfo,
               "0000:01:00.1 10de:10ef (audio): bind to vfio-pci, IOMMU group 2, companion of "
               "0000:01:00.0, asked for by pt.ids=10de:1b06"});
}

TEST_CASE("the boot display is taken after a warning, and kept without one", "[report]") {
    const Told taken("pt.ids=10de:1b06", {kCard}, {{"", 2, 0}}, with_boot_display());
    const std::vector<Line> lines = describe_plan(taken.report());
    REQUIRE(lines.size() == 2);
    CHECK(lines[1] == Line{Level::kWarning,
                           "0000:01:00.0 is the boot display: it is taken last of all, and then "
                           "shows nothing more"});

    PciDevice twin = kCard;
    twin.address.bus = 2;
    const Told kept("pt.ids=10de:*", {kCard, sound(), twin}, {{"", 2, 0}, {"", 2, 0}, {"", 3, 0}},
                    with_boot_display());
    CHECK(describe_plan(kept.report()) ==
          std::vector<Line>{
              {Level::kInfo,
               "0000:01:00.0 10de:1b06 (display): left to the host: it is the boot display and "
               "others are meant too; pt.boot_vga=take takes it as well, asked for by "
               "pt.ids=10de:*"},
              {Level::kInfo,
               "0000:01:00.1 10de:10ef (audio): left to the host: same slot as the boot display "
               "0000:01:00.0, asked for by pt.ids=10de:*"},
              {Level::kInfo,
               "0000:02:00.0 10de:1b06 (display): bind to vfio-pci, IOMMU group 3, asked for by "
               "pt.ids=10de:*"}});
    CHECK(is_fulfilled(kept.report()));
}

TEST_CASE("neighbours are warned of, with their drivers", "[report]") {
    Told told("pt.ids=10de:1b06", {kCard}, {{"", 2, 0}});
    told.plan.neighbours = {{sound(), "snd_hda_intel", 2}, {kUnreadable, "", 0}};
    const std::vector<Line> lines = describe_plan(told.report());
    REQUIRE(lines.size() == 3);
    CHECK(lines[1] == Line{Level::kWarning,
                           "0000:01:00.1 10de:10ef (audio): stays with the host (driver "
                           "snd_hda_intel) in IOMMU group 2; while a driver holds it no virtual "
                           "machine can use that group"});
    CHECK(lines[2] == Line{Level::kWarning,
                           "0000:03:00.0: stays with the host in IOMMU group 0; while a driver "
                           "holds it no virtual machine can use that group"});
    CHECK(is_fulfilled(told.report()));
}

TEST_CASE("a neighbour whose driver leaves the group to VFIO is told, not warned of", "[report]") {
    Told told("pt.ids=10de:1b06", {kCard}, {{"", 2, 0}});
    told.plan.neighbours = {{sound(), "vfio-pci", 2}, {sound(), "pci-stub", 2}};
    const std::vector<Line> lines = describe_plan(told.report());
    REQUIRE(lines.size() == 3);
    CHECK(lines[1] == Line{Level::kInfo,
                           "0000:01:00.1 10de:10ef (audio): stays with the host (driver vfio-pci) "
                           "in IOMMU group 2; that driver keeps no virtual machine from that "
                           "group"});
    CHECK(lines[2].level == Level::kInfo);
}

TEST_CASE("complaints about the conf file have its line, and a lost file is told", "[report]") {
    Told told("", {}, {}, {"\n  pt.with=all\n", {}, {}});
    CHECK(describe_plan(told.report()) ==
          std::vector<Line>{{Level::kWarning,
                             "pt.with: 'all' in /etc/pt-hook.conf line 2 at column 11 is no value "
                             "that this parameter has, ignored"}});
    Told lost("", {}, {});
    CHECK(is_fulfilled(lost.report()));
    lost.conf_error = EACCES;
    CHECK(describe_plan(lost.report()) ==
          std::vector<Line>{{Level::kWarning,
                             "/etc/pt-hook.conf cannot be read: Permission denied, its words are "
                             "missing"}});
    CHECK_FALSE(is_fulfilled(lost.report()));
}

TEST_CASE("variant drivers are told by their name, or else by their module", "[report]") {
    const std::pair<DeviceState, std::string_view> rows[] = {
        {{"", 2, 0}, "bind to vfio-pci,"},
        {{"", 2, 0, "some_vfio_pci", ""}, "bind to the driver of module some_vfio_pci,"},
        {{"", 2, 0, "some_vfio_pci", "some-vfio-pci"}, "bind to some-vfio-pci,"},
        {{"some-vfio-pci", 2, 0, "some_vfio_pci", "some-vfio-pci"},
         "already bound to some-vfio-pci,"},
    };
    for (const auto& [state, piece] : rows) {
        CAPTURE(piece);
        const Told told("pt.ids=10de:1b06 pt.driver=auto", {kCard}, {state});
        CHECK(describe_plan(told.report())[0].text.find(piece) != std::string::npos);
    }
    Told told("pt.ids=10de:1b06 pt.driver=auto", {kCard}, {{"", 2, 0}});
    told.plan.alias_error = ENOENT;
    CHECK(describe_plan(told.report())[0] ==
          Line{Level::kWarning,
               "pt.driver=auto: modules.alias cannot be read: No such file or directory, vfio-pci "
               "serves for all"});
}

TEST_CASE("the summary and a failure name the variant driver, and vfio-pci where it serves",
          "[report]") {
    const DeviceState variant{"", 2, 0, "some_vfio_pci", "some-vfio-pci"};
    PciDevice other = kCard;
    other.address.bus = 2;
    const auto tell = [&](const DeviceState& second, std::string_view words,
                          const std::vector<std::string>& found) {
        Told told(words, {kCard, other}, {variant, second});
        std::vector<StepResult> results(make_steps(told.plan).size(), {State::kDone, 0, 0});
        if (found[1].empty()) results.back() = {State::kFailed, EINVAL, 0};
        told.act(results, found);
        return describe_outcome(told.report());
    };
    constexpr std::string_view kAuto = "pt.ids=10de:1b06 pt.driver=auto";
    CHECK(tell(variant, kAuto, {"some-vfio-pci", "some-vfio-pci"})
              .back()
              .text.starts_with("2 of 2 devices on some-vfio-pci, 0 failed"));
    CHECK(tell({"", 3, 0}, kAuto, {"some-vfio-pci", "vfio-pci"})
              .back()
              .text.starts_with("2 of 2 devices on some-vfio-pci or vfio-pci, 0 failed"));
    // A device that is left alone was to get no driver.
    CHECK(tell({"", -1, 0}, kAuto, {"some-vfio-pci", "nouveau"})
              .back()
              .text.starts_with("1 of 2 devices on some-vfio-pci, 0 failed, 1 refused"));

    const std::vector<Line> failed = tell(variant, kAuto, {"some-vfio-pci", ""});
    REQUIRE(failed.size() == 2);
    CHECK(
        failed[0].text.starts_with("0000:02:00.0: not bound to some-vfio-pci: binding to "
                                   "some-vfio-pci: Invalid argument;"));
    CHECK(failed[1].text.starts_with("1 of 2 devices on some-vfio-pci, 1 failed"));
}

TEST_CASE("a framebuffer that stays, and a variant that does not load, are told", "[report]") {
    Told told("pt.ids=10de:1b06 pt.driver=auto", {kCard}, {{"", 2, 0, "some_vfio_pci", ""}},
              with_boot_display("efi-framebuffer.0"));
    std::vector<StepResult> results(make_steps(told.plan).size(), {State::kDone, 0, 0});
    REQUIRE(results.size() == 7);
    results.front() = {State::kFailed, ENOENT, 0};
    results.back() = {State::kFailed, EBUSY, 0};
    told.act(results, {"vfio-pci"});
    const std::vector<Line> lines = describe_outcome(told.report());
    REQUIRE(lines.size() == 3);
    CHECK(lines[0] == Line{Level::kError,
                           "loading some_vfio_pci: No such file or directory, vfio-pci serves "
                           "instead"});
    CHECK(lines[1] ==
          Line{Level::kError,
               "0000:01:00.0: releasing efi-framebuffer.0: Device or resource busy; a virtual "
               "machine may fail with \"BAR: can't reserve\""});
    CHECK(lines[2].text.starts_with("1 of 1 devices on vfio-pci, 0 failed"));
    CHECK(lines[2].level == Level::kError);
    CHECK_FALSE(is_fulfilled(told.report()));

    told.plan.devices[0].framebuffer = "simple-framebuffer.0";
    CHECK(describe_outcome(told.report())[1].text.ends_with(
        "; a virtual machine may fail with \"BAR: can't reserve\", unless "
        "initcall_blacklist=sysfb_init is on the command line"));
}

}  // namespace
