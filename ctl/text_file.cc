// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/text_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "sys/file.h"

namespace pt::ctl {
namespace {

constexpr std::size_t kFileMax = 4 << 20;

// The path of an open directory, without a slash at its end. By going there and back, for a rescue
// system may have no /proc. Never ENOENT, which is for files.
int path_of(int directory, std::string& path) {
    const Fd here(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!here.is_open() || fchdir(directory) != 0) return errno == ENOENT ? ESTALE : errno;
    char buffer[PATH_MAX];
    const int error = getcwd(buffer, sizeof buffer) == nullptr ? errno : 0;
    if (fchdir(here.get()) != 0) return errno;
    // "(unreachable)" from here, or removed
    if (error == ENOENT || (error == 0 && buffer[0] != '/')) return ESTALE;
    if (error == 0) path = std::strcmp(buffer, "/") == 0 ? "" : buffer;
    return error;
}

// Where a file really is, as a path of this system. Its directory must be there, the file need not.
int find_place(int root, const std::string& path, std::string& place) {
    std::string base;
    if (const int error = path_of(root, base); error != 0) return error;
    const std::string asked = base + path;
    const std::size_t slash = asked.rfind('/');
    struct Free {
        void operator()(char* text) const { std::free(text); }
    };
    std::unique_ptr<char, Free> real(realpath(asked.c_str(), nullptr));
    if (real != nullptr) {
        place = real.get();
    } else {
        if (errno != ENOENT) return errno;
        struct stat status {};
        // A link to nowhere is nobody's file to replace.
        if (lstat(asked.c_str(), &status) == 0) return ELOOP;
        real.reset(realpath(slash == 0 ? "/" : asked.substr(0, slash).c_str(), nullptr));
        if (real == nullptr) return errno;
        place = real.get();
        if (place == "/") place.clear();
        place += asked.substr(slash);
    }
    return place.starts_with(base + "/") ? 0 : EXDEV;
}

// The directories above a file: "/a", "/a/b" for "/a/b/c".
std::vector<std::string> directories_above(const std::string& path) {
    std::vector<std::string> directories;
    for (std::size_t slash = path.find('/', 1); slash != path.npos;
         slash = path.find('/', slash + 1))
        directories.push_back(path.substr(0, slash));
    return directories;
}

// No link may lead the making of directories out of the root directory.
int make_directories(int root, const std::string& path) {
    std::string place;
    for (const std::string& directory : directories_above(path)) {
        if (const int error = find_place(root, directory, place); error != 0) return error;
        if (mkdir(place.c_str(), 0755) != 0) {
            if (errno != EEXIST) return errno;
            continue;
        }
        // Whoever runs us may keep what they make to themselves (umask), and this is the system's.
        // A file system without modes refuses, and needs none.
        if (chmod(place.c_str(), 0755) != 0 && errno != EPERM) return errno;
    }
    return 0;
}

int write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t length = write(file, text.data(), text.size());
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) return errno;
        text.remove_prefix(static_cast<std::size_t>(length));
    }
    return 0;
}

// Gives a new file the owner and mode of the one whose place it takes.
int take_over(int file, const struct stat& old) {
    struct stat status {};
    if (fstat(file, &status) != 0) return errno;
    // A file system without owners (vfat) refuses a change, and needs none.
    if ((status.st_uid != old.st_uid || status.st_gid != old.st_gid) &&
        fchown(file, old.st_uid, old.st_gid) != 0)
        return errno;
    const mode_t mode = old.st_mode & 07777;
    return (status.st_mode & 07777) == mode || fchmod(file, mode) == 0 ? 0 : errno;
}

// Without this the rename may outlast a power failure and the directory's entry not.
int sync_directory_of(const std::string& place) {
    const std::string directory = place.substr(0, std::max<std::size_t>(place.rfind('/'), 1));
    const Fd opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.is_open()) return errno;
    // Some file systems cannot, and say so.
    return fsync(opened.get()) == 0 || errno == EINVAL ? 0 : errno;
}

int write_beside(const std::string& temporary, const std::string& place, std::string_view text,
                 mode_t new_mode) {
    struct stat old {};
    const bool has_old = stat(place.c_str(), &old) == 0;
    const Fd file(
        open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.is_open()) return errno;
    int error = has_old ? take_over(file.get(), old)
                        : (fchmod(file.get(), new_mode) == 0 || errno == EPERM ? 0 : errno);
    if (error == 0) error = write_all(file.get(), text);
    if (error == 0 && fsync(file.get()) != 0) error = errno;
    return error;
}

}  // namespace

int read_text(int root, const std::string& path, FileText& result) {
    result = {};
    std::string place;
    int error = find_place(root, path, place);
    struct stat status {};
    // A link to /dev/null is what switches a file off, and no invitation to replace the device.
    if (error == 0 && stat(place.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
        error = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
    if (error == 0) error = read_file(AT_FDCWD, place.c_str(), kFileMax, result.text);
    if (error == ENOENT) return 0;
    if (error == 0 && result.text.size() == kFileMax) error = EFBIG;
    result.exists = error == 0;
    return error;
}

StagedText::~StagedText() {
    if (!temporary_.empty()) (void)unlink(temporary_.c_str());  // it was for us alone
}

int StagedText::stage(int root, const std::string& path, const FileText& text, const char* ending,
                      mode_t new_mode) {
    if (text.exists)
        if (const int error = make_directories(root, path); error != 0) return error;
    if (const int error = find_place(root, path, place_); error != 0) {
        place_.clear();
        return error == ENOENT && !text.exists ? 0 : error;
    }
    if (!text.exists) return 0;
    temporary_ = place_ + ending;
    return write_beside(temporary_, place_, text.text, new_mode);
}

int StagedText::commit() {
    if (place_.empty()) return 0;
    if (temporary_.empty()) {
        if (unlink(place_.c_str()) != 0) return errno == ENOENT ? 0 : errno;
    } else {
        if (rename(temporary_.c_str(), place_.c_str()) != 0) return errno;
        temporary_.clear();
    }
    return sync_directory_of(place_);
}

int replace_text(int root, const std::string& path, const FileText& text, mode_t new_mode) {
    StagedText staged;
    const int error = staged.stage(root, path, text, ".ptctl-new", new_mode);
    return error != 0 ? error : staged.commit();
}

mode_t mode_of(int root, const std::string& path) {
    std::string place;
    struct stat status {};
    if (find_place(root, path, place) != 0 || stat(place.c_str(), &status) != 0) return kNewMode;
    return status.st_mode & 0666;
}

std::vector<std::string> missing_directories(int root, const std::string& path) {
    std::vector<std::string> missing;
    for (std::string& directory : directories_above(path))
        if (!exists(root, directory.c_str() + 1)) missing.push_back(std::move(directory));
    return missing;
}

void remove_empty_directory(int root, const std::string& path) {
    std::string place;
    if (find_place(root, path, place) == 0)
        (void)rmdir(place.c_str());  // not empty if somebody else keeps something there
}

}  // namespace pt::ctl
