// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/outcome.h"

#include <catch2/catch_test_macros.hpp>
#include <cerrno>

namespace {

using namespace pt;
using State = StepResult::State;

constexpr State kDone = State::kDone, kNotNeeded = State::kNotNeeded, kFailed = State::kFailed,
                kSkipped = State::kSkipped, kHung = State::kHung, kCrashed = State::kCrashed,
                kNotReached = State::kNotReached;

Plan plan_of(std::initializer_list<Decision> decisions) {
    Plan plan;
    for (const Decision decision : decisions) {
        PlannedDevice planned;
        planned.decision = decision;
        plan.devices.push_back(planned);
    }
    return plan;
}

Outcome outcome_of(const Plan& plan, std::initializer_list<State> states,
                   std::initializer_list<std::string> found) {
    std::vector<StepResult> results;
    for (const State state : states) results.push_back({state, EIO, 0});
    std::vector<DriverNames> drivers;
    for (const std::string& name : found) drivers.push_back({"vfio-pci", name});
    std::vector<Step> steps = make_steps(plan);
    REQUIRE(steps.size() == results.size());
    REQUIRE(plan.devices.size() == drivers.size());
    return make_outcome(plan, std::move(steps), results, drivers);
}

TEST_CASE("only a step that did its work or had none went well", "[outcome]") {
    const std::pair<State, bool> rows[] = {
        {State::kDone, false},   {State::kNotNeeded, false}, {State::kNotReached, true},
        {State::kSkipped, true}, {State::kFailed, true},     {State::kHung, true},
        {State::kCrashed, true},
    };
    for (const auto& [state, wrong] : rows) CHECK(StepResult{state, 0, 0}.went_wrong() == wrong);
}

// The steps of one device: 0 override, 1 load driver, 2 load backend, 3 unbind, 4 bind.
TEST_CASE("what the bus shows decides, and the first thing that went wrong explains", "[outcome]") {
    struct Row {
        std::string_view what;
        std::initializer_list<State> results;
        std::string driver_after;
        bool bound;
        bool is_stuck;
        std::int32_t failed_step;
    };
    const Row rows[] = {
        {"all well", {kDone, kDone, kDone, kNotNeeded, kDone}, "vfio-pci", true, false, -1},
        {"bound by the loading",
         {kDone, kDone, kDone, kNotNeeded, kNotNeeded},
         "vfio-pci",
         true,
         false,
         -1},
        {"all steps well, yet not bound",
         {kDone, kDone, kDone, kDone, kDone},
         "",
         false,
         false,
         -1},
        {"another driver was faster",
         {kDone, kDone, kDone, kDone, kDone},
         "nouveau",
         false,
         false,
         -1},
        {"no override", {kFailed, kDone, kDone, kSkipped, kSkipped}, "nouveau", false, false, 0},
        {"no unbinding", {kDone, kDone, kDone, kFailed, kSkipped}, "nouveau", false, false, 3},
        {"stuck in remove()", {kDone, kDone, kDone, kHung, kSkipped}, "nouveau", false, true, 3},
        {"a crash", {kDone, kDone, kDone, kCrashed, kSkipped}, "nouveau", false, true, 3},
        {"no bind", {kDone, kDone, kDone, kNotNeeded, kFailed}, "", false, false, 4},
        {"stuck in probe(), though the link is there",
         {kDone, kDone, kDone, kNotNeeded, kHung},
         "vfio-pci",
         false,
         true,
         4},
        {"the driver's registration hangs",
         {kDone, kHung, kDone, kSkipped, kSkipped},
         "vfio-pci",
         false,
         true,
         1},
        {"a hanging override waits for a driver that is stuck",
         {kHung, kDone, kDone, kSkipped, kSkipped},
         "nouveau",
         false,
         true,
         0},
        {"no bind for want of the driver",
         {kDone, kFailed, kDone, kNotNeeded, kFailed},
         "",
         false,
         false,
         1},
        {"not taken for want of the driver",
         {kDone, kFailed, kDone, kSkipped, kSkipped},
         "nouveau",
         false,
         false,
         1},
        {"no driver, no override either",
         {kFailed, kFailed, kDone, kSkipped, kSkipped},
         "",
         false,
         false,
         0},
        {"the backend fails no device",
         {kDone, kDone, kFailed, kNotNeeded, kDone},
         "vfio-pci",
         true,
         false,
         -1},
        {"the backend explains none",
         {kDone, kDone, kFailed, kNotNeeded, kFailed},
         "",
         false,
         false,
         4},
        {"bound in the end, whatever failed",
         {kDone, kFailed, kDone, kFailed, kFailed},
         "vfio-pci",
         true,
         false,
         -1},
        {"too late",
         {kDone, kNotReached, kNotReached, kNotReached, kNotReached},
         "nouveau",
         false,
         false,
         1},
    };
    const Plan plan = plan_of({Decision::kBind});
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const Outcome outcome = outcome_of(plan, row.results, {row.driver_after});
        REQUIRE(outcome.devices.size() == 1);
        CHECK(outcome.devices[0].bound == row.bound);
        CHECK(outcome.devices[0].is_stuck == row.is_stuck);
        CHECK(outcome.devices[0].failed_step == row.failed_step);
        CHECK(outcome.devices[0].driver_after == row.driver_after);
        CHECK(outcome.devices[0].driver_wanted == "vfio-pci");
        CHECK(outcome.count_bound(plan) == (row.bound ? 1 : 0));
        CHECK(outcome.count_failed(plan) == (row.bound ? 0 : 1));
        CHECK(outcome.steps == make_steps(plan));
        CHECK(outcome.results.size() == 5);
    }
}

