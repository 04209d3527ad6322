// SPDX-License-Identifier: LGPL-2.1-or-later
#include <catch2/catch_test_macros.hpp>
#include <cerrno>

#include "tests/unit/told.h"

namespace {

using namespace pt;
using State = StepResult::State;

constexpr std::string_view kHead =
    R"({"version":"1.2","driver":"vfio-pci","off":false,"words":[{"text":")";
constexpr std::string_view kDevices = R"(","source":"command line"}],"devices":[)";

std::string json(const Told& told) {
    return to_json(told.report());
}

std::string joined(std::initializer_list<std::string_view> pieces) {
    std::string text;
    for (const std::string_view piece : pieces) text += piece;
    return text;
}

void check_contains(const std::string& text, std::string_view piece) {
    CAPTURE(text, piece);
    CHECK(text.find(piece) != std::string::npos);
}

TEST_CASE("a plan is one JSON object with every device", "[json]") {
    const Told told("quiet pt.ids=10de:1b06", {kCard}, {{"nouveau", 0, 0}});
    CHECK(json(told) ==
          joined({kHead, "pt.ids=10de:1b06", kDevices,
                  R"({"address":"0000:01:00.0","ids":"10de:1b06","subsystem_ids":"1462:3602",)",
                  R"("class":"030000","iommu_group":0,"selected_by":"pt.ids=10de:1b06",)",
                  R"("companion_of":null,"boot_display":false,)",
                  R"("driver_before":"nouveau","decision":"bind","reason":null}],)",
                  R"("neighbours":[],"complaints":[],)",
                  R"("totals":{"refused":0,"kept":0,"complaints":0},)",
                  R"("elapsed_us":4711,"fulfilled":true})", "\n"}));
}

TEST_CASE("nothing asked for is an empty list, and no error", "[json]") {
    CHECK(json(Told("quiet", {kCard}, {})) ==
          joined({R"({"version":"1.2","driver":"vfio-pci","off":false,"words":[],"devices":[],)",
                  R"("neighbours":[],"complaints":[],)",
                  R"("totals":{"refused":0,"kept":0,"complaints":0},)",
                  R"("elapsed_us":4711,"fulfilled":true})", "\n"}));
}

TEST_CASE("the words are told as they were read, with their source", "[json]") {
    const Told told("pt.debug pt.off=\"1\"", {}, {}, {"pt.driver=pci-stub # why\n", {}, {}});
    check_contains(json(told), R"("driver":"pci-stub","off":true,"words":[)"
                               R"({"text":"pt.driver=pci-stub","source":"/etc/pt-hook.conf"},)"
                               R"({"text":"pt.debug","source":"command line"},)"
                               R"({"text":"pt.off=\"1\"","source":"command line"}])");
}

TEST_CASE("an outcome adds what came of each device", "[json]") {
    struct Row {
        DeviceState state;
        std::string driver_after;
        std::string_view members;
    };
    const Row rows[] = {
        {{"", 2, 0},
         "vfio-pci",
         R"("decision":"bind","reason":null,"driver_after":"vfio-pci","result":"bound"})"},
        {{"", 2, 0},
         "",
         R"("decision":"bind","reason":null,"driver_after":null,"result":"failed"})"},
        {{"vfio-pci", 2, 0},
         "vfio-pci",
         R"("decision":"already","reason":null,"driver_after":"vfio-pci","result":"bound"})"},
        {{"nouveau", -1, 0},
         "nouveau",
         R"(firmware setup","driver_after":"nouveau","result":null})"},
    };
    for (const Row& row : rows) {
        Told told("pt.ids=10de:1b06", {kCard}, {row.state});
        told.act(std::vector<StepResult>(make_steps(told.plan).size(), {State::kDone, 0, 0}),
                 {row.driver_after});
        check_contains(json(told), row.members);
    }
}

