// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ctl/doctor/image.h"

namespace pt::ctl {

// Reads the cpio archives that an image is made of: any number of plain ones, such as that of the
// CPU microcode, and then at most one that is compressed
// (Documentation/driver-api/early-userspace/buffer-format.rst). Returns an empty text, or what
// libarchive says is wrong; `content` has then what came before.
[[nodiscard]] std::string read_image(std::span<const std::uint8_t> image, ImageContent& content);

// A section of a PE file, such as ".initrd", ".cmdline" or ".uname" of a unified kernel image
// (systemd-stub(7)); nothing if there is none, or if the file is no such file.
[[nodiscard]] std::optional<std::span<const std::uint8_t>> pe_section(
    std::span<const std::uint8_t> file, std::string_view name);

// A file that is seen as memory as long as this lives.
class MappedFile {
  public:
    MappedFile() = default;
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile();

    // `path` is one inside the directory `root` (open_regular()). Returns 0 or an errno.
    [[nodiscard]] int open(int root, const std::string& path);
    [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }

  private:
    std::span<const std::uint8_t> bytes_;
};

}  // namespace pt::ctl
