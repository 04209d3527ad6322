// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/lockout.h"

#include <algorithm>

#include "core/machine.h"
#include "core/text.h"
#include "ctl/edit.h"
#include "ctl/storage.h"
#include "sys/file.h"

namespace pt::ctl {
namespace {

constexpr std::size_t kMountsMax = 1 << 20;

// A display that has no connectors, such as the second one of a laptop.
constexpr std::uint32_t kClassDisplay3d = 0x0302;

bool is_storage(const Function& function) {
    return function.device.error == 0 &&
           base_class(function.device.ids.class_code) == kBaseClassStorage;
}

// Classes of network cards (include/linux/pci_ids.h): Ethernet and the like, and among the serial
// buses Fibre Channel and InfiniBand.
constexpr std::uint8_t kBaseClassNetwork = 0x02;
constexpr std::uint32_t kClassFibre = 0x0c04;
constexpr std::uint32_t kClassInfiniband = 0x0c06;

bool is_network(const Function& function) {
    const std::uint32_t code = function.device.ids.class_code;
    return function.device.error == 0 &&
           (base_class(code) == kBaseClassNetwork || code >> 8 == kClassFibre ||
            code >> 8 == kClassInfiniband);
}

class Taken {
  public:
    Taken(const Inventory& inventory, std::span<const std::size_t> taken)
        : inventory_(inventory), taken_(taken) {}

    [[nodiscard]] bool has(std::size_t function) const {
        return std::find(taken_.begin(), taken_.end(), function) != taken_.end();
    }
    // The one of these functions that would be taken, or none.
    [[nodiscard]] const Function* first(const std::vector<PciAddress>& functions) const {
        for (const std::size_t index : taken_) {
            const Function& function = inventory_.functions[index];
            if (std::find(functions.begin(), functions.end(), function.device.address) !=
                functions.end())
                return &function;
        }
        return nullptr;
    }
    [[nodiscard]] const Function* first_that(bool (*fits)(const Function&)) const {
        for (const std::size_t index : taken_)
            if (fits(inventory_.functions[index])) return &inventory_.functions[index];
        return nullptr;
    }

  private:
    const Inventory& inventory_;
    std::span<const std::size_t> taken_;
};

void find_display_danger(const Inventory& inventory, const Taken& taken,
                         std::vector<std::string>& dangers) {
    const Function* last = nullptr;
    for (std::size_t i = 0; i < inventory.functions.size(); ++i) {
        const Function& function = inventory.functions[i];
        // No screen hangs on a virtual function.
        if (!is_display(function.device) || function.is_virtual_function) continue;
        if (taken.has(i))
            last = last == nullptr || function.is_boot_display ? &function : last;
        else if (function.device.ids.class_code >> 8 != kClassDisplay3d)
            return;
    }
    if (last != nullptr)
        dangers.push_back(short_address(last->device.address) +
                          " is the last display that the host has: its screen would stay dark from "
                          "the boot on.");
}

// What somebody plugged in and looks at for a while.
bool is_passing(const std::string& point) {
    return point.starts_with("/media/") || point.starts_with("/run/media/") ||
           point.starts_with("/mnt/");
}

// The dangers for what is mounted, each function once: the first mount is the reason.
class MountDangers {
  public:
    MountDangers(const Taken& taken, std::vector<std::string>& dangers)
        : taken_(taken), dangers_(dangers) {}

    void add(const Mount& mount, const Base& base) {
        std::string point;
        put_printable(point, mount.point);
        add_known(taken_.first(base.disks),
                  " has the disk with " + point +
                      " behind it: the machine would not find it at the next boot.");
        add_known(taken_.first(base.networks),
                  " leads to the server of " + point +
                      ": the machine would not reach it at the next boot.");
        if (base.lacks_disk)
            add_unknown(is_storage, "which disk holds " + point, " may be its controller.");
        if (base.lacks_network)
            add_unknown(is_network, "which network card leads to the server of " + point,
                        " may be the one.");
    }

