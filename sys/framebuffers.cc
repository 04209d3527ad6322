// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sys/framebuffers.h"

#include <algorithm>

#include "core/text.h"
#include "core/where.h"
#include "sys/file.h"

namespace pt {
namespace {

constexpr std::string_view kFramebuffers = "/sys/bus/platform/devices";
constexpr const char* kPlatformDevices = kFramebuffers.data() + 1;  // below a root directory

// Generous: some tens of kilobytes on a large machine.
constexpr std::size_t kIomemMax = std::size_t{1} << 20;

// drivers/firmware/sysfb*.c, drivers/firmware/google/framebuffer-coreboot.c
bool is_framebuffer_name(std::string_view name) {
    return name.starts_with("efi-framebuffer") || name.starts_with("vesa-framebuffer") ||
           name.starts_with("simple-framebuffer") || name.starts_with("coreboot-framebuffer");
}

std::string platform_path(std::string_view device, std::string_view attribute) {
    std::string path(kPlatformDevices);
    path.push_back('/');
    put(path, device);
    put(path, attribute);
    return path;
}

std::size_t find_device(const std::vector<PciDevice>& devices, PciAddress address) {
    for (std::size_t i = 0; i < devices.size(); ++i)
        if (devices[i].address == address) return i;
    return kNobody;
}

std::size_t owner_by_memory(int root, const PciBus& bus, const std::vector<PciDevice>& devices,
                            Unread& unread) {
    std::string iomem;
    unread.add("/proc/iomem", read_file(root, "proc/iomem", kIomemMax, iomem));
    const std::vector<AddressRange> ranges = parse_framebuffer_ranges(iomem);
    if (ranges.empty()) return kNobody;
    for (std::size_t i = 0; i < devices.size(); ++i)
        if (is_display(devices[i]) && overlap(bus.resources(devices[i].address, unread), ranges))
            return i;
    return kNobody;
}

}  // namespace

std::vector<Framebuffer> find_framebuffers(int root, const PciBus& bus,
                                           const std::vector<PciDevice>& devices, Unread& unread) {
    std::vector<Framebuffer> framebuffers;
    std::vector<std::string> names;
    unread.add(kFramebuffers, list_directory(root, kPlatformDevices, names));
    for (const std::string& name : names) {
        if (!is_framebuffer_name(name)) continue;
        std::string link;
        unread.add(kFramebuffers, read_link(root, platform_path(name, "").c_str(), link));
        const std::vector<PciAddress> parents = parse_parents(link);
        const std::size_t owner = parents.empty() ? owner_by_memory(root, bus, devices, unread)
                                                  : find_device(devices, parents.back());
        framebuffers.push_back({name, owner});
    }
    return framebuffers;
}

int platform_driver_of(int root, std::string_view device, std::string& driver) {
    return read_link_name(root, platform_path(device, "/driver").c_str(), driver);
}

int unbind_platform_device(int root, std::string_view device) {
    return write_file(root, platform_path(device, "/driver/unbind").c_str(), device);
}

bool keeps_memory(int root, std::string_view device) {
    return (device.starts_with("simple-") || device.starts_with("coreboot-")) &&
           exists(root, platform_path(device, "").c_str());
}

}  // namespace pt
