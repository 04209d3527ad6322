// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/doctor/quiet_kmod.h"

#include <cstdlib>

namespace pt::ctl {

KmodContext quiet_kmod(const char* directory, const char* const* configuration) {
    // kmod_new() reads the configuration before a log function can be set, but heeds this.
    (void)setenv("KMOD_LOG", "0", 1);  // fails for want of memory only
    return {kmod_new(directory, configuration), kmod_unref};
}

}  // namespace pt::ctl
