// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "core/pci.h"

namespace pt::ctl {

// driver_override of a device.
struct Override {
    std::string driver;  // empty for none
    // It cannot be read, as the lock of the device is held by its driver, or as whoever read it was
    // ended.
    bool is_waiting = false;
};

inline constexpr const char* kOverrideWaits =
    "its driver_override cannot be read: it waits for its driver, which does not return";

// Reads those below `root`, an open directory, in the order of the addresses. What cannot be read
// for another reason is none. Whoever reads that file waits for the device's lock, for ever if the
// driver does not come back from its remove() or probe(): so a child does, which is left behind
// then, with nothing of our output open.
[[nodiscard]] std::vector<Override> read_overrides(int root,
                                                   const std::vector<PciAddress>& addresses);

}  // namespace pt::ctl
