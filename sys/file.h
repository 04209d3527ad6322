// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <dirent.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pt {

// An open file descriptor, closed with its owner. -1 is none.
class Fd {
  public:
    explicit Fd(int fd = -1) : fd_(fd) {}
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Fd();

    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }

  private:
    int fd_;
};

// All paths are relative to the directory `dir`; all results are 0 or an errno.

// Opens a directory to be the start of other paths.
[[nodiscard]] int open_directory(int dir, const char* path, Fd& result);

// Reads a file that fits into `size` bytes into `buffer`. A longer one gives EFBIG.
[[nodiscard]] int read_small_file(int dir, const char* path, char* buffer, std::size_t size,
                                  std::string_view& result);

// Reads a file of any length up to `limit`, of which the rest is left out.
[[nodiscard]] int read_file(int dir, const char* path, std::size_t limit, std::string& result);

// Reads a file of any length up to `limit`. A longer one gives EFBIG and an empty text: what is cut
// off somewhere means something else.
[[nodiscard]] int read_whole_file(int dir, const char* path, std::size_t limit,
                                  std::string& result);

// Writes `text` in one write(2), as sysfs wants it, to a file that exists. Returns when the kernel
// has done what it was told, which may be never.
[[nodiscard]] int write_file(int dir, const char* path, std::string_view text);

// Writes a file of any length that need not be there, so that it is there whole or not at all:
// under a name of its own first, which is then renamed, or removed if that is not to be.
[[nodiscard]] int replace_file(int dir, const char* path, std::string_view text);

// Makes a directory; that it is there already is no error.
[[nodiscard]] int make_directory(int dir, const char* path);

// What a symbolic link points to; empty if there is no such link.
[[nodiscard]] int read_link(int dir, const char* path, std::string& result);

// The last component of what a symbolic link points to; empty if there is no such link.
[[nodiscard]] int read_link_name(int dir, const char* path, std::string& result);

[[nodiscard]] bool exists(int dir, const char* path);

// readdir(3) that tells an error, as an errno, from the end.
[[nodiscard]] const dirent* next_entry(DIR* entries, int& error);

// The names in a directory, without "." and "..", in no order; as many as could be read.
[[nodiscard]] int list_directory(int dir, const char* path, std::vector<std::string>& names);

// Whether a directory is there and has any entry.
[[nodiscard]] bool has_entries(int dir, const char* path);

}  // namespace pt
