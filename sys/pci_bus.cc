// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sys/pci_bus.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/text.h"

namespace pt {
namespace {

// A modalias has 55 bytes; anything near this length is none.
constexpr std::size_t kModaliasMax = 128;

// driver_override holds less than a page (drivers/base/driver.c driver_set_override).
constexpr std::size_t kOverrideMax = 4097;

std::string device_path(PciAddress address, std::string_view attribute) {
    std::string path("devices/");
    put_address(path, address);
    path.push_back('/');
    put(path, attribute);
    return path;
}

std::string driver_path(std::string_view driver, std::string_view attribute) {
    std::string path("drivers/");
    put(path, driver);
    path.push_back('/');
    put(path, attribute);
    return path;
}

// Reads what a device is. `devices` is the open directory of all devices.
int read_ids(int devices, const char* name, PciIds& ids) {
    char path[64];
    const std::string_view leaf = "/modalias";
    const std::string_view directory(name);
    if (directory.size() + leaf.size() >= sizeof path) return ENAMETOOLONG;
    char* end = std::copy(directory.begin(), directory.end(), path);
    *std::copy(leaf.begin(), leaf.end(), end) = '\0';

    char buffer[kModaliasMax];
    std::string_view text;
    const int error = read_small_file(devices, path, buffer, sizeof buffer, text);
    if (error == EFBIG) return EBADMSG;
    if (error != 0) return error;
    const std::optional<PciIds> parsed = parse_modalias(text);
    if (!parsed) return EBADMSG;
    ids = *parsed;
    return 0;
}

// sysfs says ENOENT for a device that is gone, and ENODEV for one that goes while it is read.
bool is_gone(int error) {
    return error == ENOENT || error == ENODEV;
}

// The group's number, or -1 for a name that is none.
std::int32_t parse_group(std::string_view name) {
    if (name.empty() || name.size() > 9) return -1;
    std::int32_t number = 0;
    for (char c : name) {
        if (c < '0' || c > '9') return -1;
        number = number * 10 + (c - '0');
    }
    return number;
}

}  // namespace

PciBus::PciBus(int root) {
    // Its absence shows in the first use.
    (void)open_directory(root, "sys/bus/pci", bus_);
}

int PciBus::list(std::vector<PciDevice>& devices) const {
    if (!bus_.is_open()) return ENOENT;
    const int fd = openat(bus_.get(), "devices", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return errno;
    DIR* entries = fdopendir(fd);
    if (entries == nullptr) {
        const int error = errno;
        close(fd);
        return error;
    }
    int error = 0;
    while (const dirent* entry = next_entry(entries, error)) {
        const std::optional<PciAddress> address = parse_address(entry->d_name);
        if (!address) continue;
        PciDevice device;
        device.address = *address;
        device.error = read_ids(fd, entry->d_name, device.ids);
        if (!is_gone(device.error)) devices.push_back(device);
    }
    closedir(entries);
    if (error != 0) devices.clear();  // a part of them says nothing of equal cards
    // A heap sort, for it is the smallest one.
    const auto before = [](const PciDevice& a, const PciDevice& b) {
        return a.address < b.address;
    };
    std::make_heap(devices.begin(), devices.end(), before);
    std::sort_heap(devices.begin(), devices.end(), before);
    return error;
}

DeviceState PciBus::state(PciAddress address) const {
    DeviceState state;
    state.error = driver_of(address, state.driver);
    if (state.error == 0 && !exists(bus_.get(), device_path(address, "").c_str()))
        state.error = ENODEV;
    state.group_error = group_of(address, state.iommu_group);
    return state;
}

std::vector<PciAddress> PciBus::parents(PciAddress address) const {
    std::string name("devices/");
    put_address(name, address);
    std::string link;
    if (read_link(bus_.get(), name.c_str(), link) != 0) return {};
    return parse_parents(link);
}

int PciBus::group_of(PciAddress address, std::int32_t& group) const {
    std::string name;
    const int error = read_link_name(bus_.get(), device_path(address, "iommu_group").c_str(), name);
    group = parse_group(name);
    return error;
}

int PciBus::boot_vga_of(PciAddress address, bool& is_boot_vga) const {
    char buffer[8];
    std::string_view text;
    const int error = read_small_file(bus_.get(), device_path(address, "boot_vga").c_str(), buffer,
                                      sizeof buffer, text);
    is_boot_vga = error == 0 && text.starts_with('1');
    if (is_gone(error)) return 0;
    return error == 0 && !is_boot_vga && !text.starts_with('0') ? EBADMSG : error;
}

std::vector<AddressRange> PciBus::resources(PciAddress address, Unread& unread) const {
    // 17 lines at most, of 57 bytes each
    std::string text;
    const std::string path = device_path(address, "resource");
    unread.add("a display's resource", read_file(bus_.get(), path.c_str(), 4096, text));
    return parse_resources(text);
}

int PciBus::driver_of(PciAddress address, std::string& driver) const {
    return read_link_name(bus_.get(), device_path(address, "driver").c_str(), driver);
}

bool PciBus::has_driver(std::string_view driver) const {
    return exists(bus_.get(), driver_path(driver, "bind").c_str());
}

int PciBus::read_override(PciAddress address, std::string& driver) const {
    char buffer[kOverrideMax];
    std::string_view text;
    const int error = read_small_file(bus_.get(), device_path(address, "driver_override").c_str(),
                                      buffer, sizeof buffer, text);
    if (error != 0) return error;
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text == "(null)") text = {};  // how the kernel prints none
    driver.assign(text.data(), text.size());
    return 0;
}

int PciBus::write_override(PciAddress address, std::string_view driver) const {
    return write_file(bus_.get(), device_path(address, "driver_override").c_str(), driver);
}

int PciBus::unbind(PciAddress address, std::string_view driver) const {
    std::string name;
    put_address(name, address);
    return write_file(bus_.get(), driver_path(driver, "unbind").c_str(), name);
}

int PciBus::bind(PciAddress address, std::string_view driver) const {
    std::string name;
    put_address(name, address);
    return write_file(bus_.get(), driver_path(driver, "bind").c_str(), name);
}

std::vector<PciAddress> group_members(int root, std::int32_t group, Unread& unread) {
    std::string path("sys/kernel/iommu_groups/");
    put_decimal(path, static_cast<std::uint64_t>(group));
    put(path, "/devices");
    std::vector<std::string> names;
    std::vector<PciAddress> members;
    unread.add("/sys/kernel/iommu_groups", list_directory(root, path.c_str(), names));
    for (const std::string& name : names)
        if (const std::optional<PciAddress> address = parse_address(name); address)
            members.push_back(*address);
    return members;
}

IommuFacts read_iommu_facts(int root) {
    IommuFacts facts;
    facts.has_groups = has_entries(root, "sys/kernel/iommu_groups");
    facts.has_dmar = exists(root, "sys/firmware/acpi/tables/DMAR");
    facts.has_ivrs = exists(root, "sys/firmware/acpi/tables/IVRS");
    return facts;
}

}  // namespace pt
