// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/plan.h"
#include "core/wish.h"
#include "ctl/doctor/image.h"
#include "ctl/doctor/leftovers.h"
#include "ctl/loader.h"
#include "ctl/status.h"

namespace pt::ctl {

// A small text file of the machine. `error` is 0 or the errno for which there is no text.
struct TextFile {
    std::string text;
    int error = ENOENT;

    [[nodiscard]] bool is_read() const { return error == 0; }
    [[nodiscard]] bool is_absent() const { return error == ENOENT; }
};

// Whose package manager and kernel tools a command to paste is for.
enum class Distribution : std::uint8_t { kOther, kDebian, kUbuntu, kFedora, kArch };

// ID and ID_LIKE of /etc/os-release (os-release(5)).
[[nodiscard]] Distribution distribution_of(std::string_view os_release);

// Where a kernel has a module.
enum class ModulePlace : std::uint8_t { kMissing, kModule, kBuiltIn };

// A kernel in /lib/modules.
struct KernelFacts {
    std::string version;
    int error = 0;  // errno for which its index of modules cannot be read
    ModulePlace vfio_pci = ModulePlace::kMissing;
    ModulePlace type1 = ModulePlace::kMissing;  // vfio_iommu_type1
    std::string package{};  // that it belongs to, where the kernel's directory tells (Arch)
};

// An initramfs image, by itself or in a unified kernel image.
struct ImageFacts {
    std::string path;                    // with a leading slash, as on the machine
    std::string kernel;                  // that it is for, empty if nothing tells
    int error = 0;                       // errno for which it cannot be opened
    std::string damage;                  // what is wrong with what was read, empty for nothing
    std::int64_t modified = 0;           // seconds since 1970
    bool is_unified = false;             // in a unified kernel image
    std::optional<std::string> cmdline;  // of the unified kernel image
    ImageFindings found;
};

// Where the words for the next boot stand.
struct LoaderFacts {
    std::string name;             // "GRUB", empty if it is not known
    std::string place;            // the file that holds the words
    int error = 0;                // errno for which it cannot be read
    std::string words;            // the command line that is configured there
    std::string change;           // how to add a word there, with WORD for it; empty: not known
    bool has_fixed_line = false;  // the command line is part of a signed image
    LoaderKind kind = LoaderKind::kUnknown;
    std::vector<std::pair<std::string, TextFile>> settings{};  // files in which words may stand
    std::vector<Command> commands{};                           // what takes the settings over
    bool has_newer_settings = false;                           // than the file of the words
    std::vector<Command> kernel_install{};                     // adds each installed kernel
    std::vector<Command> rebuild{};                            // builds all images again
};

enum class Switch : std::uint8_t { kUnknown, kOff, kOn };

// What this boot has done, as `ptctl status` judges it, and what has changed since.
struct BootFacts {
    Status status;
    bool has_report = false;
    bool has_other_words = false;    // in its report than count now
    std::int64_t began = 0;          // seconds since 1970, 0 if it is not known
    std::int64_t conf_modified = 0;  // /etc/pt-hook.conf, likewise
};

// All that the checks look at. It is filled in place and never copied: `read` and `plan` point into
// its texts.
struct Facts {
    Facts() = default;
    Facts(const Facts&) = delete;
    Facts& operator=(const Facts&) = delete;

    bool is_this_machine = true;  // and not another root directory
    bool is_captured = false;     // an archive of `ptctl capture`, which has none of these files
    bool is_root = false;         // who looks
    Distribution distribution = Distribution::kOther;
    std::string running_kernel;  // uname -r

    TextFile cpuinfo;     // /proc/cpuinfo
    TextFile interrupts;  // /proc/interrupts
    TextFile cmdline;     // /proc/cmdline
    TextFile conf;        // /etc/pt-hook.conf

    bool has_kvm_device = false;  // /dev/kvm
    bool has_kvm_driver = false;  // something is behind it
    bool may_open_kvm = false;    // by who looks
    bool has_kvm_module = false;  // kvm_intel or kvm_amd is loaded
    bool has_efi = false;         // booted by UEFI
    Switch secure_boot = Switch::kUnknown;
    bool booted_unified = false;                  // by systemd-stub
    Switch unsafe_interrupts = Switch::kUnknown;  // vfio_iommu_type1.allow_unsafe_interrupts

    std::vector<std::string> iommus;  // /sys/class/iommu: "dmar0", "ivhd0"
    int devices_error = 0;            // errno for which the PCI devices cannot be listed

    // The words that count for the next boot and what they come to: those of the running command
    // line, or, if that asks for nothing, those that are configured for the next one.
    bool words_are_pending = false;
    ReadWords read;
    Plan plan;
    std::vector<PciAddress> virtual_functions{};  // that are meant, and are not there at boot
    // Firmware framebuffers by the index of their device in `plan`; kNobody: another's or nobody
    // knows whose.
    struct FramebufferOf {
        std::string name;
        std::size_t planned = kNobody;
        bool is_owner_known = true;
    };
    std::vector<FramebufferOf> framebuffers;

    bool is_installed = false;  // /usr/lib/pt-hook/pt-hook is there
    int kernels_error = 0;
    std::vector<KernelFacts> kernels;
    std::vector<ImageFacts> images;
    std::vector<std::string> unreadable_directories;  // that may hold more images

    LoaderFacts loader;
    std::vector<Leftover> leftovers;
    // Files and directories that may hold more leftovers, and the errno for which nobody knows.
    std::vector<std::pair<std::string, int>> unread_leftovers;
    BootFacts boot;
};

}  // namespace pt::ctl
