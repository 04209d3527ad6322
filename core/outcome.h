// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/plan.h"

namespace pt {

// How one step went. Plain data: it is handed from one process to another in shared memory.
struct StepResult {
    enum class State : std::uint8_t {
        kNotReached,  // the deadline came first
        kDone,
        kNotNeeded,  // the machine was already as wanted
        kSkipped,    // an earlier step of the same device failed
        kFailed,     // `error` says why
        kHung,       // did not return in time and was abandoned
        kCrashed,    // the process that did it died
    };
    State state = State::kNotReached;
    std::int32_t error = 0;  // errno
    std::uint32_t microseconds = 0;

    [[nodiscard]] bool went_wrong() const {
        return state != State::kDone && state != State::kNotNeeded;
    }
};

struct DeviceOutcome {
    std::string driver_wanted;  // the name of the plan's driver, or of the device's variant driver
    std::string driver_after;   // read back from the bus, empty for none
    bool bound = false;         // the two are the same, and no driver is stuck in it
    bool is_stuck = false;      // a driver was called for it and did not come back
    // The step that went wrong, an index into Outcome::steps, or -1.
    std::int32_t failed_step = -1;
};

// What carrying out a plan has come to. `devices` has one entry for each device of the plan; those
// that were kept or refused have no outcome and stay as they are.
struct Outcome {
    std::vector<Step> steps;
    std::vector<StepResult> results;  // one for each step
    std::vector<DeviceOutcome> devices;

    [[nodiscard]] std::size_t count_bound(const Plan& plan) const;
    [[nodiscard]] std::size_t count_failed(const Plan& plan) const;
    // Whether what binding does not show has been done too: the backend, the framebuffers.
    [[nodiscard]] bool is_complete() const;
};

// What the bus says about a device afterwards.
struct DriverNames {
    std::string wanted;  // see DeviceOutcome
    std::string found;
};

// Puts the results of the steps and what the bus says afterwards together. `drivers` has one entry
// for each device of the plan.
[[nodiscard]] Outcome make_outcome(const Plan& plan, std::vector<Step> steps,
                                   std::span<const StepResult> results,
                                   std::span<const DriverNames> drivers);

}  // namespace pt
