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

// The loader of a kind (name_of()), also where another one boots the machine by now: for what was
// written for it once.
[[nodiscard]] Loader find_loader_of(int root, std::string_view kind);

// All entries that boot Linux (Boot Loader Specification, type #1), those for rescue too, absolute
// below the root directory; what cannot be read is left out.
[[nodiscard]] std::vector<std::string> entry_files(int root);

// For programs: "grub", "grubby", "rpm-ostree", "kernel-install", "entries", "uki", "unknown".
[[nodiscard]] std::string_view name_of(LoaderKind kind);

}  // namespace pt::ctl
