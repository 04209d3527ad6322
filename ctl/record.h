// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "ctl/change.h"

namespace pt::ctl {

// Both return 0 or an errno. Writing an empty record removes the one there is.
[[nodiscard]] int write_record(int root, const Record& record);
[[nodiscard]] int remove_record(int root);

}  // namespace pt::ctl
