// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/pci.h"
#include "ctl/context.h"

namespace pt::ctl {

// A device in the report of this boot (docs/report.schema.json has what each member means).
struct ReportedDevice {
    PciAddress address;
    std::string ids;  // empty where they could not be read
    std::string class_code;
    std::string selected_by;
    std::optional<PciAddress> companion_of;
    std::string decision;  // "bind", "already", "kept" or "refused"
    std::string reason;
    std::string driver_after;
    std::string result;  // "bound", "failed" or empty

    bool operator==(const ReportedDevice&) const = default;
};

struct BootReport {
    std::string version;
    std::string driver;  // that was asked for
    bool off = false;
    bool fulfilled = false;
    std::vector<std::string> words;
    std::vector<ReportedDevice> devices;
    std::vector<std::string> complaints;  // in words
    std::vector<std::string> failures;    // steps that failed, in words

    bool operator==(const BootReport&) const = default;
};

// Reads the text of a report. Nothing, and what is wrong with it in `problem`, for one that is cut
// off, is of another major version than this program, or lacks a member.
[[nodiscard]] std::optional<BootReport> parse_boot_report(std::string_view text,
                                                          std::string& problem);

// The report of a machine's boot.
struct FoundReport {
    bool is_there = false;
    std::string problem;  // why there is no `report` although it is there
    std::optional<BootReport> report;
    std::int64_t written = 0;  // seconds since 1970, by the clock of the initramfs
};

[[nodiscard]] FoundReport read_boot_report(const Context& context);

}  // namespace pt::ctl
