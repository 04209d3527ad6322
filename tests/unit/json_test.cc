// SPDX-License-Identifier: LGPL-2.1-or-later
#include <catch2/catch_test_macros.hpp>
#include <cerrno>

#include "tests/unit/told.h"

namespace {

using namespace pt;
using State = StepResult::State;

constexpr std::string_view kHead = R"({"version":"1.2","driver":"vfio-pci","devices":[)";

std::string json(const Told& told) {
    return to_json(told.report());
}

TEST_CASE("a plan is one JSON object with every device", "[json]") {
    const Told told("pt.ids=10de:1b06", {kCard}, {{"nouveau", 0, 0}});
    CHECK(json(told) ==
          std::string(kHead) +
              R"({"address":"0000:01:00.0","ids":"10de:1b06","subsystem_ids":"1462:3602",)"
              R"("class":"030000","iommu_group":0,"selected_by":"pt.ids=10de:1b06",)"
              R"("driver_before":"nouveau","decision":"bind","reason":null}],)"
              R"("complaints":[],"elapsed_us":4711})"
              "\n");
}

TEST_CASE("nothing asked for is an empty list, and no error", "[json]") {
    CHECK(json(Told("quiet", {kCard}, {})) == std::string(kHead) +
                                                  R"(],"complaints":[],"elapsed_us":4711})"
                                                  "\n");
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
        const std::string text = json(told);
        CAPTURE(text);
        CHECK(text.find(row.members) != std::string::npos);
    }
}

TEST_CASE("what is not known is null", "[json]") {
    const Told told("pt.addrs=03:00.0", {kUnreadable}, {{"", -1, 0}});
    CHECK(json(told) ==
          std::string(kHead) +
              R"({"address":"0000:03:00.0","ids":null,"subsystem_ids":null,"class":null,)"
              R"("iommu_group":null,"selected_by":"pt.addrs=03:00.0","driver_before":null,)"
              R"("decision":"refused",)"
              R"j("reason":"what it is cannot be read (Input/output error)"}],)j"
              R"("complaints":[],"elapsed_us":4711})"
              "\n");
}

TEST_CASE("several devices and complaints are lists, with foreign text escaped", "[json]") {
    PciDevice second = kCard;
    second.address.function = 1;
    const Told told("pt.ids=10de:1b06,\",\xff", {kCard, second}, {{"", 2, 0}, {"a\"\n", 2, 0}});
    const std::string text = json(told);
    CAPTURE(text);
    CHECK(text.find(R"("reason":null},{"address":"0000:01:00.1")") != std::string::npos);
    CHECK(text.find(R"("driver_before":"a\"\u000a")") != std::string::npos);
    CHECK(text.find(R"("complaints":[{"parameter":"pt.ids","item":"\"","position":17,)"
                    R"("reason":"is no vendor:device pair"},)"
                    R"({"parameter":"pt.ids","item":"\u00ff","position":19,)") !=
          std::string::npos);
}

}  // namespace
