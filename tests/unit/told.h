// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "core/report.h"

// A run from command line to report, with the machine and the results of the steps made up.
struct Told {
    Told(std::string_view text, std::vector<pt::PciDevice> devices,
         const std::vector<pt::DeviceState>& states, const pt::IommuFacts& iommu = {})
        : line(text), words(pt::read_words(line)) {
        const pt::Selection selection = pt::select_devices(words.wish, devices);
        words.complaints.insert(words.complaints.end(), selection.complaints.begin(),
                                selection.complaints.end());
        plan = pt::make_plan(words.wish, devices, selection, states, iommu);
    }
    Told(const Told&) = delete;  // the words point into the line
    Told& operator=(const Told&) = delete;

    void act(const std::vector<pt::StepResult>& results, const std::vector<std::string>& drivers) {
        outcome = pt::make_outcome(plan, pt::make_steps(plan), results, drivers);
        acted = true;
    }
    [[nodiscard]] pt::Report report() const {
        return {"1.2", &words.wish, &words.complaints, &plan, acted ? &outcome : nullptr, 4711};
    }

    std::string line;
    pt::ReadWords words;
    pt::Plan plan;
    pt::Outcome outcome;
    bool acted = false;
};

inline const pt::PciDevice kCard{{0, 1, 0, 0}, {0x10de, 0x1b06, 0x1462, 0x3602, 0x030000}, 0};
inline const pt::PciDevice kUnreadable{{0, 3, 0, 0}, {}, EIO};
