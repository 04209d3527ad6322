// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/lockout.h"

#include <algorithm>

#include "core/machine.h"
#include "core/text.h"
#include "ctl/edit.h"
#include "sys/file.h"

namespace pt::ctl {
namespace {

constexpr std::size_t kMountsMax = 1 << 20;

// A display that has no connectors, such as the second one of a laptop.
constexpr std::uint32_t kClassDisplay3d = 0x0302;

// Devices on devices: dm on md on partitions. More levels than anybody builds.
constexpr int kDepthMax = 8;

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
    [[nodiscard]] const Function* first_storage() const {
        for (const std::size_t index : taken_) {
            const Function& function = inventory_.functions[index];
            if (function.device.error == 0 &&
                base_class(function.device.ids.class_code) == kBaseClassStorage)
                return &function;
        }
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
        if (!is_display(function.device)) continue;
        if (taken.has(i))
            last = last == nullptr || function.is_boot_display ? &function : last;
        else if (function.device.ids.class_code >> 8 != kClassDisplay3d)
            return;
    }
    if (last != nullptr)
        dangers.push_back(short_address(last->device.address) +
                          " is the only display of this machine: its screen would stay dark from "
                          "the boot on.");
}

// The disks below a block device: itself, or those that it is made of.
void find_disks(int root, const std::string& directory, int depth,
                std::vector<PciAddress>& functions) {
    std::string link;
    if (read_link(root, directory.c_str(), link) != 0) return;
    const std::vector<PciAddress> above = functions_above(link);
    functions.insert(functions.end(), above.begin(), above.end());
    std::vector<std::string> below;
    if (depth == 0 || list_directory(root, (directory + "/slaves").c_str(), below) != 0) return;
    for (const std::string& name : below)
        find_disks(root, "sys/class/block/" + name, depth - 1, functions);
}

// The PCI functions that a mounted file system depends on; none if it is on no block device.
std::vector<PciAddress> functions_below(int root, const Mount& mount) {
    std::vector<PciAddress> functions;
    if (!mount.device.starts_with("0:")) {
        find_disks(root, "sys/dev/block/" + mount.device, kDepthMax, functions);
    } else if (mount.source.starts_with("/dev/")) {
        // A volume of btrfs, on the device that was named when it was mounted.
        std::string name;
        (void)read_link_name(root, mount.source.c_str() + 1, name);  // a device is no link
        if (name.empty()) name = mount.source.substr(mount.source.rfind('/') + 1);
        find_disks(root, "sys/class/block/" + name, kDepthMax, functions);
    }
    return functions;
}

// What somebody plugged in and looks at for a while.
bool is_passing(const std::string& point) {
    return point.starts_with("/media/") || point.starts_with("/run/media/") ||
           point.starts_with("/mnt/");
}

void find_disk_danger(int root, const Taken& taken, std::vector<std::string>& dangers) {
    std::string text;
    (void)read_file(root, "proc/self/mountinfo", kMountsMax, text);  // empty: nothing is known
    bool knows_root = false;
    std::vector<const Function*> found;
    for (const Mount& mount : parse_mounts(text)) {
        const std::vector<PciAddress> functions = functions_below(root, mount);
        if (mount.point == "/") knows_root = !functions.empty();
        const Function* function = is_passing(mount.point) ? nullptr : taken.first(functions);
        if (function == nullptr || std::find(found.begin(), found.end(), function) != found.end())
            continue;
        found.push_back(function);
        std::string point;
        put_printable(point, mount.point);
        dangers.push_back(short_address(function->device.address) + " has the disk with " + point +
                          " behind it: the machine would not find it at the next boot.");
    }
    const Function* storage = taken.first_storage();
    if (!knows_root && found.empty() && storage != nullptr)
        dangers.push_back("It cannot be told which disk holds the root file system, and " +
                          short_address(storage->device.address) + " may be its controller.");
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

std::vector<std::string> find_dangers(int root, const Inventory& inventory,
                                      std::span<const std::size_t> indices) {
    const Taken taken(inventory, indices);
    std::vector<std::string> dangers;
    find_display_danger(inventory, taken, dangers);
    find_disk_danger(root, taken, dangers);
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

std::vector<Mount> parse_mounts(std::string_view mountinfo) {
    std::vector<Mount> mounts;
    while (!mountinfo.empty()) {
        const std::vector<std::string> fields = split_words(cut(mountinfo, '\n'));
        const auto dash = std::find(fields.begin(), fields.end(), "-");
        // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw
        if (dash - fields.begin() < 6 || fields.end() - dash < 3) continue;
        mounts.push_back({fields[2], fields[4], dash[2]});
    }
    return mounts;
}

}  // namespace pt::ctl
