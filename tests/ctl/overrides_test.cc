// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/overrides.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <thread>

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

// Ends the only child of this process once it has one; gives up after a second.
void end_child(const std::string& list) {
    for (int tries = 0; tries < 1000; ++tries) {
        int child = 0;
        if (std::ifstream(list) >> child && child > 0) {
            usleep(100'000);  // it gets to the file that waits meanwhile
            kill(child, SIGKILL);
            return;
        }
        usleep(1000);
    }
}

TEST_CASE("a child that was ended leaves one function unknown, and no other", "[overrides]") {
    const ScratchDir root;
    root.write(path_of(0), "vfio-pci\n");
    root.write(path_of(2), "pci-stub\n");
    std::filesystem::create_directories(root.path(path_of(1)).parent_path());
    REQUIRE(mkfifo(root.path(path_of(1)).c_str(), 0600) == 0);
    const std::string id = std::to_string(getpid());
    std::thread ending(end_child, "/proc/" + id + "/task/" + id + "/children");
    const std::vector<Override> found =
        read_overrides(root.fd(), {{0, 1, 0, 0}, {0, 1, 0, 1}, {0, 1, 0, 2}});
    ending.join();
    REQUIRE(found.size() == 3);
    CHECK(found[0].driver == "vfio-pci");
    CHECK(found[1].is_waiting);
    CHECK(found[2].driver == "pci-stub");
}

TEST_CASE("a root directory may have the number of a standard stream", "[overrides]") {
    const ScratchDir root;
    root.write(path_of(0), "vfio-pci\n");
    const int input = dup(STDIN_FILENO);
    REQUIRE(dup2(root.fd(), STDIN_FILENO) == STDIN_FILENO);
    const std::vector<Override> found = read_overrides(STDIN_FILENO, {{0, 1, 0, 0}});
    if (input < 0)
        close(STDIN_FILENO);
    else
        dup2(input, STDIN_FILENO);
    close(input);
    CHECK(found.at(0).driver == "vfio-pci");
}

TEST_CASE("without a child the files are read all the same", "[overrides]") {
    const ScratchDir root;
    root.write(path_of(0), "vfio-pci\n");
    rlimit limit{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    // One more descriptor is a file, and no pipe.
    const int next = dup(root.fd());
    close(next);
    const rlimit tight{static_cast<rlim_t>(next) + 1, limit.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &tight) == 0);
    const std::vector<Override> found = read_overrides(root.fd(), {{0, 1, 0, 0}});
    REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(found.at(0).driver == "vfio-pci");
}

TEST_CASE("of no devices there is nothing to read", "[overrides]") {
    const ScratchDir root;
    CHECK(read_overrides(root.fd(), {}).empty());
}

}  // namespace
