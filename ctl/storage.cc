// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/storage.h"

#include <algorithm>
#include <cctype>

#include "core/text.h"
#include "ctl/edit.h"
#include "ctl/lockout.h"
#include "ctl/route.h"
#include "sys/file.h"

namespace pt::ctl {
namespace {

// Devices on devices: dm on md on partitions. More levels than anybody builds.
constexpr int kDepthMax = 8;

constexpr std::size_t kTextMax = 4096;

// File systems that come over a network, with what they are called by FUSE.
constexpr std::string_view kNetworkTypes[] = {
    "nfs",    "nfs4",     "cifs",           "smb3",      "ceph",   "afs",
    "lustre", "orangefs", "fuse.glusterfs", "fuse.ceph", "beegfs",
};

std::string read_line(int root, const std::string& path) {
    std::string text;
    if (read_file(root, path.c_str(), kTextMax, text) != 0) return {};
    std::string_view rest = text;
    return std::string(cut(rest, '\n'));
}

// The value of a key in a list like "rw,addr=192.168.1.2"; empty if it is not there.
std::string value_of(std::string_view list, std::string_view key) {
    while (!list.empty()) {
        std::string_view value = cut(list, ',');
        if (cut(value, '=') == key && !value.empty()) return std::string(value);
    }
    return {};
}

// The component of a path that begins like this and goes on with a digit: "session1".
std::string component_of(std::string_view path, std::string_view start) {
    while (!path.empty()) {
        const std::string_view part = cut(path, '/');
        if (part.size() > start.size() && part.starts_with(start) &&
            std::isdigit(static_cast<unsigned char>(part[start.size()])) != 0)
            return std::string(part);
    }
    return {};
}

std::vector<std::string> names_in(int root, const std::string& directory) {
    std::vector<std::string> names;
    (void)list_directory(root, directory.c_str(), names);  // what is not there has no names
    return names;
}

class Search {
  public:
    explicit Search(int root) : root_(root) {}

    // A block device, by its directory in sysfs.
    void add_device(const std::string& directory, int depth = kDepthMax) {
        std::string link;
        if (depth == 0 || read_link(root_, directory.c_str(), link) != 0 || link.empty()) {
            base_.lacks_disk = true;
            return;
        }
        const bool is_partition = exists(root_, (directory + "/partition").c_str());
        const std::string whole = directory + (is_partition ? "/.." : "");
        if (add_paths_of_nvme(link) || add_target_of_iscsi(link) || add_devices_below(whole, depth))
            return;
        const std::vector<PciAddress> above = functions_above(link);
        base_.disks.insert(base_.disks.end(), above.begin(), above.end());
        if (link.find("/virtual/") != link.npos) add_unknown(link);
    }
    void add_device_of(const std::string& name) { add_device("sys/class/block/" + name); }

    // What leads to a server. Without an address, or without a route, that is not known.
    void add_server(std::string_view address) {
        const std::vector<PciAddress> functions = functions_to(root_, address);
        base_.networks.insert(base_.networks.end(), functions.begin(), functions.end());
        if (functions.empty()) base_.lacks_network = true;
    }
    void lack_disk() { base_.lacks_disk = true; }

    [[nodiscard]] const Base& base() const { return base_; }

