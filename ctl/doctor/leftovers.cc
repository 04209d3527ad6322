// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/doctor/leftovers.h"

#include <algorithm>
#include <array>

#include "core/cmdline.h"
#include "core/text.h"

namespace pt::ctl {
namespace {

constexpr std::string_view kBlank = " \t\r";

bool is_vfio(std::string_view module) {
    return same_parameter(module, "vfio_pci") || same_parameter(module, "vfio") ||
           same_parameter(module, "vfio_iommu_type1") || same_parameter(module, "vfio_virqfd");
}

// Drivers of displays and of what is on their cards, which recipes keep from being loaded.
bool is_card_driver(std::string_view module) {
    constexpr std::array<std::string_view, 12> kDrivers = {
        "nouveau", "nvidia", "nvidia_drm", "nvidia_modeset", "nvidia_uvm",    "nvidiafb", "amdgpu",
        "radeon",  "i915",   "xe",         "snd_hda_intel",  "i2c_nvidia_gpu"};
    return std::any_of(kDrivers.begin(), kDrivers.end(), [module](std::string_view driver) {
        return same_parameter(module, driver);
    });
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// The next line, without its blanks and what is behind '#'.
std::string_view next_line(std::string_view& text) {
    std::string_view line = cut(text, '\n');
    return trimmed(line.substr(0, line.find('#')));
}

bool has_word(std::string_view text, std::string_view word) {
    std::size_t at = 0;
    while ((at = text.find(word, at)) != std::string_view::npos) {
        if (at == 0 || kBlank.find(text[at - 1]) != std::string_view::npos) return true;
        at += word.size();
    }
    return false;
}

void add(std::vector<Leftover>& found, Leftover::Kind kind, std::string_view place,
         std::string_view text) {
    found.push_back({kind, std::string(place), std::string(text), {}, {}});
}

// A command that is run in place of loading a driver, so that it stays away or vfio-pci comes
// first. Packages of drivers have commands of their own, which load them by another name.
bool is_trick_command(std::string_view command) {
    for (const std::string_view part : {"vfio", "driver_override", "/false", "/true"})
        if (command.find(part) != std::string_view::npos) return true;
    return false;
}

// The value of a comma separated list that names a driver of cards, or vfio-pci.
bool names_any(std::string_view list, bool (*is_one)(std::string_view)) {
    while (!list.empty())
        if (is_one(cut(list, ','))) return true;
    return false;
}

// Whether a softdep has vfio modules loaded before its own: "pre: a vfio-pci post: b"
// (modprobe.d(5)).
bool is_any_vfio_before(std::string_view softdep) {
    bool is_before = false;
    while (!softdep.empty()) {
        const std::string_view word = cut(softdep, ' ');
        if (word.ends_with(":")) is_before = word == "pre:";
        if (is_before && is_vfio(word)) return true;
    }
    return false;
}

void find_in_word(const Word& word, std::string_view text, std::vector<Leftover>& found) {
    using Kind = Leftover::Kind;
    const std::string_view place = kCommandLinePlace;
    if (same_parameter(word.name, "vfio_pci.ids") || same_parameter(word.name, "pci_stub.ids")) {
        if (!word.value.empty()) add(found, Kind::kIds, place, text);
    } else if (same_parameter(word.name, "modprobe.blacklist") ||
               same_parameter(word.name, "module_blacklist") ||
               same_parameter(word.name, "rd.driver.blacklist")) {
        if (names_any(word.value, is_vfio))
            add(found, Kind::kBlockedVfio, place, text);
        else if (names_any(word.value, is_card_driver))
            add(found, Kind::kBlacklist, place, text);
    } else if (same_parameter(word.name, "rd.driver.pre") ||
               same_parameter(word.name, "modules_load") ||
               same_parameter(word.name, "rd.modules_load")) {
        if (names_any(word.value, is_vfio)) add(found, Kind::kEarlyLoad, place, text);
    }
}

}  // namespace

void find_in_modprobe(const ModprobeEntry& entry, std::string_view place,
                      std::vector<Leftover>& found) {
    using Kind = Leftover::Kind;
    std::string text(entry.command);
    text.append(" ").append(entry.module);
    if (!entry.value.empty()) text.append(" ").append(entry.value);
    const bool is_ours = is_vfio(entry.module);
    if (entry.command == "options") {
        const bool takes =
            same_parameter(entry.module, "vfio_pci") || same_parameter(entry.module, "pci_stub");
        if (takes && has_word(entry.value, "ids=")) add(found, Kind::kIds, place, text);
    } else if (entry.command == "blacklist") {
        if (is_ours)
            add(found, Kind::kBlockedVfio, place, text);
        else if (is_card_driver(entry.module))
            add(found, Kind::kBlacklist, place, text);
    } else if (entry.command == "softdep") {
        if (!is_ours && is_any_vfio_before(entry.value)) add(found, Kind::kSoftdep, place, text);
    } else if (entry.command == "install") {
        const bool is_trick = is_card_driver(entry.module) && is_trick_command(entry.value);
        if (is_ours || is_trick) add(found, Kind::kInstall, place, text);
    }
}

void find_in_module_list(std::string_view text, std::string_view place,
                         std::vector<Leftover>& found) {
    while (!text.empty()) {
        const std::string_view line = next_line(text);
        const std::string_view module = line.substr(0, line.find_first_of(kBlank));
        if (!is_vfio(module)) continue;
        const bool has_ids = has_word(line, "ids=");
        add(found, has_ids ? Leftover::Kind::kIds : Leftover::Kind::kEarlyLoad, place, line);
    }
}

void find_in_builder_conf(std::string_view text, std::string_view place,
                          std::vector<Leftover>& found) {
    while (!text.empty()) {
        const std::string_view line = next_line(text);
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) continue;
        std::string_view name = line.substr(0, equals);
        if (name.ends_with("+")) name.remove_suffix(1);
        const bool loads = name == "force_drivers" || name == "add_drivers" || name == "MODULES";
        const std::string_view value = line.substr(equals + 1);
        if (loads && value.find("vfio") != std::string_view::npos)
            add(found, Leftover::Kind::kEarlyLoad, place, line);
    }
}

void find_in_driverctl(std::string_view name, std::string_view text, std::vector<Leftover>& found) {
    constexpr std::string_view kPrefix = "pci-";
    if (!name.starts_with(kPrefix)) return;
    const std::string_view driver = trimmed(cut(text, '\n'));
    const std::string_view device = name.substr(kPrefix.size());
    found.push_back({Leftover::Kind::kOverride, "/etc/driverctl.d/" + std::string(name),
                     std::string(driver), std::string(device), std::string(driver)});
}

void find_in_script(std::string_view text, std::string_view place, std::vector<Leftover>& found) {
    while (!text.empty()) {
        const std::string_view line = next_line(text);
        if (line.find("driver_override") == std::string_view::npos) continue;
        add(found, Leftover::Kind::kScript, place, line);
        return;
    }
}

void find_in_cmdline(std::string_view cmdline, std::vector<Leftover>& found) {
    CmdlineReader reader(cmdline);
    Word word;
    while (reader.next(word)) {
        std::string text(word.name);
        if (word.has_value) text.append("=").append(word.value);
        find_in_word(word, text, found);
    }
}

}  // namespace pt::ctl
