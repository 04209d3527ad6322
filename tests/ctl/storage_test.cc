// SPDX-License-Identifier: LGPL-2.1-or-later
// What mounted file systems lie on, in trees like those of sysfs.
#include "ctl/storage.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "core/report.h"
#include "tests/unit/scratch_dir.h"

namespace {

using namespace pt;
using namespace pt::ctl;

Base base_of(const ScratchDir& root, const std::string& line) {
    const std::vector<Mount> mounts = parse_mounts(line);
    REQUIRE(mounts.size() == 1);
    return find_base(root.fd(), mounts[0]);
}

bool has(const std::vector<PciAddress>& functions, const char* address) {
    return std::find(functions.begin(), functions.end(), *parse_address(address)) !=
           functions.end();
}

// A disk below a PCI function.
void disk(const ScratchDir& root, const std::string& name, const std::string& function) {
    root.link("sys/class/block/" + name,
              "../../devices/pci0000:00/" + function + "/ata1/host0/block/" + name);
}

// A device without hardware of its own.
void virtual_disk(const ScratchDir& root, const std::string& number, const std::string& name,
                  const std::vector<std::string>& slaves) {
    const std::string place = "devices/virtual/block/" + name;
    root.write("sys/" + place + "/size", "1");
    for (const std::string& slave : slaves)
        root.link("sys/" + place + "/slaves/" + slave, "../../somewhere/" + slave);
    root.link("sys/class/block/" + name, "../../" + place);
    root.link("sys/dev/block/" + number, "../../" + place);
}

TEST_CASE("a volume of btrfs lies on all of its devices", "[storage]") {
    const ScratchDir root;
    disk(root, "sda2", "0000:00:17.0");
    disk(root, "sdb1", "0000:03:00.0");
    disk(root, "sdc1", "0000:04:00.0");
    root.write("sys/fs/btrfs/features/raid56", "0");
    root.write("sys/fs/btrfs/aaaa/devices/sdc1", "");
    root.write("sys/fs/btrfs/bbbb/devices/sda2", "");
    root.write("sys/fs/btrfs/bbbb/devices/sdb1", "");
    const Base base = base_of(root, "1 0 0:30 /@ / rw - btrfs /dev/sda2 rw");
    CHECK(has(base.disks, "00:17.0"));
    CHECK(has(base.disks, "03:00.0"));
    CHECK(base.disks.size() == 2);
    CHECK_FALSE(base.lacks_disk);
    CHECK(base_of(root, "1 0 0:30 /@ / rw - btrfs /dev/sdd1 rw").lacks_disk);
    disk(root, "sdd1", "0000:05:00.0");
    CHECK(base_of(root, "1 0 0:30 /@ / rw - btrfs /dev/sdd1 rw").lacks_disk);
}

TEST_CASE("RAID, LVM and encryption lie on what is below them, partitions of RAID too",
          "[storage]") {
    const ScratchDir root;
    disk(root, "sda", "0000:00:17.0");
    disk(root, "sdb", "0000:03:00.0");
    virtual_disk(root, "9:126", "md126", {"sda", "sdb"});
    root.write("sys/devices/virtual/block/md126/md126p2/partition", "2");
    root.link("sys/class/block/md126p2", "../../devices/virtual/block/md126/md126p2");
    virtual_disk(root, "253:0", "dm-0", {"md126p2"});
    virtual_disk(root, "253:1", "dm-1", {"dm-0"});
    for (const char* number : {"9:126", "253:0", "253:1"}) {
        INFO(number);
        const Base base = base_of(root, std::string("1 0 ") + number + " / / rw - ext4 x rw");
        CHECK(base.disks.size() == 2);
        CHECK_FALSE(base.lacks_disk);
    }
    virtual_disk(root, "253:2", "dm-2", {"sda", "gone"});
    CHECK(base_of(root, "1 0 253:2 / / rw - ext4 x rw").lacks_disk);
    virtual_disk(root, "253:3", "dm-3", {"dm-3"});
    CHECK(base_of(root, "1 0 253:3 / / rw - ext4 x rw").lacks_disk);
}

TEST_CASE("bcache lies on its cache too, bcachefs on all that it names", "[storage]") {
    const ScratchDir root;
    disk(root, "sda", "0000:00:17.0");
    disk(root, "sdb", "0000:03:00.0");
    virtual_disk(root, "252:0", "bcache0", {"sda"});
    root.link("sys/devices/virtual/block/bcache0/bcache/cache/cache0",
              "../../../../../pci0000:00/0000:04:00.0/nvme/nvme0/nvme0n1/bcache");
    Base base = base_of(root, "1 0 252:0 / / rw - ext4 /dev/bcache0 rw");
    CHECK(has(base.disks, "00:17.0"));
    CHECK(has(base.disks, "04:00.0"));
    base = base_of(root, "1 0 0:30 / / rw - bcachefs /dev/sda:/dev/sdb rw");
    CHECK(has(base.disks, "00:17.0"));
    CHECK(has(base.disks, "03:00.0"));
    CHECK_FALSE(base.lacks_disk);
}

TEST_CASE("NVMe with several paths lies on every controller", "[storage]") {
    const ScratchDir root;
    const std::string head = "devices/virtual/nvme-subsystem/nvme-subsys0";
    root.write("sys/" + head + "/nvme0n1/nvme0n1p2/partition", "2");
    root.link("sys/dev/block/259:2", "../../" + head + "/nvme0n1/nvme0n1p2");
    root.link("sys/class/nvme-subsystem/nvme-subsys0", "../../" + head);
    CHECK(base_of(root, "1 0 259:2 / / rw - ext4 x rw").lacks_disk);
    root.link("sys/" + head + "/nvme0", "../../../pci0000:00/0000:02:00.0/nvme/nvme0");
    root.link("sys/" + head + "/nvme1", "../../../pci0000:00/0000:03:00.0/nvme/nvme1");
    const Base base = base_of(root, "1 0 259:2 / / rw - ext4 /dev/nvme0n1p2 rw");
    CHECK(base.disks.size() == 2);
    CHECK(has(base.disks, "02:00.0"));
    CHECK_FALSE(base.lacks_disk);
}

TEST_CASE("disks in the network lie on the card that leads to them", "[storage]") {
    const ScratchDir root;
    root.link("sys/class/net/eth0", "../../devices/pci0000:00/0000:05:00.0/net/eth0");
    root.write("proc/net/route", "eth0 0001A8C0 00000000 0001 0 0 100 00FFFFFF 0 0 0\n");
    root.link("sys/dev/block/8:1",
              "../../devices/platform/host2/session1/target2:0:0/2:0:0:1/block/sda/sda1");
    root.write("sys/class/iscsi_connection/connection1:0/address", "192.168.1.2\n");
    root.link("sys/dev/block/8:17",
              "../../devices/pci0000:00/0000:06:00.0/host3/session2/target3:0:0/block/sdb/sdb1");
    root.link("sys/dev/block/259:1", "../../devices/virtual/nvme-fabrics/ctl/nvme3/nvme3n1");
    root.write("sys/class/nvme/nvme3/address", "traddr=192.168.1.3,trsvcid=4420\n");
    for (const char* line : {"1 0 8:1 / / rw - ext4 /dev/sda1 rw", "1 0 259:1 / / rw - xfs x rw",
                             "1 0 0:9 / / rw - nfs nas:/ rw,addr=192.168.1.2",
                             "1 0 0:9 / / rw - cifs //nas/a rw,vers=3,addr=192.168.1.2,uid=0",
                             "1 0 0:9 / / rw - ceph 192.168.1.2:6789,192.168.1.3:6789:/ rw"}) {
        INFO(line);
        const Base base = base_of(root, line);
        CHECK(base.networks.size() == 1);
        CHECK(has(base.networks, "05:00.0"));
        CHECK(base.disks.empty());
        CHECK_FALSE(base.lacks_network);
        CHECK_FALSE(base.lacks_disk);
    }
    CHECK(has(base_of(root, "1 0 8:17 / / rw - ext4 /dev/sdb1 rw").disks, "06:00.0"));
    for (const char* line :
         {"1 0 0:9 / / rw - nfs nas:/ rw", "1 0 0:9 / / rw - nfs nas:/ rw,addr=",
          "1 0 0:9 / / rw - nfs nas:/ rw,addr=nas", "1 0 0:9 / / rw - nfs4 nas:/ rw,addr=10.0.0.1",
          "1 0 0:9 / / rw - fuse.glusterfs nas:/a rw"}) {
        INFO(line);
        CHECK(base_of(root, line).lacks_network);
    }
    virtual_disk(root, "43:0", "nbd0", {});
    CHECK(base_of(root, "1 0 43:0 / / rw - ext4 /dev/nbd0 rw").lacks_network);
    CHECK_FALSE(base_of(root, "1 0 43:0 / / rw - ext4 /dev/nbd0 rw").lacks_disk);
}

TEST_CASE("what is on no disk lies on nothing, what cannot be told is said", "[storage]") {
    const ScratchDir root;
    virtual_disk(root, "7:1", "loop1", {});
    virtual_disk(root, "251:0", "zram0", {});
    virtual_disk(root, "230:0", "zd0", {});
    for (const char* line :
         {"1 0 0:5 / /tmp rw - tmpfs tmpfs rw", "1 0 7:1 / /snap/a rw - squashfs x rw",
          "1 0 251:0 / /var/log rw - ext4 /dev/zram0 rw"}) {
        INFO(line);
        const Base base = base_of(root, line);
        CHECK(base.disks.empty());
        CHECK_FALSE(base.lacks_disk);
        CHECK_FALSE(base.lacks_network);
    }
    for (const char* line : {"1 0 0:5 / / rw - zfs rpool/ROOT/debian rw",
                             "1 0 9:9 / / rw - ext4 x rw", "1 0 230:0 / / rw - ext4 /dev/zd0 rw"}) {
        INFO(line);
        CHECK(base_of(root, line).lacks_disk);
    }
}

TEST_CASE("lines of mountinfo that make no sense are passed over", "[lockout]") {
    CHECK(parse_mounts("36 35 98:0 /m1 /m2 rw,a master:1 - ext3 /dev/root rw\n").front().point ==
          "/m2");
    CHECK(parse_mounts("36 35 98:0 /m1 /m2 rw - ext3 /dev/root rw").size() == 1);
    for (const char* text : {"", "\n\n", "36 35 98:0 / /", "36 35 98:0 / / rw ext4 /dev/a rw",
                             "- - -", "1 2 3 4 5 6 -", "1 2 3 4 5 6 - ext4"}) {
        INFO(text);
        CHECK(parse_mounts(text).empty());
    }
}

}  // namespace
