// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/lockout.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/scratch_dir.h"

namespace {

using namespace pt;
using namespace pt::ctl;
namespace fs = std::filesystem;

constexpr const char* kKeyboard = "402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe\n";
constexpr const char* kMouse = "1f0000 0 0 0 0\n";

Function function(const char* address, std::uint32_t class_code) {
    Function made;
    made.device.address = *parse_address(address);
    made.device.ids.class_code = class_code;
    return made;
}

// Two displays, a disk's controller and two USB controllers.
Inventory machine() {
    Inventory inventory;
    inventory.functions = {function("00:02.0", 0x030000), function("00:14.0", 0x0c0330),
                           function("00:17.0", 0x010601), function("01:00.0", 0x030000),
                           function("02:00.0", 0x0c0330)};
    return inventory;
}

void input(const ScratchDir& root, const std::string& name, const std::string& place,
           const char* keys) {
    const std::string real = "sys/devices/" + place + "/input/" + name;
    root.write(real + "/capabilities/key", keys);
    fs::create_directories(root.path("sys/class/input"));
    fs::create_directory_symlink("../../../" + real, root.path("sys/class/input/" + name));
}

std::size_t dangers(const ScratchDir& root, std::vector<std::size_t> taken) {
    return find_dangers(root.fd(), machine(), taken).size();
}

TEST_CASE("the only display is a danger, one of two is none", "[lockout]") {
    const ScratchDir root;
    CHECK(dangers(root, {0}) == 0);
    CHECK(dangers(root, {3}) == 0);
    CHECK(dangers(root, {0, 3}) == 1);
    Inventory laptop;
    laptop.functions = {function("00:02.0", 0x030000), function("01:00.0", 0x030200)};
    CHECK(find_dangers(root.fd(), laptop, std::vector<std::size_t>{0}).size() == 1);
    CHECK(find_dangers(root.fd(), laptop, std::vector<std::size_t>{1}).empty());
    Inventory with_virtual;
    with_virtual.functions = {function("00:02.0", 0x030000), function("00:02.1", 0x030000)};
    with_virtual.functions[1].is_virtual_function = true;
    CHECK(find_dangers(root.fd(), with_virtual, std::vector<std::size_t>{0}).size() == 1);
}

TEST_CASE("the controller of the only keyboard is a danger", "[lockout]") {
    const ScratchDir root;
    CHECK(dangers(root, {1, 4}) == 0);
    input(root, "input3", "pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/0003:046D:C31C.0001",
          kKeyboard);
    input(root, "input4", "pci0000:00/0000:02:00.0/usb2/2-1/2-1:1.0/0003:046D:C077.0002", kMouse);
    input(root, "input5", "virtual", kKeyboard);
    CHECK(dangers(root, {1}) == 1);
    CHECK(dangers(root, {4}) == 0);
    input(root, "input6", "platform/i8042/serio0", kKeyboard);
    CHECK(dangers(root, {1}) == 0);
}

TEST_CASE("a controller with a mounted disk behind it is a danger", "[lockout]") {
    const ScratchDir root;
    fs::create_directories(root.path("sys/dev/block"));
    fs::create_directories(root.path("sys/class/block"));
    const std::string disk = "../../devices/pci0000:00/0000:00:17.0/ata1/host0/block/sda/sda2";
    fs::create_symlink(disk, root.path("sys/dev/block/8:2"));
    fs::create_symlink(disk, root.path("sys/class/block/sda2"));
    fs::create_symlink("../../devices/pci0000:00/0000:00:14.0/usb1/1-1/block/sdb/sdb1",
                       root.path("sys/dev/block/8:17"));
    root.write("sys/devices/virtual/block/dm-0/slaves/sda2", "");
    fs::create_symlink("../../devices/virtual/block/dm-0", root.path("sys/dev/block/253:0"));
    fs::create_symlink("../../devices/virtual/block/dm-0", root.path("sys/class/block/dm-0"));
    fs::create_directories(root.path("dev/mapper"));
    fs::create_symlink("../dm-0", root.path("dev/mapper/root"));

    CHECK(dangers(root, {2}) == 1);  // where the root is cannot be told
    for (const char* root_mount : {"1 0 8:2 / / rw - ext4 /dev/sda2 rw\n",
                                   "1 0 253:0 / / rw shared:1 - ext4 /dev/mapper/root rw\n",
                                   "1 0 0:30 /@ / rw shared:1 - btrfs /dev/mapper/root rw\n"}) {
        INFO(root_mount);
        root.write("proc/self/mountinfo", root_mount);
        CHECK(dangers(root, {2}) == 1);
        CHECK(dangers(root, {1}) == 0);
        root.write("proc/self/mountinfo",
                   std::string(root_mount) + "2 1 8:17 / /boot rw - vfat /dev/sdb1 rw\n");
        CHECK(dangers(root, {1}) == 1);
        CHECK(dangers(root, {1, 2}) == 2);
        root.write("proc/self/mountinfo",
                   std::string(root_mount) + "2 1 8:17 / /media/me/stick rw - vfat /dev/sdb1 rw\n");
        CHECK(dangers(root, {1}) == 0);
    }
    root.write("proc/self/mountinfo", "1 0 8:17 / / rw - ext4 /dev/sdb1 rw\n");
    CHECK(dangers(root, {2}) == 0);
}

TEST_CASE("keys make a keyboard", "[lockout]") {
    CHECK(is_keyboard(kKeyboard));
    CHECK(is_keyboard("fffffffffffffffe"));
    CHECK(is_keyboard("ffff ffffffff"));
    for (const char* keys : {"", "0", kMouse, "fffffffc", "7fffffff", "10000000000000000", "xyz",
                             "fffffffe 0", "ffffffffffffffffffffe"}) {
        INFO(keys);
        CHECK_FALSE(is_keyboard(keys));
    }
}

TEST_CASE("functions are found in links, whatever else is in them", "[lockout]") {
    CHECK(functions_above("../../devices/pci0000:00/0000:00:1d.0/0000:03:00.0/nvme/nvme0/nvme0n1")
              .size() == 2);
    for (const char* link : {"", "/", "../../devices/virtual/block/dm-0", "a/1-2:1.0/b",
                             "0003:046D:C31C.0001", "0000:00:1d", "00:1d.0", "0000:00:99.0"}) {
        INFO(link);
        CHECK(functions_above(link).empty());
    }
}

// A network card beside the disk's controller.
Inventory server() {
    Inventory inventory;
    inventory.functions = {function("00:17.0", 0x010601), function("05:00.0", 0x020000),
                           function("06:00.0", 0x020000), function("07:00.0", 0x0c0400)};
    return inventory;
}

TEST_CASE("a network card with a file system behind it is a danger", "[lockout]") {
    const ScratchDir root;
    root.link("sys/class/net/eth0", "../../devices/pci0000:00/0000:05:00.0/net/eth0");
    root.write("proc/net/route",
               "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
               "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n");
    const auto found = [&](const char* mounts, std::size_t index) {
        root.write("proc/self/mountinfo", mounts);
        return find_dangers(root.fd(), server(), std::vector<std::size_t>{index});
    };
    const char* known = "1 0 0:20 / / rw - nfs4 nas:/root rw,vers=4.2,addr=192.168.1.9\n";
    CHECK(found(known, 1) ==
          std::vector<std::string>{"05:00.0 leads to the server of /: the machine would not reach "
                                   "it at the next boot."});
    CHECK(found(known, 0).empty());
    CHECK(found(known, 2).empty());
    const char* unknown = "1 0 0:20 / / rw - nfs4 nas:/root rw,addr=10.0.0.1\n";
    CHECK(found(unknown, 0).empty());
    for (const std::size_t index : {1U, 2U, 3U}) {
        const std::vector<std::string> dangers = found(unknown, index);
        REQUIRE(dangers.size() == 1);
        CHECK(dangers[0].starts_with("It cannot be told which network card leads to the server"));
    }
    CHECK(found("1 0 0:20 / / rw - nfs4 nas:/ rw,addr=192.168.1.9\n"
                "2 1 0:21 / /mnt/nas rw - nfs4 nas:/a rw,addr=10.0.0.1\n",
                2)
              .empty());
}

TEST_CASE("of a file system on disks that are not known, any controller may be the one",
          "[lockout]") {
    const ScratchDir root;
    for (const char* mounts :
         {"", "1 0 0:20 / / rw - overlay overlay rw\n", "1 0 0:20 / / rw - zfs rpool/ROOT rw\n"}) {
        INFO(mounts);
        root.write("proc/self/mountinfo", mounts);
        CHECK(find_dangers(root.fd(), server(), std::vector<std::size_t>{0}).size() == 1);
        CHECK(find_dangers(root.fd(), server(), std::vector<std::size_t>{1}).empty());
    }
}

}  // namespace
