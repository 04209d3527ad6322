// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/lock.h"

#include <fcntl.h>

#include <cerrno>

namespace pt::ctl {

bool lock_out_others(int root, const char* path, Fd& lock) {
    // Programs that are run meanwhile do not inherit it: one that stays would keep it.
    lock = Fd(openat(root, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock.is_open()) return true;
    struct flock whole {};
    whole.l_type = F_WRLCK;
    return fcntl(lock.get(), F_OFD_SETLK, &whole) == 0 || (errno != EAGAIN && errno != EACCES);
}

}  // namespace pt::ctl
