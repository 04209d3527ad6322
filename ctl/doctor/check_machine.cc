// SPDX-License-Identifier: LGPL-2.1-or-later
// What the machine and its firmware have to have.
#include <cstring>

#include "core/cmdline.h"
#include "core/text.h"
#include "ctl/doctor/advice.h"
#include "ctl/doctor/check.h"

namespace pt::ctl {
namespace {

Finding unreadable(std::string_view path, int error) {
    std::string text(path);
    text.append(" cannot be read: ").append(std::strerror(error));
    return {State::kUnknown, text};
}

// The words behind the first "flags\t\t: " of /proc/cpuinfo (arch/x86/kernel/cpu/proc.c); those of
// all processors are the same.
std::string_view cpu_flags(std::string_view cpuinfo) {
    while (!cpuinfo.empty()) {
        std::string_view line = cut(cpuinfo, '\n');
        const std::string_view name = cut(line, ':');
        if (name.substr(0, name.find_last_not_of(" \t") + 1) == "flags") return line;
    }
    return {};
}

bool has_flag(std::string_view flags, std::string_view wanted) {
    while (!flags.empty())
        if (cut(flags, ' ') == wanted) return true;
    return false;
}

// What takes one into the firmware's setup, where something has to be switched on.
std::vector<std::string> firmware_setup(const Facts& facts) {
    if (!facts.has_efi) return {};
    return {"sudo systemctl reboot --firmware-setup"};
}

std::vector<std::string> one_command(std::string command) {
    if (command.empty()) return {};
    return {std::move(command)};
}

Finding iommu_is_on(const Facts& facts) {
    Finding found{State::kOk, "on"};
    std::string units;
    for (const std::string& unit : facts.iommus) units += (units.empty() ? "" : ", ") + unit;
    if (!units.empty()) found.text += " (" + units + ")";
    return found;
}

// An IOMMU, and the word of the command line that is for it alone; "iommu=" is for both
// (Documentation/admin-guide/kernel-parameters.txt).
struct Unit {
    std::string_view name;
    std::string_view parameter;
};

// The word that switches a unit off. One that follows overrules it only in part, so any will do.
std::string iommu_off_word(std::string_view cmdline, const Unit& unit) {
    CmdlineReader reader(cmdline);
    Word word;
    std::string found;
    while (reader.next(word)) {
        if (!same_parameter(word.name, "iommu") && !same_parameter(word.name, unit.parameter))
            continue;
        for (std::string_view rest = word.value; !rest.empty();) {
            if (cut(rest, ',') != "off") continue;
            found.clear();
            put_printable(found, word.text);
        }
    }
    return found;
}

Finding iommu_is_off(const Facts& facts, const Unit& unit) {
    Finding found{State::kFailed, std::string(unit.name)};
    const std::string word = iommu_off_word(facts.cmdline.text, unit);
    if (!word.empty()) {
        found.text += " is there, and " + word +
                      " on the kernel command line switches it off; remove that word";
        remove_word(facts, word, found);
    } else if (facts.plan.iommu.has_dmar && !facts.read.wish.iommu_on) {
        found.text +=
            " is there but off: add intel_iommu=on to the kernel command line, and reboot";
        found.fixes = one_command(add_word_command(facts, "intel_iommu=on"));
    } else {
        found.text += " is there but off, and the kernel says why";
        found.fixes = {"sudo dmesg | grep -iE 'DMAR|AMD-Vi|IOMMU'"};
    }
    return found;
}

enum class Remapping { kNone, kOn, kOff };

// The names of interrupt controllers in /proc/interrupts. Behind a remapping unit of either maker
// they begin with "IR-": "IR-IO-APIC" (arch/x86/kernel/apic/io_apic.c), "IR-PCI-MSI"
// (drivers/iommu/intel/irq_remapping.c and amd/iommu.c, `.prefix = "IR-"` since 6.2).
Remapping remapping_of(std::string_view interrupts) {
    if (interrupts.find(" IR-PCI-MSI") != std::string_view::npos ||
        interrupts.find(" IR-IO-APIC") != std::string_view::npos)
        return Remapping::kOn;
    if (interrupts.find(" PCI-MSI") != std::string_view::npos ||
        interrupts.find(" IO-APIC") != std::string_view::npos)
        return Remapping::kOff;
    return Remapping::kNone;
}

// A word that switches interrupt remapping off (Documentation/admin-guide/kernel-parameters.txt).
std::string remapping_off_word(std::string_view cmdline) {
    CmdlineReader reader(cmdline);
    Word word;
    std::string found;
    while (reader.next(word)) {
        if (same_parameter(word.name, "nointremap")) found = "nointremap";
        if (!same_parameter(word.name, "intremap")) continue;
        if (word.value == "off") found = "intremap=off";
        if (word.value == "on") found.clear();
    }
    return found;
}

}  // namespace

Finding check_cpu(const Facts& facts) {
    if (!facts.cpuinfo.is_read()) return unreadable("/proc/cpuinfo", facts.cpuinfo.error);
    const std::string_view flags = cpu_flags(facts.cpuinfo.text);
    if (flags.empty()) return {State::kNote, "not told by /proc/cpuinfo of this architecture"};
    if (has_flag(flags, "vmx")) return {State::kOk, "VT-x (vmx)"};
    if (has_flag(flags, "svm")) return {State::kOk, "AMD-V (svm)"};
    if (has_flag(flags, "hypervisor"))
        return {
            State::kFailed,
            "this is a virtual machine whose CPU has neither vmx nor svm: its host has to allow "
            "nested virtualisation"};
    return {State::kFailed,
            "the CPU shows neither vmx nor svm: switch on VT-x (Intel) or SVM (AMD) in the "
            "firmware setup, if the CPU has it",
            {},
            firmware_setup(facts)};
}

Finding check_kvm(const Facts& facts) {
    if (facts.has_kvm_device && (facts.has_kvm_driver || !facts.is_this_machine)) {
        if (!facts.is_this_machine || facts.may_open_kvm) return {State::kOk, "/dev/kvm is there"};
        return {State::kNote,
                "/dev/kvm is there; you may not open it, so your virtual machines would be slow "
                "unless libvirt runs them for you",
                {},
                {"sudo usermod -aG kvm \"$USER\""}};
    }
    if (!facts.is_this_machine && !facts.has_kvm_module)
        return {State::kUnknown, "a captured tree does not tell whether /dev/kvm was there"};
    if (facts.has_kvm_driver)
        return {State::kFailed,
                "the kernel has KVM, but there is no /dev/kvm: a container has to be given it"};
    const std::string lack = facts.has_kvm_device ? "/dev/kvm is there, but no driver is behind it"
                                                  : "there is no /dev/kvm";
    if (!facts.cpuinfo.is_read()) return unreadable("/proc/cpuinfo", facts.cpuinfo.error);
    const std::string_view flags = cpu_flags(facts.cpuinfo.text);
    const bool is_intel = has_flag(flags, "vmx");
    const std::string module = is_intel ? "kvm_intel" : "kvm_amd";
    if (!is_intel && !has_flag(flags, "svm"))
        return {State::kFailed, lack + ", for the CPU shows no virtualisation; see above"};
    // One that is built in is in /sys/module even if it has found nothing to do.
    if (facts.has_kvm_module)
        return {State::kFailed,
                lack + " although " + module +
                    " is in the kernel: the kernel log says why; often "
                    "virtualisation is switched off in the firmware setup",
                {},
                {"sudo dmesg | grep -iE 'kvm|svm|vmx'"}};
    return {State::kFailed,
            lack + ": " + module +
                " is not loaded; if it cannot be, virtualisation is switched off in the firmware "
                "setup",
            {},
            {"sudo modprobe " + module}};
}

Finding check_iommu(const Facts& facts) {
    const IommuFacts& iommu = facts.plan.iommu;
    if (iommu.has_groups) return iommu_is_on(facts);
    if (iommu.has_dmar) return iommu_is_off(facts, {"VT-d", "intel_iommu"});
    if (iommu.has_ivrs) return iommu_is_off(facts, {"AMD-Vi", "amd_iommu"});
    if (facts.devices_error != 0) return unreadable("/sys/bus/pci/devices", facts.devices_error);
    return {State::kFailed,
            "the firmware tells of none (no ACPI table DMAR or IVRS): switch on VT-d (Intel) or "
            "AMD-Vi, also called IOMMU (AMD), in the firmware setup",
            {},
            firmware_setup(facts)};
}

Finding check_interrupts(const Facts& facts) {
    if (!facts.plan.iommu.has_groups) return {State::kUnknown, "not without an IOMMU; see above"};
    if (!facts.interrupts.is_read()) return unreadable("/proc/interrupts", facts.interrupts.error);
    switch (remapping_of(facts.interrupts.text)) {
        case Remapping::kOn:
            return {State::kOk, "on"};
        case Remapping::kNone:
            return {
                State::kUnknown,
                "/proc/interrupts names no interrupt controller that tells; the kernel log does",
                {},
                {"sudo dmesg | grep -iE 'DMAR-IR|remapping'"}};
        case Remapping::kOff:
            break;
    }
    if (facts.unsafe_interrupts == Switch::kOn)
        return {State::kWarning,
                "off, and vfio_iommu_type1.allow_unsafe_interrupts lets virtual machines start all "
                "the same: a guest can then disturb the host with interrupts of its choice"};
    Finding found{State::kFailed, "off, so no virtual machine can start with the card"};
    const std::string word = remapping_off_word(facts.cmdline.text);
    if (!word.empty()) {
        found.text += ": remove " + word + " from the kernel command line";
        remove_word(facts, word, found);
    } else {
        found.text += " (\"No interrupt remapping support\"); the kernel log says why";
        found.fixes = {"sudo dmesg | grep -iE 'DMAR-IR|remapping'"};
    }
    return found;
}

}  // namespace pt::ctl
