// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/outcome.h"

#include <utility>

namespace pt {
namespace {

// Loading serves all devices, so its failure explains only those which nothing else explains.
bool concerns_all(Step::Kind kind) {
    return kind == Step::Kind::kLoadDriver || kind == Step::Kind::kLoadBackend;
}

void blame(Outcome& outcome, const Plan& plan) {
    std::int32_t load_failure = -1;
    for (std::size_t i = 0; i < outcome.steps.size(); ++i) {
        const Step& step = outcome.steps[i];
        if (!outcome.results[i].went_wrong()) continue;
        if (step.kind == Step::Kind::kLoadDriver) load_failure = static_cast<std::int32_t>(i);
        if (concerns_all(step.kind)) continue;
        DeviceOutcome& device = outcome.devices[step.device];
        // A bind that failed for want of a driver is the fault of the loading.
        const bool for_want_of_driver = step.kind == Step::Kind::kBind && load_failure >= 0;
        if (device.failed_step < 0)
            device.failed_step = for_want_of_driver ? load_failure : static_cast<std::int32_t>(i);
    }
    for (std::size_t i = 0; i < plan.devices.size(); ++i)
        if (outcome.devices[i].bound) outcome.devices[i].failed_step = -1;
}

}  // namespace

std::size_t Outcome::count_bound(const Plan& plan) const {
    std::size_t number = 0;
    for (std::size_t i = 0; i < devices.size(); ++i)
        if (is_acted_on(plan.devices[i]) && devices[i].bound) ++number;
    return number;
}

std::size_t Outcome::count_failed(const Plan& plan) const {
    std::size_t number = 0;
    for (std::size_t i = 0; i < devices.size(); ++i)
        if (is_acted_on(plan.devices[i]) && !devices[i].bound) ++number;
    return number;
}

Outcome make_outcome(const Plan& plan, std::vector<Step> steps, std::span<const StepResult> results,
                     std::span<const std::string> drivers_after) {
    Outcome outcome;
    outcome.steps = std::move(steps);
    outcome.results.assign(results.begin(), results.end());
    outcome.devices.resize(plan.devices.size());
    for (std::size_t i = 0; i < plan.devices.size(); ++i) {
        outcome.devices[i].driver_after = drivers_after[i];
        outcome.devices[i].bound = is_acted_on(plan.devices[i]) && drivers_after[i] == plan.driver;
    }
    blame(outcome, plan);
    return outcome;
}

}  // namespace pt
