// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pt {

struct Options {
    bool dry_run = false;
    bool json = false;
    bool help = false;
    bool version = false;
    const char* root = "/";
    const char* cmdline = nullptr;      // instead of <root>/proc/cmdline
    std::uint32_t deadline_ms = 15000;  // for the whole run

    // What is wrong with the arguments, a whole sentence; empty if nothing is.
    std::string error;
};

// Reads the arguments behind the program's name.
[[nodiscard]] Options parse_options(std::span<char* const> arguments);

extern const std::string_view kUsage;

}  // namespace pt
