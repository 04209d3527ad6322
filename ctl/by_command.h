// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "ctl/change.h"

namespace pt::ctl {

// Whether a command changes the command line by itself, in files of its own. `kind` is the name of
// a loader (name_of()).
[[nodiscard]] bool is_by_command(const std::string& kind);

// The command of such a loader that takes the words `less` off the command line and adds `more`
// (grubby(8), rpm-ostree(1)).
[[nodiscard]] Command words_command(const std::string& kind, const std::vector<std::string>& less,
                                    const std::vector<std::string>& more);

// Keeps copies of what grubby changes in the change, those of a first `use` if there are any.
void keep_copies(int root, const Record& old, Change& change);

// After the command of a change that is given up: its files become what they were before the
// change. Returns which cannot, whole sentences behind a blank.
[[nodiscard]] std::string put_back_copies(int root, const Change& change);

// After the command of an `unuse`: the copy takes the place of a file that differs from it in white
// space only.
void restore_space(int root, const Change& change);

}  // namespace pt::ctl
