// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pt::ctl {

// What an older way to hand a card over has left behind, and what it does to ours.
struct Leftover {
    enum class Kind : std::uint8_t {
        kIds,          // ids for vfio-pci or pci-stub: they take each device with them, twins too
        kBlacklist,    // of a driver that the host's own card may need
        kBlockedVfio,  // vfio-pci itself is kept from being loaded
        kSoftdep,      // has vfio-pci loaded before a driver
        kInstall,      // runs a command in place of loading a module
        kEarlyLoad,    // has vfio-pci loaded at boot or in the image
        kOverride,     // driverctl gives a device to a driver
        kScript,       // writes driver_override at boot
    };
    Kind kind = Kind::kIds;
    std::string place;   // the file, or "the kernel command line"
    std::string text;    // what stands there, as "options vfio-pci ids=10de:1b06"
    std::string device;  // kOverride: the device's address
    std::string driver;  // kOverride: the driver

    bool operator==(const Leftover&) const = default;
};

// A line of modprobe.d(5) as libkmod gives it: "options", "vfio_pci", "ids=10de:1b06".
struct ModprobeEntry {
    std::string_view command;  // "options", "blacklist", "softdep", "install" or "alias"
    std::string_view module;
    std::string_view value;
};

// Each of these appends to `found` what it takes for a leftover. `place` is the file.
void find_in_modprobe(const ModprobeEntry& entry, std::string_view place,
                      std::vector<Leftover>& found);
// modules-load.d(5) and /etc/initramfs-tools/modules: a module in each line.
void find_in_module_list(std::string_view text, std::string_view place,
                         std::vector<Leftover>& found);
// dracut.conf(5) and mkinitcpio.conf(5), which are shell: assignments that name vfio modules.
void find_in_builder_conf(std::string_view text, std::string_view place,
                          std::vector<Leftover>& found);
// /etc/driverctl.d/pci-ADDRESS, which holds a driver's name; `name` is the file's.
void find_in_driverctl(std::string_view name, std::string_view text, std::vector<Leftover>& found);
// An own boot script of initramfs-tools.
void find_in_script(std::string_view text, std::string_view place, std::vector<Leftover>& found);
void find_in_cmdline(std::string_view cmdline, std::vector<Leftover>& found);

inline constexpr std::string_view kCommandLinePlace = "the kernel command line";

}  // namespace pt::ctl
