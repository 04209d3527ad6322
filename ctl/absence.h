// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "ctl/doctor/facts.h"
#include "ctl/status.h"

namespace pt::ctl {

// Why pt-hook left no report in this boot, although it was asked for devices.
struct Absence {
    Cause cause = Cause::kUnknown;
    std::string text;  // in words, the end of a sentence
};

// Judges by what gather_machine() and gather_images() have found.
[[nodiscard]] Absence judge_absence(const Facts& facts);

// Looks for it on the machine. The initramfs images of the running kernel are unpacked for it,
// which takes seconds if they are large.
[[nodiscard]] Absence explain_absence(const Context& context);

}  // namespace pt::ctl
