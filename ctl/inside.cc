// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/inside.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

namespace pt::ctl {
namespace {

bool is_null_device(const struct stat& status) {
    constexpr unsigned kMemory = 1;
    constexpr unsigned kNull = 3;  // Documentation/admin-guide/devices.txt
    return S_ISCHR(status.st_mode) && status.st_rdev == makedev(kMemory, kNull);
}

}  // namespace

bool is_system_root(int root) {
    struct stat own {};
    struct stat system {};
    return fstat(root, &own) == 0 && stat("/", &system) == 0 && own.st_dev == system.st_dev &&
           own.st_ino == system.st_ino;
}

int open_inside(int root, const std::string& path, int flags, Fd& result) {
    open_how how{};
    how.flags = static_cast<__u64>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_IN_ROOT;
    constexpr int kTries = 16;
    int error = EAGAIN;
    // EAGAIN: something was renamed or mounted meanwhile, and the kernel cannot vouch for ".."
    // (openat2(2)).
    for (int i = 0; i < kTries && error == EAGAIN; ++i) {
        result = Fd(static_cast<int>(syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
        error = result.is_open() ? 0 : errno;
    }
    // Before Linux 5.6, and in containers of that time.
    if (error == ENOSYS && is_system_root(root)) {
        result = Fd(openat(root, path.c_str(), flags | O_CLOEXEC));
        error = result.is_open() ? 0 : errno;
    }
    return error;
}

int open_regular(int root, const std::string& path, Fd& result) {
    // Opening a device may already do something to it, so it is looked at first.
    Fd place;
    if (const int error = open_inside(root, path, O_PATH, place); error != 0) return error;
    struct stat status {};
    if (fstat(place.get(), &status) != 0) return errno;
    if (S_ISDIR(status.st_mode)) return EISDIR;
    if (!S_ISREG(status.st_mode) && !is_null_device(status)) return EINVAL;
    return open_inside(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK, result);
}

int read_inside(int root, const std::string& path, std::size_t limit, std::string& result) {
    Fd file;
    if (const int error = open_regular(root, path, file); error != 0) return error;
    struct stat status {};
    if (fstat(file.get(), &status) != 0) return errno;
    if (S_ISREG(status.st_mode) && static_cast<std::size_t>(status.st_size) > limit) return EFBIG;
    char buffer[4096];
    while (result.size() < limit) {
        const ssize_t length = read(file.get(), buffer, sizeof buffer);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) return errno;
        if (length == 0) break;
        result.append(buffer, static_cast<std::size_t>(length));
    }
    if (result.size() > limit) result.resize(limit);
    return 0;
}

bool exists_inside(int root, const std::string& path) {
    Fd file;
    return open_inside(root, path, O_PATH, file) == 0;
}

std::int64_t modified_inside(int root, const std::string& path) {
    Fd file;
    struct stat status {};
    if (open_inside(root, path, O_PATH, file) != 0 || fstat(file.get(), &status) != 0) return 0;
    return status.st_mtime;
}

int list_inside(int root, const std::string& path, std::vector<std::string>& names) {
    Fd directory;
    if (const int error = open_inside(root, path, O_RDONLY | O_DIRECTORY, directory); error != 0)
        return error;
    return list_directory(directory.get(), ".", names);
}

}  // namespace pt::ctl