  private:
    // What a device of the device mapper, md or bcache is made of.
    bool add_devices_below(const std::string& directory, int depth) {
        const std::vector<std::string> below = names_in(root_, directory + "/slaves");
        for (const std::string& name : below) add_device("sys/class/block/" + name, depth - 1);
        const std::string caches = directory + "/bcache/cache";
        for (const std::string& name : names_in(root_, caches)) {
            // links to a directory of the caching device: ".../block/sda/sda3/bcache"
            std::string link;
            if (component_of(name, "cache") != name ||
                read_link(root_, std::string(caches).append("/").append(name).c_str(), link) != 0)
                continue;
            const std::vector<PciAddress> above = functions_above(link);
            base_.disks.insert(base_.disks.end(), above.begin(), above.end());
        }
        return !below.empty();
    }
    // A namespace that several controllers may reach, or one in the network, is not below them
    // (drivers/nvme/host/multipath.c, fabrics.c).
    bool add_paths_of_nvme(const std::string& link) {
        if (link.find("/nvme-fabrics/") != link.npos) {
            add_controller_of_nvme(component_of(link, "nvme"), link);
            return true;
        }
        const std::string subsystem = component_of(link, "nvme-subsys");
        if (subsystem.empty()) return false;
        const std::string directory = "sys/class/nvme-subsystem/" + subsystem;
        bool has_path = false;
        for (const std::string& name : names_in(root_, directory)) {
            std::string controller;
            // "nvme0" is a link to a controller, "nvme0n1" the namespace
            if (component_of(name, "nvme") != name || name.find('n', 1) != name.npos ||
                read_link(root_, std::string(directory).append("/").append(name).c_str(),
                          controller) != 0)
                continue;
            add_controller_of_nvme(name, controller);
            has_path = true;
        }
        if (!has_path) base_.lacks_disk = true;
        return true;
    }
    void add_controller_of_nvme(const std::string& name, const std::string& link) {
        const std::vector<PciAddress> above = functions_above(link);
        base_.disks.insert(base_.disks.end(), above.begin(), above.end());
        if (above.empty())
            add_server(value_of(read_line(root_, "sys/class/nvme/" + name + "/address"), "traddr"));
    }
    // Unless a card does the protocol, and then the disk is below it (drivers/scsi/scsi_transport_
    // iscsi.c).
    bool add_target_of_iscsi(const std::string& link) {
        const std::string session = component_of(link, "session");
        if (session.empty() || !functions_above(link).empty()) return false;
        const std::string number = session.substr(std::string_view("session").size());
        add_server(
            read_line(root_, "sys/class/iscsi_connection/connection" + number + ":0/address"));
        return true;
    }
    // A block device that no other is below of, and no PCI function above.
    void add_unknown(const std::string& link) {
        const std::string name = link.substr(link.rfind('/') + 1);
        const auto is_one_of = [&](std::string_view starts) {
            while (!starts.empty())
                if (name.starts_with(cut(starts, '|'))) return true;
            return false;
        };
        if (is_one_of("nbd|rbd|drbd")) base_.lacks_network = true;
        // A file is on another file system, and memory on nothing. Others, as those of ZFS, cannot
        // be told.
        if (!is_one_of("nbd|rbd|loop|ram|zram")) base_.lacks_disk = true;
    }

    int root_;
    Base base_;
};

// The last component of the device file's path, behind its link: "/dev/mapper/root" is "dm-0".
std::string device_name(int root, const std::string& source) {
    std::string name;
    (void)read_link_name(root, source.c_str() + 1, name);  // a device is no link
    return name.empty() ? source.substr(source.rfind('/') + 1) : name;
}

// All devices of a volume of btrfs, of which mountinfo names one (fs/btrfs/sysfs.c).
void add_btrfs(int root, const std::string& source, Search& search) {
    const std::string name = device_name(root, source);
    for (const std::string& volume : names_in(root, "sys/fs/btrfs")) {
        const std::vector<std::string> devices =
            names_in(root, "sys/fs/btrfs/" + volume + "/devices");
        if (std::find(devices.begin(), devices.end(), name) == devices.end()) continue;
        for (const std::string& device : devices) search.add_device_of(device);
        return;
    }
    search.add_device_of(name);
    search.lack_disk();  // there may be more
}

// "/dev/sda2:/dev/sdb2", as bcachefs names all of its devices.
void add_devices(int root, std::string_view source, Search& search) {
    while (!source.empty()) {
        const std::string device(cut(source, ':'));
        if (device.starts_with("/dev/")) search.add_device_of(device_name(root, device));
    }
}

// The address of a server: in the options of NFS and CIFS, in front of what is mounted with Ceph.
std::string server_of(const Mount& mount) {
    std::string address = value_of(mount.options, "addr");
    if (!address.empty() || mount.type != "ceph") return address;
    // "192.168.1.2:6789,192.168.1.3:6789:/": any of the monitors stands for the cluster
    return mount.source.substr(0, mount.source.find(':'));
}

}  // namespace

std::vector<Mount> parse_mounts(std::string_view mountinfo) {
    std::vector<Mount> mounts;
    while (!mountinfo.empty()) {
        const std::vector<std::string> fields = split_words(cut(mountinfo, '\n'));
        const auto dash = std::find(fields.begin(), fields.end(), "-");
        // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
        if (dash - fields.begin() < 6 || fields.end() - dash < 3) continue;
        const std::string options = fields.end() - dash > 3 ? dash[3] : std::string();
        mounts.push_back({fields[2], fields[4], dash[1], dash[2], options});
    }
    return mounts;
}

Base find_base(int root, const Mount& mount) {
    Search search(root);
    const bool is_network = std::find(std::begin(kNetworkTypes), std::end(kNetworkTypes),
                                      mount.type) != std::end(kNetworkTypes);
    if (!mount.device.starts_with("0:"))
        search.add_device("sys/dev/block/" + mount.device);
    else if (mount.type == "btrfs")
        add_btrfs(root, mount.source, search);
    else if (mount.source.starts_with("/dev/"))
        add_devices(root, mount.source, search);
    else if (mount.type == "zfs")
        search.lack_disk();  // sysfs says nothing of its pools
    else if (is_network)
        search.add_server(server_of(mount));
    return search.base();
}

}  // namespace pt::ctl
