// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pt::ctl {

// How the kernel gets its command line on a machine, and so where words are added to it.
enum class LoaderKind {
    kUnknown,
    kGrub,           // settings in shell files, and a menu that grub-mkconfig makes of them
    kGrubby,         // the entries of Fedora and its kin, which grubby changes
    kRpmOstree,      // those of an image-based system, which rpm-ostree changes
    kKernelInstall,  // /etc/kernel/cmdline, and entries that kernel-install makes with it
    kEntries,        // systemd-boot with entries written by hand
    kUki,  // unified kernel images by mkinitcpio, with the files of /etc/cmdline.d in them
};

// A command and its arguments.
using Command = std::vector<std::string>;

struct Loader {
    LoaderKind kind = LoaderKind::kUnknown;
    std::string name;  // for people: "GRUB"
    // The files in which words are added, absolute below the root directory; they need not exist.
    // None for kGrubby and kRpmOstree, whose commands change their own.
    std::vector<std::string> files;
    // What makes the loader take them over, in this order.
    std::vector<Command> commands;
    // The command line of the next boot as it is configured now: the words of the first entry, in
    // the file that `cmdline_path` names. `cmdline_error` is the errno for which that is not known.
    std::vector<std::string> cmdline;
    std::string cmdline_path;
    int cmdline_error = 0;
    // Why no words can be added there, a part of a sentence; empty if they can be.
    std::string problem;
};

// Finds out which loader boots the machine below `root`, an open directory. Without root's rights
// the boot partition may be closed, and then less is known.
[[nodiscard]] Loader find_loader(int root);

// For programs: "grub", "grubby", "rpm-ostree", "kernel-install", "entries", "uki", "unknown".
[[nodiscard]] std::string_view name_of(LoaderKind kind);

// The commands that rebuild the initramfs image of every kernel, by the builder that is installed
// below `root`; none if there is none that is known.
[[nodiscard]] std::vector<Command> rebuild_commands(int root);

// Adds each installed kernel of which an image is found by kernel-install: "kernel-install", "add",
// version, image.
[[nodiscard]] std::vector<Command> kernel_install_commands(int root);

// The words of the running command line that a configured one starts from: all but those that the
// loader itself puts there (BOOT_IMAGE=, initrd=).
[[nodiscard]] std::vector<std::string> running_cmdline(int root);

}  // namespace pt::ctl
