// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "core/report.h"

// What a run gets besides the command line and the devices.
struct Around {
    std::string conf;
    pt::Machine machine;  // without its devices
    pt::IommuFacts iommu;
};

// A run from command line to report, with the machine and the results of the steps made up.
struct Told {
    Told(std::string_view text, std::vector<pt::PciDevice> devices,
         const std::vector<pt::DeviceState>& states, Around around = {})
        : line(text), conf(std::move(around.conf)), words(pt::read_words(line, conf)) {
        pt::Machine machine = std::move(around.machine);
        machine.devices = std::move(devices);
        const pt::Selection selection = pt::select_devices(words.wish, machine);
        words.complaints.insert(words.complaints.end(), selection.complaints.begin(),
                                selection.complaints.end());
        plan = pt::make_plan(words.wish, machine, selection, states, around.iommu);
    }
    Told(const Told&) = delete;  // the words point into the line
    Told& operator=(const Told&) = delete;

    // `found` is what the bus says afterwards, a driver's name for each device of the plan.
    void act(const std::vector<pt::StepResult>& results, const std::vector<std::string>& found) {
        std::vector<pt::DriverNames> drivers;
        for (std::size_t i = 0; i < found.size(); ++i) {
            const std::string& variant = plan.devices[i].state.variant_driver;
            drivers.push_back({variant.empty() ? std::string(plan.driver) : variant, found[i]});
        }
        outcome = pt::make_outcome(plan, pt::make_steps(plan), results, drivers);
        acted = true;
    }
    [[nodiscard]] pt::Report report() const {
        return {"1.2",        conf,
                conf_error,   &words.wish,
                &words.words, &words.complaints,
                &plan,        acted ? &outcome : nullptr,
                4711};
    }

    std::string line;
    std::string conf;
    std::int32_t conf_error = 0;
    pt::ReadWords words;
    pt::Plan plan;
    pt::Outcome outcome;
    bool acted = false;
};

// The steps of a plan of one device that is to be bound.
enum OneDevice : std::size_t { kOverriding, kLoading, kLoadingBackend, kUnbinding, kBinding };

inline const pt::PciDevice kCard{{0, 1, 0, 0}, {0x10de, 0x1b06, 0x1462, 0x3602, 0x030000}, 0};
inline const pt::PciDevice kUnreadable{{0, 3, 0, 0}, {}, EIO};
