// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "ctl/loader.h"

namespace pt::ctl {

// What makes the images of the system below `root`, an open directory, and of what.

// The commands that rebuild the initramfs image of every kernel, by what built those that are
// booted; none if that is not known.
[[nodiscard]] std::vector<Command> rebuild_commands(int root);

// Adds each installed kernel of which an image is found by kernel-install: "kernel-install", "add",
// version, image.
[[nodiscard]] std::vector<Command> kernel_install_commands(int root);

// The layout that kernel-install is told to use (kernel-install(8), install.conf), such as "bls" or
// "uki"; empty if it is told none.
[[nodiscard]] std::string kernel_install_layout(int root);

// Whether its images are made elsewhere or by rpm-ostree.
[[nodiscard]] bool is_image_based(int root);

// Whether a program of this name is installed.
[[nodiscard]] bool has_program(int root, const std::string& name);

// Whether it is not what runs: the root of a chroot, or a directory into which /proc or /sys of the
// running system are mounted, as one does to mend a system that does not boot. These tell nothing
// of it then. Whether "/" is a chroot only root can tell.
[[nodiscard]] bool is_another_running(int root);

// The words of the running command line that a configured one starts from: all but those that the
// loader itself puts there (BOOT_IMAGE=, initrd=). None if another system is what runs.
[[nodiscard]] std::vector<std::string> running_cmdline(int root);

}  // namespace pt::ctl
