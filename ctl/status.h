// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/verdict.h"

namespace pt::ctl {

// Why pt-hook did nothing in this boot although it was asked to.
enum class Cause : std::uint8_t {
    kNone,            // it was not asked to, or it ran
    kSwitchedOff,     // by pt.off, or because its unit is masked
    kNotInstalled,    // on the running system
    kNotInImage,      // that the running kernel has
    kNotStarted,      // it is in the image, and nothing there starts it
    kConfNotInImage,  // only the conf file asks, and the one in the image does not
    kImageRebuilt,    // since this boot began, now with pt-hook
    kOtherImage,      // the image has pt-hook, so that another one was booted
    kUnknown,
};

[[nodiscard]] std::string_view name_of(Cause cause);

// All that `ptctl status` tells.
struct Status {
    BootState state = BootState::kUnknown;
    Cause cause = Cause::kNone;
    std::string problem;          // why it cannot be told, or why pt-hook did nothing; a sentence
    bool is_asked_since = false;  // this boot was not asked for a device, the next one will be
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

// The cause of a boot without a report is left kUnknown: explain_absence() finds it.
[[nodiscard]] Status read_status(const Context& context);

// Metrics for the text collector of Prometheus' node exporter
// (https://prometheus.io/docs/instrumenting/exposition_formats/).
[[nodiscard]] std::string to_metrics(const Status& status);

}  // namespace pt::ctl
