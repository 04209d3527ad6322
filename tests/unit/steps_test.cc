// SPDX-License-Identifier: LGPL-2.1-or-later
// The order in which a plan is carried out.
#include <catch2/catch_test_macros.hpp>

#include "core/plan.h"
#include "core/report.h"

namespace {

using namespace pt;
using K = Step::Kind;

struct Piece {
    Decision decision = Decision::kBind;
    bool is_boot_display = false;
    std::string framebuffer{};
    std::string variant{};
};

Plan plan_of(std::initializer_list<Piece> pieces) {
    Plan plan;
    for (const Piece& piece : pieces) {
        PlannedDevice planned;
        planned.decision = piece.decision;
        planned.is_boot_display = piece.is_boot_display;
        planned.framebuffer = piece.framebuffer;
        planned.state.variant_module = piece.variant;
        plan.devices.push_back(planned);
    }
    return plan;
}

constexpr Decision kBind = Decision::kBind, kAlready = Decision::kAlready, kKept = Decision::kKept,
                   kRefused = Decision::kRefused;

TEST_CASE("all overrides come first, then the driver, then what is held is taken", "[steps]") {
    CHECK(make_steps(plan_of({{kBind}, {kBind}})) == std::vector<Step>{{K::kOverride, 0, -1, -1},
                                                                       {K::kOverride, 1, -1, -1},
                                                                       {K::kLoadDriver, 0, -1, -1},
                                                                       {K::kLoadBackend, 0, -1, -1},
                                                                       {K::kUnbind, 0, 0, 2},
                                                                       {K::kUnbind, 1, 1, 2},
                                                                       {K::kBind, 0, 4, -1},
                                                                       {K::kBind, 1, 5, -1}});
    CHECK(make_steps(plan_of({{kAlready}})) == std::vector<Step>{{K::kOverride, 0, -1, -1},
                                                                 {K::kLoadDriver, 0, -1, -1},
                                                                 {K::kLoadBackend, 0, -1, -1}});
    CHECK(make_steps(plan_of({{kKept}, {kAlready}, {kRefused}, {kBind}})) ==
          std::vector<Step>{{K::kOverride, 1, -1, -1},
                            {K::kOverride, 3, -1, -1},
                            {K::kLoadDriver, 0, -1, -1},
                            {K::kLoadBackend, 0, -1, -1},
                            {K::kUnbind, 3, 1, 2},
                            {K::kBind, 3, 4, -1}});
}

TEST_CASE("where nothing is to be done there is no step", "[steps]") {
    CHECK(make_steps(Plan()).empty());
    CHECK(make_steps(plan_of({{kKept}})).empty());
    CHECK(make_steps(plan_of({{kRefused}})).empty());
    CHECK(make_steps(plan_of({{kKept, true, "efi-framebuffer.0", "m"}})).empty());
}

TEST_CASE("a stub driver needs no backend", "[steps]") {
    Plan plan = plan_of({{kBind}});
    plan.driver = "pci-stub";
    CHECK(make_steps(plan) == std::vector<Step>{{K::kOverride, 0, -1, -1},
                                                {K::kLoadDriver, 0, -1, -1},
                                                {K::kUnbind, 0, 0, 1},
                                                {K::kBind, 0, 2, -1}});
}

TEST_CASE("the boot display is taken last of all, and only if the driver is there", "[steps]") {
    CHECK(make_steps(plan_of({{kBind, true, "efi-framebuffer.0"}, {kBind}})) ==
          std::vector<Step>{{K::kOverride, 0, -1, -1},
                            {K::kOverride, 1, -1, -1},
                            {K::kLoadDriver, 0, -1, -1},
                            {K::kLoadBackend, 0, -1, -1},
                            {K::kUnbind, 1, 1, 2},
                            {K::kBind, 1, 4, -1},
                            {K::kUnbind, 0, 0, 2},
                            {K::kBind, 0, 6, -1},
                            {K::kReleaseFramebuffer, 0, 7, -1}});
    // one that has the driver already has nothing to lose but its framebuffer
    CHECK(
        make_steps(plan_of({{kAlready, true, "efi-framebuffer.0"}, {kBind, false, "simple.0"}})) ==
        std::vector<Step>{{K::kOverride, 0, -1, -1},
                          {K::kOverride, 1, -1, -1},
                          {K::kLoadDriver, 0, -1, -1},
                          {K::kLoadBackend, 0, -1, -1},
                          {K::kUnbind, 1, 1, 2},
                          {K::kBind, 1, 4, -1},
                          {K::kReleaseFramebuffer, 1, 5, -1},
                          {K::kReleaseFramebuffer, 0, 0, -1}});
}

TEST_CASE("a boot display that is kept is not touched", "[steps]") {
    const Plan plan = plan_of({{kKept, true, "efi-framebuffer.0", "m"}, {kBind}});
    for (const Step& step : make_steps(plan))
        CHECK((step.device == 1 || step.kind == K::kLoadDriver || step.kind == K::kLoadBackend));
}

TEST_CASE("each variant driver is loaded once, before the overrides", "[steps]") {
    const Plan plan = plan_of({{kRefused, false, "", "unused"},
                               {kBind, false, "", "a"},
                               {kBind, false, "", "b"},
                               {kAlready, false, "", "a"},
                               {kBind}});
    const std::vector<Step> steps = make_steps(plan);
    REQUIRE(steps.size() > 3);
    CHECK(steps[0] == Step{K::kLoadVariant, 1, -1, -1});
    CHECK(steps[1] == Step{K::kLoadVariant, 2, -1, -1});
    CHECK(steps[2] == Step{K::kOverride, 1, -1, -1});
}

TEST_CASE("a step waits only for steps before it", "[steps]") {
    const Plan plan = plan_of({{kBind, true, "f.0", "a"},
                               {kAlready, false, "f.1", "b"},
                               {kKept},
                               {kBind, false, "f.2", "a"},
                               {kRefused},
                               {kBind}});
    const std::vector<Step> steps = make_steps(plan);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        CHECK(steps[i].after < static_cast<std::int32_t>(i));
        CHECK(steps[i].also_after < static_cast<std::int32_t>(i));
        if (steps[i].after >= 0)
            CHECK(steps[static_cast<std::size_t>(steps[i].after)].device == steps[i].device);
        if (steps[i].kind == K::kUnbind)
            CHECK(steps[static_cast<std::size_t>(steps[i].also_after)].kind == K::kLoadDriver);
    }
    CHECK(steps.back() ==
          Step{K::kReleaseFramebuffer, 0, static_cast<std::int32_t>(steps.size()) - 2, -1});
}

}  // namespace
