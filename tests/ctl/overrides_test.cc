// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/overrides.h"

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/scratch_dir.h"

namespace {

using namespace pt;
using namespace pt::ctl;

std::string path_of(int function) {
    return "sys/bus/pci/devices/0000:01:00." + std::to_string(function) + "/driver_override";
}

TEST_CASE("a driver_override that waits holds nothing up", "[overrides]") {
    const ScratchDir root;
    root.write(path_of(0), "vfio-pci\n");
    root.write(path_of(2), "(null)\n");
    root.write(path_of(4), "pci-stub\n");
    for (const int function : {1, 3, 5}) {
        std::filesystem::create_directories(root.path(path_of(function)).parent_path());
        REQUIRE(mkfifo(root.path(path_of(function)).c_str(), 0600) == 0);
    }
    std::vector<PciAddress> addresses;
    for (std::uint8_t function = 0; function < 7; ++function)
        addresses.push_back({0, 1, 0, function});
    const std::vector<Override> found = read_overrides(root.fd(), addresses);
    REQUIRE(found.size() == 7);
    const char* const drivers[] = {"vfio-pci", "", "", "", "pci-stub", "", ""};
    for (std::size_t i = 0; i < 7; ++i) {
        INFO(i);
        CHECK(found[i].driver == drivers[i]);
        CHECK(found[i].is_waiting == (i % 2 == 1));
    }
}

TEST_CASE("of no devices there is nothing to read", "[overrides]") {
    const ScratchDir root;
    CHECK(read_overrides(root.fd(), {}).empty());
}

}  // namespace
