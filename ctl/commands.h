// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "ctl/context.h"

namespace pt::ctl {

// The commands of ptctl. Each prints its answer and returns the exit code.

// With `all` every function, not only the displays.
int list(const Context& context, bool all);

// Words in place of those of the running command line, or none.
int plan(const Context& context, const std::vector<std::string>& words);

int status(const Context& context, bool as_metrics);

int doctor(const Context& context);

// Writes the archive to `file`.
int capture(const Context& context, const std::string& file);

struct UseOptions {
    std::vector<std::string> cards;  // as resolve() takes them; unuse has none
    bool yes = false;                // without asking
    bool print_only = false;
    bool in_conf = false;  // /etc/pt-hook.conf in place of the boot loader
    bool force = false;    // also what may lock the user out
};
int use(const Context& context, const UseOptions& options);
int unuse(const Context& context, const UseOptions& options);

}  // namespace pt::ctl
