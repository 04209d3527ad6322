// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/known_driver.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/scratch_dir.h"

namespace {

using namespace pt;
using namespace pt::ctl;

constexpr const char* kDep =
    "kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/drivers/vfio/vfio.ko.xz\n"
    "kernel/drivers/net/ethernet/intel/igb/igb.ko:\n";

TEST_CASE("a module is found by its whole name", "[known-driver]") {
    for (const char* name : {"vfio-pci", "vfio_pci", "igb"}) CHECK(has_module(kDep, name));
    for (const char* name : {"vfio", "gb", "ig", "igb.ko", "vfio-pci.ko", ""})
        CHECK_FALSE(has_module(kDep, name));
    CHECK(has_module("kernel/drivers/xen/xen-pciback.ko", "xen-pciback"));
    CHECK_FALSE(has_module("", "igb"));
}

TEST_CASE("a driver is unknown where nothing has its name", "[known-driver]") {
    const ScratchDir root;
    const auto is_unknown = [&](const char* name) { return is_driver_unknown(root.fd(), name); };
    CHECK_FALSE(is_unknown("pciback"));
    root.write("proc/sys/kernel/osrelease", "6.12.1\n");
    root.write("lib/modules/6.12.1/modules.dep", kDep);
    CHECK_FALSE(is_unknown("pciback"));
    root.write("lib/modules/6.12.1/modules.builtin", "kernel/drivers/pci/pci-stub.ko\n");
    CHECK(is_unknown("pciback"));
    CHECK_FALSE(is_unknown("pci-stub"));
    CHECK_FALSE(is_unknown("igb"));
    root.write("sys/module/xen_pciback/refcnt", "0");
    CHECK_FALSE(is_unknown("xen-pciback"));
    root.write("sys/bus/pci/drivers/pciback/bind", "");
    CHECK_FALSE(is_unknown("pciback"));
}

}  // namespace