  private:
    void add_known(const Function* function, const std::string& text) {
        if (is_new(function)) dangers_.push_back(short_address(function->device.address) + text);
    }
    void add_unknown(bool (*fits)(const Function&), const std::string& what,
                     const std::string& end) {
        const Function* function = taken_.first_that(fits);
        if (is_new(function))
            dangers_.push_back("It cannot be told " + what + ", and " +
                               short_address(function->device.address) + end);
    }
    bool is_new(const Function* function) {
        if (function == nullptr ||
            std::find(found_.begin(), found_.end(), function) != found_.end())
            return false;
        found_.push_back(function);
        return true;
    }

    const Taken& taken_;
    std::vector<std::string>& dangers_;
    std::vector<const Function*> found_;
};

void find_mount_danger(int root, const Taken& taken, std::vector<std::string>& dangers) {
    std::string text;
    (void)read_file(root, "proc/self/mountinfo", kMountsMax, text);  // empty: nothing is known
    MountDangers found(taken, dangers);
    Mount root_mount;
    root_mount.point = "the root file system";
    Base root_base;
    for (const Mount& mount : parse_mounts(text)) {
        const Base base = find_base(root, mount);
        if (!is_passing(mount.point)) found.add(mount, base);
        if (mount.point == "/") root_base = base;
    }
    const bool knows_root = !root_base.disks.empty() || !root_base.networks.empty() ||
                            root_base.lacks_disk || root_base.lacks_network;
    if (knows_root) return;
    // It lies in an image or in memory, and what that comes from is mounted no more.
    root_base.lacks_disk = true;
    found.add(root_mount, root_base);
}

void find_keyboard_danger(int root, const Taken& taken, std::vector<std::string>& dangers) {
    const Function* holder = nullptr;
    std::vector<std::string> names;
    (void)list_directory(root, "sys/class/input", names);  // without it there is no keyboard
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
        const std::string directory = "sys/class/input/" + name;
        std::string keys;
        std::string link;
        if (!name.starts_with("input") ||
            read_file(root, (directory + "/capabilities/key").c_str(), 4096, keys) != 0 ||
            !is_keyboard(keys) || read_link(root, directory.c_str(), link) != 0 ||
            link.find("/virtual/") != link.npos)
            continue;
        const Function* function = taken.first(functions_above(link));
        if (function == nullptr) return;
        holder = function;
    }
    if (holder != nullptr)
        dangers.push_back(short_address(holder->device.address) +
                          " has the only keyboard of this machine behind it.");
}

}  // namespace

std::vector<std::size_t> taken_by(const Plan& plan, const Inventory& inventory) {
    std::vector<std::size_t> taken;
    for (const PlannedDevice& planned : plan.devices) {
        const Function* function = inventory.find(planned.device.address);
        if (function == nullptr || function->is_virtual_function) continue;
        if (is_acted_on(planned) || planned.reason == Reason::kNoIommuGroup)
            taken.push_back(static_cast<std::size_t>(function - inventory.functions.data()));
    }
    return taken;
}

std::vector<std::string> find_dangers(int root, const Inventory& inventory,
                                      std::span<const std::size_t> indices) {
    const Taken taken(inventory, indices);
    std::vector<std::string> dangers;
    find_display_danger(inventory, taken, dangers);
    find_mount_danger(root, taken, dangers);
    find_keyboard_danger(root, taken, dangers);
    return dangers;
}

std::vector<PciAddress> functions_above(std::string_view link) {
    std::vector<PciAddress> functions;
    while (!link.empty()) {
        const std::string_view part = cut(link, '/');
        // "0000:00:17.0": with its domain, or a part like "1-2:1.0" of USB could be taken for one
        if (std::count(part.begin(), part.end(), ':') != 2) continue;
        if (const std::optional<PciAddress> address = parse_address(part); address)
            functions.push_back(*address);
    }
    return functions;
}

bool is_keyboard(std::string_view key_bits) {
    // Words of the kernel's long, the lowest bits last, without leading zeros.
    const std::vector<std::string> words = split_words(key_bits);
    if (words.empty() || words.back().size() > 16) return false;
    const std::string& last = words.back();
    const std::optional<std::uint32_t> low =
        parse_hex(last.substr(last.size() - std::min<std::size_t>(last.size(), 8)), 8);
    constexpr std::uint32_t kEscapeToS = 0xfffffffe;
    return low && (*low & kEscapeToS) == kEscapeToS;
}

}  // namespace pt::ctl
