// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/pci.h"

namespace pt::ctl {

// A mounted file system, from a line of /proc/self/mountinfo (Documentation/filesystems/proc.rst).
struct Mount {
    std::string device;   // "8:1"; "0:..." for file systems that are not on one block device
    std::string point;    // "/boot"
    std::string type;     // "ext4"
    std::string source;   // "/dev/sda1"
    std::string options;  // of the file system: "rw,addr=192.168.1.2"
};
[[nodiscard]] std::vector<Mount> parse_mounts(std::string_view mountinfo);

// What a mounted file system lies on.
struct Base {
    std::vector<PciAddress> disks;     // the functions on the way to its disks
    std::vector<PciAddress> networks;  // those on the way to the server it comes from
    bool lacks_disk = false;           // it is on disks that are not known, or not all of them
    bool lacks_network = false;        // likewise, over a network
};

// Finds it in sysfs below `root`, an open directory: through partitions, RAID (md), the device
// mapper (LVM, dm-crypt), bcache, NVMe with several paths, and file systems on several devices. A
// file system in memory lies on nothing.
[[nodiscard]] Base find_base(int root, const Mount& mount);

}  // namespace pt::ctl