TEST_CASE("one device's failure is not another's", "[outcome]") {
    const Plan plan = plan_of({Decision::kBind, Decision::kBind});
    REQUIRE(make_steps(plan)[6] == Step{Step::Kind::kBind, 0, 4, -1});
    const Outcome outcome = outcome_of(
        plan, {kDone, kDone, kDone, kDone, kDone, kDone, kHung, kDone}, {"", "vfio-pci"});
    CHECK(outcome.devices[0].failed_step == 6);
    CHECK(outcome.devices[0].is_stuck);
    CHECK(outcome.devices[1].failed_step == -1);
    CHECK_FALSE(outcome.devices[1].is_stuck);
    CHECK(outcome.count_bound(plan) == 1);
    CHECK(outcome.count_failed(plan) == 1);
}

TEST_CASE("a registration that hangs sticks in what it may probe, not in what is held",
          "[outcome]") {
    const Plan plan = plan_of({Decision::kBind, Decision::kAlready});
    const Outcome outcome =
        outcome_of(plan, {kDone, kDone, kHung, kDone, kSkipped, kSkipped}, {"", "vfio-pci"});
    CHECK(outcome.devices[0].is_stuck);
    CHECK(outcome.devices[1].bound);
}

TEST_CASE("each device has to be on the driver that is meant for it", "[outcome]") {
    const Plan plan = plan_of({Decision::kBind, Decision::kBind});
    const std::vector<StepResult> results(8, {kDone, 0, 0});
    const std::vector<DriverNames> drivers{{"mlx5_vfio_pci", "vfio-pci"}, {"vfio-pci", "vfio-pci"}};
    const Outcome outcome = make_outcome(plan, make_steps(plan), results, drivers);
    CHECK_FALSE(outcome.devices[0].bound);
    CHECK(outcome.devices[0].driver_wanted == "mlx5_vfio_pci");
    CHECK(outcome.devices[1].bound);
}

TEST_CASE("devices that were kept or refused count neither as bound nor as failed", "[outcome]") {
    const Plan plan = plan_of({Decision::kKept, Decision::kRefused, Decision::kAlready});
    const Outcome outcome =
        outcome_of(plan, {kNotNeeded, kNotNeeded, kNotNeeded}, {"vfio-pci", "nvme", "vfio-pci"});
    CHECK(outcome.count_bound(plan) == 1);
    CHECK(outcome.count_failed(plan) == 0);
    CHECK_FALSE(outcome.devices[0].bound);
    CHECK(outcome.devices[1].driver_after == "nvme");
}

TEST_CASE("the backend and the framebuffers count, though no link shows them", "[outcome]") {
    Plan plan = plan_of({Decision::kBind});
    plan.devices[0].framebuffer = "efi-framebuffer.0";
    const auto is_complete = [&](std::initializer_list<State> states) {
        return outcome_of(plan, states, {"vfio-pci"}).is_complete();
    };
    CHECK(is_complete({kDone, kDone, kDone, kDone, kDone, kDone}));
    CHECK(is_complete({kNotNeeded, kNotNeeded, kNotNeeded, kNotNeeded, kNotNeeded, kNotNeeded}));
    CHECK_FALSE(is_complete({kDone, kDone, kFailed, kDone, kDone, kDone}));
    CHECK_FALSE(is_complete({kDone, kDone, kDone, kDone, kDone, kFailed}));
    // what the link shows is told by the link
    CHECK(is_complete({kDone, kFailed, kDone, kDone, kFailed, kDone}));
}

}  // namespace
