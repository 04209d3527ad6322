// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/outcome.h"

#include <algorithm>
#include <utility>

#include "core/range.h"

namespace pt {
namespace {

bool concerns_one_device(Step::Kind kind) {
    return kind != Step::Kind::kLoadDriver && kind != Step::Kind::kLoadBackend &&
           kind != Step::Kind::kLoadVariant;
}

// The kernel shows the link to the driver while its probe still runs (drivers/base/dd.c
// really_probe), so that the link alone says nothing of a device in which the driver is stuck.
void find_stuck(Outcome& outcome, const Plan& plan) {
    for (std::size_t i = 0; i < outcome.steps.size(); ++i) {
        const Step& step = outcome.steps[i];
        const StepResult::State state = outcome.results[i].state;
        if (state != StepResult::State::kHung && state != StepResult::State::kCrashed) continue;
        // Registering the driver probes all devices, and it is not known in which of them it hangs.
        if (step.kind == Step::Kind::kLoadDriver)
            for (std::size_t d = 0; d < plan.devices.size(); ++d)
                outcome.devices[d].is_stuck = plan.devices[d].decision == Decision::kBind;
        // Writing driver_override waits for the same lock as the driver that is stuck holds.
        if (step.kind == Step::Kind::kUnbind || step.kind == Step::Kind::kBind ||
            step.kind == Step::Kind::kOverride)
            outcome.devices[step.device].is_stuck = true;
    }
}

// Loading serves all devices, so its failure explains only those which nothing else explains.
void blame(Outcome& outcome) {
    std::int32_t load_failure = -1;
    for (std::size_t i = 0; i < outcome.steps.size(); ++i) {
        const Step& step = outcome.steps[i];
        if (!outcome.results[i].went_wrong()) continue;
        const auto index = static_cast<std::int32_t>(i);
        if (step.kind == Step::Kind::kLoadDriver) load_failure = index;
        if (!concerns_one_device(step.kind)) continue;
        DeviceOutcome& device = outcome.devices[step.device];
        if (device.failed_step >= 0) continue;
        // What failed for want of a driver is the fault of the loading.
        const bool for_want_of_driver =
            load_failure >= 0 && (step.kind == Step::Kind::kBind || step.also_after >= 0);
        device.failed_step = for_want_of_driver ? load_failure : index;
    }
    for (DeviceOutcome& device : outcome.devices) {
        if (device.bound) device.failed_step = -1;
        if (!device.bound && device.failed_step < 0) device.failed_step = load_failure;
    }
}

}  // namespace

std::size_t Outcome::count_bound(const Plan& plan) const {
    std::size_t number = 0;
    for (std::size_t i = 0; i < devices.size(); ++i)
        if (is_acted_on(plan.devices[i]) && devices[i].bound) ++number;
    return number;
}

std::size_t Outcome::count_failed(const Plan& plan) const {
    return plan.count(Decision::kBind) + plan.count(Decision::kAlready) - count_bound(plan);
}

bool Outcome::is_complete() const {
    return !any_of(results, [this](const StepResult& result) {
        const Step& step = steps[static_cast<std::size_t>(&result - results.data())];
        const bool counts = step.kind == Step::Kind::kLoadBackend ||
                            step.kind == Step::Kind::kReleaseFramebuffer ||
                            (step.kind == Step::Kind::kOverride && devices[step.device].bound);
        return counts && result.went_wrong();
    });
}

Outcome make_outcome(const Plan& plan, std::vector<Step> steps, std::span<const StepResult> results,
                     std::span<const DriverNames> drivers) {
    Outcome outcome;
    outcome.steps = std::move(steps);
    outcome.results.assign(results.begin(), results.end());
    outcome.devices.resize(plan.devices.size());
    find_stuck(outcome, plan);
    for (std::size_t i = 0; i < plan.devices.size(); ++i) {
        DeviceOutcome& device = outcome.devices[i];
        device.driver_after = drivers[i].found;
        device.driver_wanted = drivers[i].wanted;
        device.bound = is_acted_on(plan.devices[i]) && !device.is_stuck &&
                       drivers[i].found == drivers[i].wanted;
    }
    blame(outcome);
    return outcome;
}

}  // namespace pt
