// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pt::ctl {

// What an initramfs image holds: the names of all its members, without "./" or "/" before them,
// and the text of the few that is_wanted_text() is true for.
struct ImageContent {
    std::vector<std::string> names;
    std::map<std::string, std::string> texts;
};

// Whether the text of this member counts, and not only that it is there.
[[nodiscard]] bool is_wanted_text(std::string_view name);

// Who built an image, which decides how it is built again.
enum class Builder : std::uint8_t { kUnknown, kInitramfsTools, kDracut, kMkinitcpio };

// What an image does with pt-hook, compared with the start of udev and of what else loads drivers.
enum class Start : std::uint8_t {
    kNever,       // nothing in the image starts it
    kBeforeUdev,  // as it should be
    kAfterUdev,   // drivers may have taken the devices by then
    kUnknown,     // the program is there, and the image is of no kind that is known here
};

struct ImageFindings {
    Builder builder = Builder::kUnknown;
    Start start = Start::kNever;
    bool has_program = false;
    bool has_vfio_pci = false;  // as a module; one that is built in needs none
    bool has_type1 = false;     // vfio_iommu_type1, likewise
    bool has_conf = false;
    std::string conf;    // the text of /etc/pt-hook.conf
    std::string kernel;  // whose modules are in it; empty for none, or for those of several

    bool operator==(const ImageFindings&) const = default;
};

// Reads an image's content as its own init would. The forms are those of initramfs-tools 0.142 and
// later, of dracut 059 and later, and of mkinitcpio 41, each with systemd or without.
[[nodiscard]] ImageFindings examine_image(const ImageContent& content);

// The kernel version in the name of an image: "initrd.img-6.1.0-50-amd64" (Debian),
// "initramfs-6.11.4-301.fc41.x86_64.img" (dracut), ".../6.11.4/initrd" (kernel-install). Empty for
// names without one, such as "initramfs-linux.img" (Arch).
[[nodiscard]] std::string kernel_in_path(std::string_view path);

// Whether a name in a directory of kernels is that of an image for booting this system: not a link,
// a rescue image, one for kdump, or an old copy; `name` has no directory.
[[nodiscard]] bool is_image_name(std::string_view name);

}  // namespace pt::ctl
