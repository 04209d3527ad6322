// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ctl/doctor/facts.h"
#include "ctl/status.h"

namespace pt::ctl {

// Why pt-hook left no report in this boot, although it was asked for devices.
struct Absence {
    Cause cause = Cause::kUnknown;
    std::string text;                       // in words, the end of a sentence
    bool needs_root = false;                // who asks as root is told more
    std::string mask{};                     // kSwitchedOff: the word that does it
    std::vector<std::size_t> to_rebuild{};  // indices into Facts::images
};

// Judges by what gather_machine() and gather_images() have found.
[[nodiscard]] Absence judge_absence(const Facts& facts);

// Looks for it on the machine, and adds to the text who tells more. The initramfs images of the
// running kernel are unpacked for it, which takes seconds if they are large.
[[nodiscard]] Absence explain_absence(const Context& context);

}  // namespace pt::ctl
