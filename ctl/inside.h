// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sys/file.h"

namespace pt::ctl {

// Looking into a tree whose files anybody may have made, such as a captured one. Paths are relative
// to the root directory `root`, an open one, and a symbolic link is followed as if that were "/":
// it leads nowhere else. Nothing here waits for the other end of a FIFO or of a device. All results
// that are no truth are 0 or an errno.

// Whether it is the directory that "/" is. A bind mount of that is too, without what is mounted
// there.
[[nodiscard]] bool is_system_root(int root);

[[nodiscard]] int open_inside(int root, const std::string& path, int flags, Fd& result);

// Opens a regular file, or /dev/null, which is as good as an empty one: EISDIR for a directory,
// EINVAL for a FIFO, a socket or another device.
[[nodiscard]] int open_regular(int root, const std::string& path, Fd& result);

// Reads a regular file: EFBIG for one that is larger than `limit`. Of one that does not tell its
// size, as those of procfs, the rest is left out.
[[nodiscard]] int read_inside(int root, const std::string& path, std::size_t limit,
                              std::string& result);

[[nodiscard]] bool exists_inside(int root, const std::string& path);

// When a file was written, in seconds since 1970; 0 if that cannot be told.
[[nodiscard]] std::int64_t modified_inside(int root, const std::string& path);

// The names in a directory, as list_directory() gives them.
[[nodiscard]] int list_inside(int root, const std::string& path, std::vector<std::string>& names);

}  // namespace pt::ctl
