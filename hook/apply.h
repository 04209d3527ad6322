// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

#include "core/outcome.h"
#include "core/plan.h"
#include "sys/kernel_log.h"
#include "sys/pci_bus.h"

namespace pt {

struct ApplyContext {
    int root = -1;                  // open directory
    bool may_load_modules = true;   // no, where the root is not that of the running kernel
    bool debug = false;             // log each step
    std::uint32_t deadline_ms = 0;  // for all steps together; one may take a third of it
};

// Carries out a plan: the only function that changes the machine. A step that fails, hangs or
// crashes costs its own device and no other.
[[nodiscard]] Outcome apply(const Plan& plan, const PciBus& bus, const KernelLog& log,
                            const ApplyContext& context);

}  // namespace pt
