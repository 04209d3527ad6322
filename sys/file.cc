// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sys/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <cerrno>

namespace pt {
namespace {

// read(2) and write(2) on sysfs and procfs are only interrupted before they began.
template <typename Call>
ssize_t retry(Call call) {
    ssize_t result;
    do {
        result = call();
    } while (result < 0 && errno == EINTR);
    return result;
}

int open_for_reading(int dir, const char* path, Fd& result) {
    result = Fd(openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    return result.is_open() ? 0 : errno;
}

}  // namespace

Fd::~Fd() {
    if (fd_ >= 0) close(fd_);
}

int open_directory(int dir, const char* path, Fd& result) {
    result = Fd(openat(dir, path, O_PATH | O_DIRECTORY | O_CLOEXEC));
    return result.is_open() ? 0 : errno;
}

int read_small_file(int dir, const char* path, char* buffer, std::size_t size,
                    std::string_view& result) {
    Fd file;
    if (const int error = open_for_reading(dir, path, file); error != 0) return error;
    // A sysfs attribute comes whole with its first read.
    const ssize_t length = retry([&] { return read(file.get(), buffer, size); });
    if (length < 0) return errno;
    if (static_cast<std::size_t>(length) == size) return EFBIG;
    result = std::string_view(buffer, static_cast<std::size_t>(length));
    return 0;
}

int read_file(int dir, const char* path, std::size_t limit, std::string& result) {
    Fd file;
    if (const int error = open_for_reading(dir, path, file); error != 0) return error;
    char buffer[1024];
    while (result.size() < limit) {
        const ssize_t length = retry([&] { return read(file.get(), buffer, sizeof buffer); });
        if (length < 0) return errno;
        if (length == 0) break;
        result.append(buffer, static_cast<std::size_t>(length));
    }
    if (result.size() > limit) result.resize(limit);
    return 0;
}

int write_file(int dir, const char* path, std::string_view text) {
    const Fd file(openat(dir, path, O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (!file.is_open()) return errno;
    const ssize_t length = retry([&] { return write(file.get(), text.data(), text.size()); });
    if (length < 0) return errno;
    return static_cast<std::size_t>(length) == text.size() ? 0 : EIO;
}

int read_link_name(int dir, const char* path, std::string& result) {
    char target[PATH_MAX];
    result.clear();
    const ssize_t length = readlinkat(dir, path, target, sizeof target);
    if (length < 0) return errno == ENOENT ? 0 : errno;
    if (static_cast<std::size_t>(length) == sizeof target) return ENAMETOOLONG;
    std::string_view name(target, static_cast<std::size_t>(length));
    name.remove_prefix(name.rfind('/') + 1);  // npos + 1 is 0
    result.assign(name.data(), name.size());
    return 0;
}

bool exists(int dir, const char* path) {
    return Fd(openat(dir, path, O_PATH | O_CLOEXEC)).is_open();
}

bool has_entries(int dir, const char* path) {
    const int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return false;
    DIR* entries = fdopendir(fd);
    if (entries == nullptr) {
        close(fd);
        return false;
    }
    bool found = false;
    while (const dirent* entry = readdir(entries))
        if (entry->d_name[0] != '.') found = true;
    closedir(entries);
    return found;
}

}  // namespace pt
