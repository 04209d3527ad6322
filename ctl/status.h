// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ctl/verdict.h"

namespace pt::ctl {

// All that `ptctl status` tells.
struct Status {
    BootState state = BootState::kUnknown;
    std::string problem;  // why it cannot be told, or why pt-hook did not run; a sentence
    std::string driver = "vfio-pci";  // that was asked for
    std::string report_version;       // of the pt-hook that wrote the report, empty without one
    std::int64_t written = 0;         // when it did, seconds since 1970
    std::vector<DeviceVerdict> devices;
    std::vector<std::string> complaints;  // what was asked for and not followed
    std::vector<std::string> notes;       // what is worth knowing and makes nothing bad

    [[nodiscard]] std::size_t count_asked() const;
    [[nodiscard]] std::size_t count_held() const;
    [[nodiscard]] std::size_t count_usable() const;
    [[nodiscard]] int exit_code() const;
};

[[nodiscard]] Status read_status(const Context& context);

// Metrics for the text collector of Prometheus' node exporter
// (https://prometheus.io/docs/instrumenting/exposition_formats/).
[[nodiscard]] std::string to_metrics(const Status& status);

}  // namespace pt::ctl
