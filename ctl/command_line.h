// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>

#include "ctl/context.h"

namespace pt::ctl {

using Run = std::function<int(const Context&)>;

// Reads the arguments of ptctl: returns the command, with its options, and sets in `context` what
// is said there for all commands. Nothing, and the exit code, if there is nothing left to do: the
// help is printed, or what is wrong with the arguments.
[[nodiscard]] Run read_command_line(int argc, char** argv, Context& context, int& code);

}  // namespace pt::ctl
