// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/outcome.h"

namespace pt {

// A write to sysfs returns when a driver's probe() or remove() does, which may be never, and a
// process that waits for it cannot be killed. So the steps run in a child process. One that hangs
// or dies is left behind with the step that did it, and a new child goes on with the next.
struct Supervision {
    std::uint32_t step_limit_ms = 0;  // for one step, and at most half of what is left
    std::uint32_t total_limit_ms = 0;
};

// Does one step. `results` holds those of the steps before it.
using RunStep = StepResult (*)(void* context, std::size_t index, const StepResult* results);

// Runs steps 0 to count - 1 in this order; returns what became of each. A step that a child did not
// finish has the state kHung, kCrashed or kNotReached.
[[nodiscard]] std::vector<StepResult> run_supervised(std::size_t count,
                                                     const Supervision& supervision, RunStep run,
                                                     void* context);

}  // namespace pt
