// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/doctor/leftovers.h"

#include <catch2/catch_test_macros.hpp>
#include <optional>

using namespace pt::ctl;
using Kind = Leftover::Kind;

namespace {

// The kind of the only leftover that was found, or none.
std::optional<Kind> only(const std::vector<Leftover>& found) {
    CHECK(found.size() <= 1);
    if (found.empty()) return std::nullopt;
    CHECK_FALSE(found.front().place.empty());
    return found.front().kind;
}

std::optional<Kind> in_modprobe(ModprobeEntry entry) {
    std::vector<Leftover> found;
    find_in_modprobe(entry, "/etc/modprobe.d/x.conf", found);
    return only(found);
}

std::optional<Kind> in_text(void (*find)(std::string_view, std::string_view,
                                         std::vector<Leftover>&),
                            std::string_view text) {
    std::vector<Leftover> found;
    find(text, "/etc/x", found);
    return only(found);
}

std::optional<Kind> in_cmdline(std::string_view cmdline) {
    std::vector<Leftover> found;
    find_in_cmdline(cmdline, found);
    return only(found);
}

}  // namespace

TEST_CASE("lines of modprobe.d that hand cards over or keep drivers away are found") {
    CHECK(in_modprobe({"options", "vfio_pci", "ids=10de:1b06,10de:10ef"}) == Kind::kIds);
    CHECK(in_modprobe({"options", "vfio-pci", "disable_vga=1 ids=10de:1b06"}) == Kind::kIds);
    CHECK(in_modprobe({"options", "pci_stub", "ids=10de:1b06"}) == Kind::kIds);
    CHECK(in_modprobe({"blacklist", "nouveau", ""}) == Kind::kBlacklist);
    CHECK(in_modprobe({"blacklist", "snd-hda-intel", ""}) == Kind::kBlacklist);
    CHECK(in_modprobe({"blacklist", "vfio_pci", ""}) == Kind::kBlockedVfio);
    CHECK(in_modprobe({"softdep", "nouveau", "pre: vfio-pci"}) == Kind::kSoftdep);
    CHECK(in_modprobe({"softdep", "xhci_pci", "pre: vfio-pci"}) == Kind::kSoftdep);
    CHECK(in_modprobe({"softdep", "drm", "post: x pre: a vfio_pci post: b"}) == Kind::kSoftdep);
    CHECK(in_modprobe({"install", "vfio_pci", "/sbin/vfio-override.sh"}) == Kind::kInstall);
    CHECK(in_modprobe({"install", "nouveau", "/bin/false"}) == Kind::kInstall);
    CHECK(in_modprobe({"install", "amdgpu", "modprobe vfio-pci; modprobe -i amdgpu"}) ==
          Kind::kInstall);
}

TEST_CASE("lines of modprobe.d with another purpose are left alone") {
    CHECK(in_modprobe({"options", "vfio_pci", "disable_idle_d3=1"}) == std::nullopt);
    CHECK(in_modprobe({"options", "vfio_pci", "noids=1"}) == std::nullopt);
    CHECK(in_modprobe({"options", "vfio_pci", ""}) == std::nullopt);
    CHECK(in_modprobe({"options", "other", "ids=10de:1b06"}) == std::nullopt);
    CHECK(in_modprobe({"options", "vfio_iommu_type1", "allow_unsafe_interrupts=1"}) ==
          std::nullopt);
    CHECK(in_modprobe({"blacklist", "pcspkr", ""}) == std::nullopt);
    CHECK(in_modprobe({"blacklist", "nouveaux", ""}) == std::nullopt);
    CHECK(in_modprobe({"softdep", "nvidia", "post: nvidia-uvm"}) == std::nullopt);
    CHECK(in_modprobe({"softdep", "e1000e", "pre: mdio post: vfio-pci"}) == std::nullopt);
    CHECK(in_modprobe({"softdep", "e1000e", "pre: my-vfio-pci"}) == std::nullopt);
    CHECK(in_modprobe({"softdep", "vfio_pci", "pre: vfio"}) == std::nullopt);
    CHECK(in_modprobe({"install", "nvidia", "modprobe -i nvidia-current"}) == std::nullopt);
    CHECK(in_modprobe({"install", "usb_storage", "/bin/false"}) == std::nullopt);
    CHECK(in_modprobe({"alias", "vfio_pci", "x"}) == std::nullopt);
    CHECK(in_modprobe({"", "", ""}) == std::nullopt);
}

