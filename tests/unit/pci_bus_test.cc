// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sys/pci_bus.h"

#include <catch2/catch_test_macros.hpp>
#include <cerrno>

#include "tests/unit/scratch_dir.h"

namespace {

using namespace pt;

constexpr PciAddress kAddress{0, 1, 0, 0};
const std::string kDevice = "sys/bus/pci/devices/0000:01:00.0/";

TEST_CASE("an override that is not set reads as empty, however the kernel puts it", "[bus]") {
    const std::pair<std::string, std::string> rows[] = {
        {"(null)\n", ""},           {"\n", ""},       {"", ""}, {"(null)", ""},
        {"vfio-pci\n", "vfio-pci"}, {"a b\n", "a b"},
    };
    for (const auto& [content, expected] : rows) {
        const ScratchDir root;
        root.write(kDevice + "driver_override", content);
        const PciBus bus(root.fd());
        std::string driver = "old";
        CHECK(bus.read_override(kAddress, driver) == 0);
        CHECK(driver == expected);
    }
}

TEST_CASE("an override longer than the kernel's page is an error", "[bus]") {
    const ScratchDir root;
    root.write(kDevice + "driver_override", std::string(4097, 'x'));
    std::string driver;
    CHECK(PciBus(root.fd()).read_override(kAddress, driver) == EFBIG);
}

TEST_CASE("without a bus everything is an error", "[bus]") {
    const ScratchDir root;
    const PciBus bus(root.fd());
    std::vector<PciDevice> devices;
    std::string driver;
    CHECK(bus.list(devices) == ENOENT);
    CHECK(devices.empty());
    CHECK(bus.read_override(kAddress, driver) != 0);
    CHECK(bus.write_override(kAddress, "vfio-pci") != 0);
    CHECK(bus.bind(kAddress, "vfio-pci") != 0);
    CHECK(bus.unbind(kAddress, "nouveau") != 0);
    CHECK_FALSE(bus.has_driver("vfio-pci"));
    CHECK(bus.state(kAddress).error != 0);
}

}  // namespace
