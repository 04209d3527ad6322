// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

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

// That there is no such file is no error. What is no regular file gives EISDIR or EINVAL,
// and a symbolic link that leads nowhere ELOOP.
[[nodiscard]] int read_text(int root, const std::string& path, FileText& result);

// The mode of a new file.
inline constexpr mode_t kNewMode = 0644;

// A file that is about to be what a text says: whole or not at all, under the same owner, group and
// mode; a new one belongs to us.
class StagedText {
  public:
    StagedText() = default;
    StagedText(const StagedText&) = delete;
    StagedText& operator=(const StagedText&) = delete;
    StagedText(StagedText&& other) noexcept { *this = std::move(other); }
    StagedText& operator=(StagedText&& other) noexcept {
        std::swap(place_, other.place_);
        std::swap(temporary_, other.temporary_);
        return *this;
    }
    // Removes what was not committed.
    ~StagedText();

    // Writes the text beside the file, under its name and this ending. All that takes space is done
    // then. Directories on the way are made if there is a text.
    [[nodiscard]] int stage(int root, const std::string& path, const FileText& text,
                            const char* ending, mode_t new_mode = kNewMode);
    // Renames it to the file, or removes the file if the text says that there is none. What has
    // been done outlasts a power failure.
    [[nodiscard]] int commit();

  private:
    std::string place_;      // the file, as a path of this system; empty: nothing to be done
    std::string temporary_;  // empty: to be removed
};

// Both in one.
[[nodiscard]] int replace_text(int root, const std::string& path, const FileText& text,
                               mode_t new_mode = kNewMode);

// Who may read and write a file: its mode without the rest, or that of a new file.
[[nodiscard]] mode_t mode_of(int root, const std::string& path);

// The directories on the way to a file that are not there yet, the upper ones first.
[[nodiscard]] std::vector<std::string> missing_directories(int root, const std::string& path);

// Removes a directory if it is there and empty.
void remove_empty_directory(int root, const std::string& path);

}  // namespace pt::ctl
