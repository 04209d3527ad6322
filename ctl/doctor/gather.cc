// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/doctor/gather.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "core/text.h"
#include "ctl/boot_report.h"
#include "ctl/inside.h"
#include "ctl/virtual_functions.h"
#include "sys/framebuffers.h"
#include "sys/pci_bus.h"

namespace pt::ctl {
namespace {

// More than any file that is read whole here.
constexpr std::size_t kTextLimit = std::size_t{1} << 20;

std::string_view first_line(std::string_view text) {
    return text.substr(0, text.find('\n'));
}

// The value of an EFI variable follows four bytes of attributes
// (Documentation/filesystems/efivarfs.rst). The GUID is EFI_GLOBAL_VARIABLE.
Switch read_secure_boot(int root) {
    const TextFile variable = read_text_file(
        root, "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c");
    // Firmware without Secure Boot has no such variable.
    int error = 0;
    if (variable.is_absent() && !sorted_names(root, "sys/firmware/efi/efivars", error).empty())
        return Switch::kOff;
    if (!variable.is_read() || variable.text.size() != 5) return Switch::kUnknown;
    return variable.text[4] == 1 ? Switch::kOn : Switch::kOff;
}

// By the package manager that is installed; one that somebody has beside its own is rare.
Distribution distribution_by_tool(int root) {
    if (exists_inside(root, "usr/bin/apt-get")) return Distribution::kDebian;
    if (exists_inside(root, "usr/bin/dnf")) return Distribution::kFedora;
    if (exists_inside(root, "usr/bin/pacman")) return Distribution::kArch;
    return Distribution::kOther;
}

// "btime 1764043200" of /proc/stat: when the kernel started (fs/proc/stat.c).
std::int64_t boot_time(std::string_view stat) {
    while (!stat.empty()) {
        std::string_view line = cut(stat, '\n');
        if (cut(line, ' ') != "btime") continue;
        std::int64_t seconds = 0;
        (void)std::from_chars(line.data(), line.data() + line.size(), seconds);
        return seconds;
    }
    return 0;
}

void gather_framebuffers(const Context& context, const PciBus& bus, Facts& facts) {
    std::vector<PciDevice> devices;
    if (bus.list(devices) != 0) return;
    Unread unread;  // leaves an owner unknown, which is told
    for (const Framebuffer& framebuffer :
         find_framebuffers(context.root_dir.get(), bus, devices, unread)) {
        // One without a driver was released, and is in nobody's way.
        const int root = context.root_dir.get();
        std::string driver;
        if (platform_driver_of(root, framebuffer.device, driver) == 0 && driver.empty() &&
            !keeps_memory(root, framebuffer.device))
            continue;
        Facts::FramebufferOf of{framebuffer.device, kNobody, framebuffer.owner != kNobody};
        for (std::size_t i = 0; of.is_owner_known && i < facts.plan.devices.size(); ++i)
            if (facts.plan.devices[i].device.address == devices[framebuffer.owner].address)
                of.planned = i;
        facts.framebuffers.push_back(of);
    }
}

void gather_plan(const Context& context, Facts& facts) {
    facts.read = read_words(facts.cmdline.text, facts.conf.text);
    if (facts.read.wish.asks_for_nothing() && !facts.read.wish.off && !facts.loader.words.empty()) {
        ReadWords next = read_words(facts.loader.words, facts.conf.text);
        if (!next.wish.selectors.empty()) {
            facts.words_are_pending = true;
            facts.read = std::move(next);
        }
    }
    const int root = context.root_dir.get();
    const PciBus bus(root);
    facts.plan = plan_boot(facts.read.wish, root, facts.read.complaints, facts.devices_error,
                           facts.virtual_functions);
    facts.plan.iommu = read_iommu_facts(root);
    gather_framebuffers(context, bus, facts);
}

bool has_same_words(const BootReport& report, const ReadWords& read) {
    return std::equal(
        report.words.begin(), report.words.end(), read.words.begin(), read.words.end(),
        [](const std::string& before, const SourceWord& now) { return before == now.text; });
}

void gather_boot(const Context& context, Facts& facts) {
    const int root = context.root_dir.get();
    facts.boot.status = read_status(context);
    const FoundReport found = read_boot_report(context);
    facts.boot.has_report = found.is_there;
    const bool is_conf_known = facts.conf.is_read() || facts.conf.is_absent();
    if (found.report && facts.cmdline.is_read() && is_conf_known)
        facts.boot.has_other_words =
            !has_same_words(*found.report, read_words(facts.cmdline.text, facts.conf.text));
    facts.boot.conf_modified = modified_inside(root, "etc/pt-hook.conf");
}

}  // namespace

TextFile read_text_file(int dir, const std::string& path) {
    TextFile file;
    file.error = read_inside(dir, path, kTextLimit, file.text);
    if (file.error == ENOTDIR) file.error = ENOENT;
    return file;
}

std::vector<std::string> sorted_names(int dir, const std::string& path, int& error) {
    std::vector<std::string> names;
    error = list_inside(dir, path, names);
    std::sort(names.begin(), names.end());
    return names;
}

void gather_machine(const Context& context, Facts& facts) {
    const int root = context.root_dir.get();
    facts.is_this_machine = context.is_this_machine;
    facts.is_captured = context.is_captured;
    facts.is_root = geteuid() == 0;
    TextFile release = read_text_file(root, "etc/os-release");
    if (!release.is_read()) release = read_text_file(root, "usr/lib/os-release");
    facts.distribution = distribution_of(release.text);
    if (facts.distribution == Distribution::kOther) facts.distribution = distribution_by_tool(root);
    facts.running_kernel =
        std::string(first_line(read_text_file(root, "proc/sys/kernel/osrelease").text));
    facts.cpuinfo = read_text_file(root, "proc/cpuinfo");
    facts.interrupts = read_text_file(root, "proc/interrupts");
    facts.cmdline = read_text_file(root, "proc/cmdline");
    facts.conf = read_text_file(root, "etc/pt-hook.conf");
    // The device's file is made at boot whether there is a driver or not (modules.devname), and to
    // open it would load one.
    facts.has_kvm_driver = exists_inside(root, "sys/devices/virtual/misc/kvm");
    facts.has_kvm_device = exists_inside(root, "dev/kvm");
    facts.may_open_kvm =
        context.is_this_machine && faccessat(root, "dev/kvm", R_OK | W_OK, AT_EACCESS) == 0;
    facts.has_kvm_module =
        exists_inside(root, "sys/module/kvm_intel") || exists_inside(root, "sys/module/kvm_amd");
    facts.has_efi = exists_inside(root, "sys/firmware/efi");
    facts.secure_boot = read_secure_boot(root);
    // Set by systemd-stub; the GUID is systemd's (systemd-stub(7)).
    facts.booted_unified = exists_inside(
        root, "sys/firmware/efi/efivars/StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f");
    const TextFile unsafe =
        read_text_file(root, "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
    if (unsafe.is_read())
        facts.unsafe_interrupts = unsafe.text.starts_with("Y") ? Switch::kOn : Switch::kOff;
    int error = 0;
    facts.iommus = sorted_names(root, "sys/class/iommu", error);
    facts.boot.began = boot_time(read_text_file(root, "proc/stat").text);
    facts.is_installed = exists_inside(root, "usr/lib/pt-hook/pt-hook");
}

void gather_facts(const Context& context, Facts& facts) {
    // libkmod tells standard error of each line that makes no sense to it, the line included.
    (void)setenv("KMOD_LOG", "emerg", 0);
    gather_machine(context, facts);
    gather_kernels(context, facts);
    gather_images(context, facts);
    gather_loader(context, facts);
    gather_plan(context, facts);
    gather_leftovers(context, facts);
    gather_boot(context, facts);
}

}  // namespace pt::ctl