TEST_CASE("lists of modules that are loaded at boot are searched for vfio") {
    CHECK(in_text(find_in_module_list, "# comment\n\n  vfio-pci # mine\n") == Kind::kEarlyLoad);
    CHECK(in_text(find_in_module_list, "vfio_iommu_type1") == Kind::kEarlyLoad);
    CHECK(in_text(find_in_module_list, "vfio_virqfd\n") == Kind::kEarlyLoad);
    CHECK(in_text(find_in_module_list, "vfio-pci ids=10de:1b06") == Kind::kIds);
    CHECK(in_text(find_in_module_list, "# vfio-pci\nloop\n") == std::nullopt);
    CHECK(in_text(find_in_module_list, "my-vfio-pci\n") == std::nullopt);
    CHECK(in_text(find_in_module_list, "") == std::nullopt);
    CHECK(in_text(find_in_module_list, std::string_view("\0\n\n#", 4)) == std::nullopt);
    std::vector<Leftover> found;
    find_in_module_list("vfio\nvfio_pci\nloop\nvfio_iommu_type1\n", "/etc/modules", found);
    CHECK(found.size() == 3);
}

TEST_CASE("the builders' configuration is searched for vfio") {
    CHECK(in_text(find_in_builder_conf, "force_drivers+=\" vfio vfio-pci \"\n") ==
          Kind::kEarlyLoad);
    CHECK(in_text(find_in_builder_conf, "add_drivers+=\" vfio_pci \"\n") == Kind::kEarlyLoad);
    CHECK(in_text(find_in_builder_conf, "MODULES=(vfio_pci vfio)\n") == Kind::kEarlyLoad);
    CHECK(in_text(find_in_builder_conf, "MODULES=()\nHOOKS=(base udev)\n") == std::nullopt);
    CHECK(in_text(find_in_builder_conf, "#MODULES=(vfio_pci)\n") == std::nullopt);
    CHECK(in_text(find_in_builder_conf, "omit_drivers+=\" vfio \"\n") == std::nullopt);
    CHECK(in_text(find_in_builder_conf, "vfio\n=\n") == std::nullopt);
    CHECK(in_text(find_in_builder_conf, "") == std::nullopt);
}

TEST_CASE("an override of driverctl names a device and a driver") {
    std::vector<Leftover> found;
    find_in_driverctl("pci-0000:01:00.0", "vfio-pci\n", found);
    REQUIRE(found.size() == 1);
    CHECK(found[0] == Leftover{Kind::kOverride, "/etc/driverctl.d/pci-0000:01:00.0", "vfio-pci",
                               "0000:01:00.0", "vfio-pci"});
    found.clear();
    find_in_driverctl("vmbus-1234", "uio_hv_generic", found);
    find_in_driverctl("README", "text", found);
    find_in_driverctl("", "", found);
    CHECK(found.empty());
}

TEST_CASE("a boot script that writes overrides is found") {
    CHECK(in_text(find_in_script,
                  "#!/bin/sh\nfor d in $DEVS; do\n  echo vfio-pci > "
                  "/sys/bus/pci/devices/$d/driver_override\ndone\n") == Kind::kScript);
    CHECK(in_text(find_in_script, "# driver_override\nexit 0\n") == std::nullopt);
    CHECK(in_text(find_in_script, "") == std::nullopt);
}

TEST_CASE("words of the kernel command line that hand cards over are found") {
    CHECK(in_cmdline("quiet vfio-pci.ids=10de:1b06,10de:10ef") == Kind::kIds);
    CHECK(in_cmdline("vfio_pci.ids=10de:1b06") == Kind::kIds);
    CHECK(in_cmdline("pci-stub.ids=10de:1b06") == Kind::kIds);
    CHECK(in_cmdline("rd.driver.pre=vfio-pci") == Kind::kEarlyLoad);
    CHECK(in_cmdline("modules_load=loop,vfio_pci") == Kind::kEarlyLoad);
    CHECK(in_cmdline("modprobe.blacklist=nouveau,nvidiafb") == Kind::kBlacklist);
    CHECK(in_cmdline("rd.driver.blacklist=nouveau") == Kind::kBlacklist);
    CHECK(in_cmdline("module_blacklist=vfio_pci") == Kind::kBlockedVfio);
    CHECK(in_cmdline("vfio-pci.ids=") == std::nullopt);
    CHECK(in_cmdline("vfio-pci.ids") == std::nullopt);
    CHECK(in_cmdline("vfio-pci.disable_idle_d3=1 pt.ids=10de:1b06") == std::nullopt);
    CHECK(in_cmdline("init=/bin/sh -- vfio-pci.ids=10de:1b06") == std::nullopt);
    CHECK(in_cmdline("modprobe.blacklist=pcspkr rd.driver.pre=loop") == std::nullopt);
    CHECK(in_cmdline("\" vfio-pci.ids=10de:1b06\"") == std::nullopt);
    CHECK(in_cmdline("") == std::nullopt);
}
