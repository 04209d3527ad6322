// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sys/file.h"

struct archive;

namespace pt::ctl {

// A directory of its own for a captured machine, which goes away with its owner.
class TemporaryTree {
  public:
    TemporaryTree() = default;
    TemporaryTree(const TemporaryTree&) = delete;
    TemporaryTree& operator=(const TemporaryTree&) = delete;
    ~TemporaryTree();

    // Unpacks an archive, which anybody may have made: nothing in it gets out of the directory, by
    // its name or by a link, and only files, directories and symbolic links are taken, no more than
    // a machine has. Returns what is wrong, or nothing.
    [[nodiscard]] std::string unpack(const std::string& archive_path);

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

// Writes an archive: a tar file, compressed as the end of its name says (".tar.gz", ".tar.zst").
// All in it belongs to root and can be read by everybody.
class ArchiveWriter {
  public:
    ArchiveWriter();

    // Each returns what is wrong, or nothing; after the first error all that follows returns it.
    std::string open(const std::string& path);
    std::string add_file(const std::string& name, std::string_view content,
                         std::int64_t modified = 0);
    std::string add_link(const std::string& name, const std::string& target);
    std::string add_directory(const std::string& name);
    std::string close();

  private:
    struct Free {
        void operator()(archive* writer) const;
    };
    std::string check(int result);

    std::unique_ptr<archive, Free> archive_;
    std::string problem_;
};

// Whether a link with this target, at this place of a tree, stays within the tree.
[[nodiscard]] bool stays_inside(std::string_view name, std::string_view target);

}  // namespace pt::ctl
