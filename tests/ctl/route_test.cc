// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/route.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/unit/scratch_dir.h"

namespace {

using namespace pt::ctl;

// As the kernel prints them on a machine whose lowest byte comes first.
const std::string kIpv4 =
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    "wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
    "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
    "eth1\t0000000A\t00000000\t0001\t0\t0\t100\t000000FF\t0\t0\t0\n"
    "eth2\t0001000A\t00000000\t0001\t0\t0\t900\t00FFFFFF\t0\t0\t0\n"
    "*\t0002000A\t00000000\t0201\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    "eth9\t0003000A\t00000000\t0000\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    "eth9\tno\n";

const std::string kIpv6 =
    "fd000000000000000000000000000000 40 00000000000000000000000000000000 00 "
    "00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth1\n"
    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
    "fe800000000000000000000000000001 00000064 00000001 00000000 00000003     eth0\n"
    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
    "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n"
    "fd01 40 0 0 0 0 0 0 1 eth9\n";

TEST_CASE("the longest prefix leads to an address, then the smallest metric", "[route]") {
    struct Row {
        const char* address;
        const char* interface;
    };
    for (const Row& row : {Row{"192.168.7.7", "eth0"},
                           {"10.200.0.1", "eth1"},
                           {"10.0.1.77", "eth2"},
                           {"10.0.2.1", "eth1"},
                           {"10.0.3.1", "eth1"},
                           {"fd00::7", "eth1"},
                           {"fd01::7", "eth0"},
                           {"fe80::1%wlan0", "wlan0"},
                           {"nas", ""},
                           {"nas%eth0", ""},
                           {"", ""},
                           {"10.0.0", ""},
                           {"10.0.0.1:6789", ""}}) {
        INFO(row.address);
        CHECK(interface_to(row.address, kIpv4, kIpv6) == row.interface);
    }
    CHECK(interface_to("192.168.1.1", "", "").empty());
    CHECK(interface_to("::1", "", "").empty());
}

TEST_CASE("bridges, bonds and VLANs go through the cards below them", "[route]") {
    const ScratchDir root;
    root.write("proc/net/route", "br0 00000000 0101A8C0 0003 0 0 0 00000000 0 0 0\n");
    CHECK(functions_to(root.fd(), "10.0.0.1").empty());
    for (const char* name : {"br0", "bond0"})
        root.link(std::string("sys/class/net/") + name,
                  std::string("../../devices/virtual/net/") + name);
    for (const char* lower : {"br0/lower_bond0", "br0/lower_tap0", "br0/lower_br0", "br0/upper_x",
                              "bond0/lower_eth0", "bond0/lower_eth1"})
        root.link(std::string("sys/devices/virtual/net/") + lower, "nowhere");
    root.link("sys/class/net/eth0", "../../devices/pci0000:00/0000:05:00.0/net/eth0");
    root.link("sys/class/net/eth1", "../../devices/pci0000:00/0000:06:00.0/net/eth1");
    root.link("sys/class/net/x", "../../devices/pci0000:00/0000:07:00.0/net/x");
    std::vector<pt::PciAddress> functions = functions_to(root.fd(), "10.0.0.1");
    std::sort(functions.begin(), functions.end());
    functions.erase(std::unique(functions.begin(), functions.end()), functions.end());
    CHECK(functions == std::vector{*pt::parse_address("05:00.0"), *pt::parse_address("06:00.0")});
    CHECK(functions_to(root.fd(), "fe80::1%../../../etc").empty());
}

}  // namespace
