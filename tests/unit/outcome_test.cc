// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/outcome.h"

#include <catch2/catch_test_macros.hpp>
#include <cerrno>

namespace {

using namespace pt;
using State = StepResult::State;

Plan plan_of(std::initializer_list<Decision> decisions) {
    Plan plan;
    for (const Decision decision : decisions) {
        PlannedDevice planned;
        planned.decision = decision;
        plan.devices.push_back(planned);
    }
    return plan;
}

TEST_CASE("only a step that did its work or had none went well", "[outcome]") {
    const std::pair<State, bool> rows[] = {
        {State::kDone, false},   {State::kNotNeeded, false}, {State::kNotReached, true},
        {State::kSkipped, true}, {State::kFailed, true},     {State::kHung, true},
        {State::kCrashed, true},
    };
    for (const auto& [state, wrong] : rows) CHECK(StepResult{state, 0, 0}.went_wrong() == wrong);
}

// The steps of one device: 0 override, 1 unbind, 2 load driver, 3 load backend, 4 bind.
TEST_CASE("what the bus shows decides, and the first thing that went wrong explains", "[outcome]") {
    struct Row {
        std::string_view what;
        State results[5];
        std::string driver_after;
        bool bound;
        std::int32_t failed_step;
    };
    constexpr State kDone = State::kDone, kNotNeeded = State::kNotNeeded, kFailed = State::kFailed,
                    kSkipped = State::kSkipped, kHung = State::kHung, kCrashed = State::kCrashed,
                    kNotReached = State::kNotReached;
    const Row rows[] = {
        {"all well", {kDone, kNotNeeded, kDone, kDone, kDone}, "vfio-pci", true, -1},
        {"bound by the loading",
         {kDone, kNotNeeded, kDone, kDone, kNotNeeded},
         "vfio-pci",
         true,
         -1},
        {"all steps well, yet not bound", {kDone, kDone, kDone, kDone, kDone}, "", false, -1},
        {"another driver was faster", {kDone, kDone, kDone, kDone, kDone}, "nouveau", false, -1},
        {"no override", {kFailed, kSkipped, kDone, kDone, kSkipped}, "nouveau", false, 0},
        {"no unbinding", {kDone, kHung, kDone, kDone, kSkipped}, "nouveau", false, 1},
        {"a crash", {kDone, kCrashed, kDone, kDone, kSkipped}, "nouveau", false, 1},
        {"no bind", {kDone, kNotNeeded, kDone, kDone, kFailed}, "", false, 4},
        {"no bind for want of the driver",
         {kDone, kNotNeeded, kFailed, kDone, kFailed},
         "",
         false,
         2},
        {"no driver, no override either",
         {kFailed, kSkipped, kFailed, kDone, kSkipped},
         "",
         false,
         0},
        {"the backend fails no device",
         {kDone, kNotNeeded, kDone, kFailed, kDone},
         "vfio-pci",
         true,
         -1},
        {"the backend explains none", {kDone, kNotNeeded, kDone, kFailed, kFailed}, "", false, 4},
        {"bound in the end, whatever failed",
         {kDone, kFailed, kFailed, kDone, kFailed},
         "vfio-pci",
         true,
         -1},
        {"too late",
         {kDone, kNotReached, kNotReached, kNotReached, kNotReached},
         "nouveau",
         false,
         1},
    };
    const Plan plan = plan_of({Decision::kBind});
    for (const Row& row : rows) {
        CAPTURE(row.what);
        std::vector<StepResult> results;
        for (const State state : row.results) results.push_back({state, EIO, 0});
        const std::vector<std::string> drivers{row.driver_after};
        const Outcome outcome = make_outcome(plan, make_steps(plan), results, drivers);
        REQUIRE(outcome.devices.size() == 1);
        CHECK(outcome.devices[0].bound == row.bound);
        CHECK(outcome.devices[0].failed_step == row.failed_step);
        CHECK(outcome.devices[0].driver_after == row.driver_after);
        CHECK(outcome.count_bound(plan) == (row.bound ? 1 : 0));
        CHECK(outcome.count_failed(plan) == (row.bound ? 0 : 1));
        CHECK(outcome.steps == make_steps(plan));
        CHECK(outcome.results.size() == 5);
    }
}

TEST_CASE("one device's failure is not another's", "[outcome]") {
    const Plan plan = plan_of({Decision::kBind, Decision::kBind});
    const std::vector<Step> steps = make_steps(plan);
    std::vector<StepResult> results(steps.size(), {State::kDone, 0, 0});
    results[6] = {State::kFailed, EINVAL, 0};  // the bind of the first
    const std::vector<std::string> drivers{"", "vfio-pci"};
    const Outcome outcome = make_outcome(plan, steps, results, drivers);
    CHECK(outcome.devices[0].failed_step == 6);
    CHECK(outcome.devices[1].failed_step == -1);
    CHECK(outcome.count_bound(plan) == 1);
    CHECK(outcome.count_failed(plan) == 1);
}

TEST_CASE("devices that were kept or refused count neither as bound nor as failed", "[outcome]") {
    const Plan plan = plan_of({Decision::kKept, Decision::kRefused, Decision::kAlready});
    const std::vector<std::string> drivers{"vfio-pci", "nvme", "vfio-pci"};
    const std::vector<StepResult> results(3, {State::kNotNeeded, 0, 0});
    const Outcome outcome = make_outcome(plan, make_steps(plan), results, drivers);
    CHECK(outcome.count_bound(plan) == 1);
    CHECK(outcome.count_failed(plan) == 0);
    CHECK_FALSE(outcome.devices[0].bound);
    CHECK(outcome.devices[1].driver_after == "nvme");
}

}  // namespace
