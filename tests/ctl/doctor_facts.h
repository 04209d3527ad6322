// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

#include "ctl/doctor/check.h"

namespace pt::ctl {

inline TextFile text_file(std::string_view text) {
    return {std::string(text), 0};
}
inline TextFile no_file(int error = ENOENT) {
    return {"", error};
}

inline PlannedDevice planned(std::string_view address, Decision decision, Reason reason = {}) {
    PlannedDevice device;
    device.device.address = parse_address(address).value();
    device.device.ids = {0x10de, 0x1b06, 0, 0, 0x030000};
    device.decision = decision;
    device.reason = reason;
    device.state.iommu_group = 1;
    return device;
}

inline KernelFacts kernel(std::string_view version, ModulePlace place = ModulePlace::kModule) {
    KernelFacts facts;
    facts.version = version;
    facts.vfio_pci = place;
    facts.type1 = place;
    return facts;
}

inline ImageFacts image(std::string_view kernel, Start start = Start::kBeforeUdev) {
    ImageFacts facts;
    facts.kernel = kernel;
    facts.path = "/boot/initrd.img-" + facts.kernel;
    facts.found.builder = Builder::kInitramfsTools;
    facts.found.start = start;
    facts.found.has_program = start != Start::kNever;
    facts.found.has_vfio_pci = true;
    facts.found.has_type1 = true;
    return facts;
}

// Fills in a Debian machine on which everything is as it should be: pt.ids=10de:1b06 stands on the
// command line, and the card is on vfio-pci.
inline void make_good(Facts& facts) {
    facts.is_root = true;
    facts.distribution = Distribution::kDebian;
    facts.running_kernel = "6.12.1";
    facts.cpuinfo = text_file("processor\t: 0\nflags\t\t: fpu vmx sse\n\n");
    facts.interrupts = text_file("  0:  5  IR-IO-APIC   2-edge  timer\n");
    facts.cmdline = text_file("quiet pt.ids=10de:1b06\n");
    facts.conf = no_file();
    facts.has_kvm_device = facts.has_kvm_driver = facts.may_open_kvm = facts.has_kvm_module = true;
    facts.iommus = {"dmar0", "dmar1"};
    facts.plan.iommu = {true, true, false};
    facts.plan.devices = {planned("01:00.0", Decision::kAlready)};
    facts.read = read_words(facts.cmdline.text);
    facts.is_installed = true;
    facts.kernels = {kernel("6.12.1")};
    facts.images = {image("6.12.1")};
    facts.loader.kind = LoaderKind::kGrub;
    facts.loader.settings = {
        {"/etc/default/grub",
         text_file("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet pt.ids=10de:1b06\"\n")}};
    facts.loader.commands = {{"update-grub"}};
    facts.loader.rebuild = {{"update-initramfs", "-u", "-k", "all"}};
    facts.loader.name = "GRUB";
    facts.loader.place = "/boot/grub/grub.cfg";
    facts.loader.words = "quiet pt.ids=10de:1b06";
    facts.loader.change = "add WORD";
    facts.boot.has_report = true;
    facts.boot.status.state = BootState::kRan;
    DeviceVerdict held;
    held.address = parse_address("01:00.0").value();
    held.driver = "vfio-pci";
    held.is_usable = true;
    facts.boot.status.devices = {held};
}

// The words of the running command line and of the conf file, as gather_facts() would read them.
inline void ask(Facts& facts, std::string_view cmdline, std::string_view conf = {}) {
    facts.cmdline = text_file(cmdline);
    if (!conf.empty()) facts.conf = text_file(conf);
    facts.read = read_words(facts.cmdline.text, facts.conf.text);
    if (facts.read.wish.asks_for_nothing()) facts.plan.devices.clear();
}

inline bool mentions(const Finding& finding, std::string_view text) {
    if (finding.text.find(text) != std::string::npos) return true;
    for (const std::string& detail : finding.details)
        if (detail.find(text) != std::string::npos) return true;
    return false;
}

}  // namespace pt::ctl
