// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

namespace pt::ctl {

// A file's content, or that there is none.
struct FileText {
    bool exists = false;
    std::string text;

    bool operator==(const FileText&) const = default;
};

// Paths are absolute and count from the directory `root`. A file that a symbolic link leads to is
// the one that is read and changed, unless the link leads out of the root directory (EXDEV). All
// results are 0 or an errno.

// That there is no such file is no error.
[[nodiscard]] int read_text(int root, const std::string& path, FileText& result);

// Makes the file be what `text` says: whole or not at all, under the same owner, group and mode; a
// new one belongs to us and has mode 0644. Directories on the way are made. Removes the file if
// `text` says that there is none. What has been done outlasts a power failure.
[[nodiscard]] int replace_text(int root, const std::string& path, const FileText& text);

}  // namespace pt::ctl
