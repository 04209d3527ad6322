// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "ctl/context.h"
#include "sys/file.h"

namespace pt::ctl {

// Keeps others who do the same out while `lock` is open, by a lock on a file in /run (fcntl(2),
// F_OFD_SETLK). That file stays, and only its owner may open it, so that nobody else can hold us
// up. `path` counts from the directory `root`. Returns whether nobody else is in; where no such
// file can be made, nobody is kept out.
[[nodiscard]] bool lock_out_others(int root, const char* path, Fd& lock);

// The same by a lock on the directory itself (flock(2)), in which nothing is left then.
[[nodiscard]] bool lock_out_others_of(int root, Fd& lock);

// Keeps others from changing the machine of the context, which none but root does to this one.
// Returns what keeps this run from it, a whole sentence, or nothing.
[[nodiscard]] std::string keep_others_out(const Context& context, Fd& lock);

}  // namespace pt::ctl
