// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/lock.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

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

bool lock_out_others_of(int root, Fd& lock) {
    // A descriptor of its own: a lock that `root` had would be shared by all its copies.
    lock = Fd(openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // Our own sys/file.h hides the one that declares flock().
    return !lock.is_open() || syscall(SYS_flock, lock.get(), LOCK_EX | LOCK_NB) == 0 ||
           errno != EWOULDBLOCK;
}

std::string keep_others_out(const Context& context, Fd& lock) {
    const int root = context.root_dir.get();
    const bool is_ours = context.is_this_machine
                             ? geteuid() != 0 || lock_out_others(root, "run/ptctl.lock", lock)
                             : context.is_captured || lock_out_others_of(root, lock);
    if (is_ours) return {};
    return "Another 'ptctl use' or 'ptctl unuse' is at work. Nothing is changed: try again when it "
           "has ended.";
}

}  // namespace pt::ctl
