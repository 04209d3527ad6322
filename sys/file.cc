// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sys/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
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

int read_whole_file(int dir, const char* path, std::size_t limit, std::string& result) {
    const int error = read_file(dir, path, limit + 1, result);
    if (result.size() <= limit) return error;
    result.clear();
    return EFBIG;
}

int write_file(int dir, const char* path, std::string_view text) {
    const Fd file(openat(dir, path, O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (!file.is_open()) return errno;
    const ssize_t length = retry([&] { return write(file.get(), text.data(), text.size()); });
    if (length < 0) return errno;
    return static_cast<std::size_t>(length) == text.size() ? 0 : EIO;
}

int replace_file(int dir, const char* path, std::string_view text) {
    std::string temporary(path);
    temporary += ".new";
    int error = 0;
    {
        const Fd file(openat(dir, temporary.c_str(),
                             O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
        if (!file.is_open()) return errno;
        while (!text.empty() && error == 0) {
            const ssize_t length =
                retry([&] { return write(file.get(), text.data(), text.size()); });
            if (length < 0) {
                error = errno;
            } else {
                text.remove_prefix(static_cast<std::size_t>(length));
            }
        }
    }
    if (error == 0 && renameat(dir, temporary.c_str(), dir, path) != 0) error = errno;
    if (error != 0) (void)unlinkat(dir, temporary.c_str(), 0);
    return error;
}

int make_directory(int dir, const char* path) {
    return mkdirat(dir, path, 0755) == 0 || errno == EEXIST ? 0 : errno;
}

int read_link(int dir, const char* path, std::string& result) {
    char target[PATH_MAX];
    result.clear();
    const ssize_t length = readlinkat(dir, path, target, sizeof target);
    if (length < 0) return errno == ENOENT ? 0 : errno;
    if (static_cast<std::size_t>(length) == sizeof target) return ENAMETOOLONG;
    result.assign(target, static_cast<std::size_t>(length));
    return 0;
}

int read_link_name(int dir, const char* path, std::string& result) {
    const int error = read_link(dir, path, result);
    result.erase(0, result.rfind('/') + 1);  // npos + 1 is 0
    return error;
}

bool exists(int dir, const char* path) {
    return Fd(openat(dir, path, O_PATH | O_CLOEXEC)).is_open();
}

const dirent* next_entry(DIR* entries, int& error) {
    errno = 0;
    const dirent* entry = readdir(entries);
    if (entry == nullptr) error = errno;
    return entry;
}

namespace {

// list_directory() that ends when there are this many names.
int list_some(int dir, const char* path, std::size_t most, std::vector<std::string>& names) {
    const int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return errno;
    DIR* entries = fdopendir(fd);
    if (entries == nullptr) {
        const int error = errno;
        close(fd);
        return error;
    }
    int error = 0;
    while (const dirent* entry = next_entry(entries, error)) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
        if (names.size() == most) break;
    }
    closedir(entries);
    return error;
}

}  // namespace

int list_directory(int dir, const char* path, std::vector<std::string>& names) {
    return list_some(dir, path, names.max_size(), names);
}

bool has_entries(int dir, const char* path) {
    std::vector<std::string> names;
    return list_some(dir, path, 1, names) == 0 && !names.empty();
}

}  // namespace pt