TEST_CASE("each step is told with its device, state, error and time", "[json]") {
    Told told("pt.ids=10de:1b06", {kCard}, {{"", 2, 0, "some_vfio_pci", "some-vfio-pci"}});
    told.act({{State::kDone, 0, 1},
              {State::kNotNeeded, 0, 2},
              {State::kDone, EIO, 3},
              {State::kHung, EIO, 4},
              {State::kSkipped, 0, 5},
              {State::kFailed, EINVAL, 6}},
             {"some-vfio-pci"});
    const std::string text = json(told);
    check_contains(
        text,
        R"("steps":[)"
        R"({"step":"load_variant","address":"0000:01:00.0","state":"done","error":null,"elapsed_us":1},)"
        R"({"step":"override","address":"0000:01:00.0","state":"not_needed","error":null,"elapsed_us":2},)"
        R"({"step":"load_driver","address":null,"state":"done","error":null,"elapsed_us":3},)"
        R"({"step":"load_backend","address":null,"state":"hung","error":null,"elapsed_us":4},)"
        R"({"step":"unbind","address":"0000:01:00.0","state":"skipped","error":null,"elapsed_us":5},)"
        R"({"step":"bind","address":"0000:01:00.0","state":"failed","error":"Invalid argument","elapsed_us":6}])");
    // bound, but without the backend no virtual machine gets at it
    check_contains(text, R"("totals":{"bound":1,"failed":0,"refused":0,"kept":0,"complaints":0},)"
                         R"("elapsed_us":4711,"fulfilled":false})");
}

TEST_CASE("what is not known is null", "[json]") {
    const Told told("pt.addrs=03:00.0", {kUnreadable}, {{"", -1, 0}});
    CHECK(json(told) ==
          joined({kHead, "pt.addrs=03:00.0", kDevices,
                  R"({"address":"0000:03:00.0","ids":null,"subsystem_ids":null,"class":null,)",
                  R"("iommu_group":null,"selected_by":"pt.addrs=03:00.0","companion_of":null,)",
                  R"("boot_display":false,"driver_before":null,"decision":"refused",)",
                  R"j("reason":"what it is cannot be read (Input/output error)"}],)j",
                  R"("neighbours":[],"complaints":[],)",
                  R"("totals":{"refused":1,"kept":0,"complaints":0},)",
                  R"("elapsed_us":4711,"fulfilled":false})", "\n"}));
}

TEST_CASE("several devices and complaints are lists, with foreign text escaped", "[json]") {
    PciDevice second = kCard;
    second.address.function = 1;
    const Told told("pt.ids=10de:1b06,\",\xff", {kCard, second}, {{"", 2, 0}, {"a\"\n", 2, 0}});
    const std::string text = json(told);
    check_contains(text, R"("reason":null},{"address":"0000:01:00.1")");
    check_contains(text, R"("driver_before":"a\"\u000a")");
    check_contains(
        text, R"("complaints":[{"parameter":"pt.ids","item":"\"","source":"command line",)"
              R"("position":17,"reason":"is no vendor:device pair"},)"
              R"({"parameter":"pt.ids","item":"\u00ff","source":"command line","position":19,)");
}

TEST_CASE("a complaint about the conf file has its line", "[json]") {
    const Told told("", {}, {}, {"\n# first\n  pt.with=all\n", {}, {}});
    check_contains(json(told), R"("complaints":[{"parameter":"pt.with","item":"all",)"
                               R"("source":"/etc/pt-hook.conf","position":19,"line":3,)"
                               R"("reason":"is no value that this parameter has"}])");
}

TEST_CASE("companions, the boot display and neighbours are told", "[json]") {
    PciDevice sound = kCard;
    sound.address.function = 1;
    sound.ids.class_code = 0x040300;
    sound.ids.device = 0x10ef;
    Around around;
    around.machine.boot_display = 0;
    Told told("pt.ids=10de:1b06", {kCard, sound}, {{"", 2, 0}, {"", 2, 0}}, around);
    PciDevice usb = kCard;
    usb.address = {0, 2, 0, 0};
    told.plan.neighbours = {{usb, "xhci_hcd", 2}, {kUnreadable, "", 3}};
    const std::string text = json(told);
    check_contains(text, R"("companion_of":null,"boot_display":true)");
    check_contains(text, R"("companion_of":"0000:01:00.0","boot_display":false)");
    check_contains(text, R"("neighbours":[{"address":"0000:02:00.0","ids":"10de:1b06",)"
                         R"("subsystem_ids":"1462:3602","class":"030000","iommu_group":2,)"
                         R"("driver":"xhci_hcd"},{"address":"0000:03:00.0","ids":null,)"
                         R"("subsystem_ids":null,"class":null,"iommu_group":3,"driver":null}])");
}

}  // namespace
