// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <string>

#include "sys/file.h"

namespace pt::ctl {

// The exit codes of all commands; those of `status` are meant for monitoring.
enum ExitCode : int {
    kExitGood = 0,
    kExitBad = 1,            // a device is not held, a check failed, something would not be done
    kExitUsage = 2,          // the command line of ptctl makes no sense
    kExitNotConfigured = 3,  // no pt. word asks for a device
    kExitCannotTell = 4,     // what would have to be read cannot be read
};

// What every command is given.
struct Context {
    std::string root = "/";       // the machine's root directory, or that of a captured tree
    Fd root_dir;                  // the same, open
    bool json = false;            // one JSON document on standard output and nothing else there
    bool colour = false;          // standard output is a terminal that may get colours
    bool is_terminal = false;     // standard output is one
    std::size_t width = 80;       // columns of standard output
    bool is_this_machine = true;  // the root is "/"
    bool is_captured = false;     // it is an archive, unpacked for this run alone
};

}  // namespace pt::ctl
