// SPDX-License-Identifier: LGPL-2.1-or-later
#include <catch2/catch_test_macros.hpp>

#include "doctor_facts.h"

using namespace pt;
using namespace pt::ctl;

TEST_CASE("the flags of the CPU tell of its virtualisation") {
    struct Row {
        const char* cpuinfo;
        State state;
        const char* text;
    };
    for (const Row& row : {
             Row{"flags\t\t: fpu vmx sse\n", State::kOk, "VT-x"},
             Row{"processor\t: 0\nflags\t\t: svm\n", State::kOk, "AMD-V"},
             Row{"flags\t\t: fpu hypervisor vmx\n", State::kOk, "VT-x"},
             Row{"flags\t\t: fpu sse\n", State::kFailed, "firmware setup"},
             Row{"flags\t\t: fpu hypervisor\n", State::kFailed, "nested"},
             Row{"flags\t\t: fpu vmxx nosvm\n", State::kFailed, "firmware setup"},
             Row{"vmx flags\t: ept vpid\nflags\t\t: fpu\n", State::kFailed, "firmware setup"},
             Row{"Features\t: fp asimd\n", State::kNote, "architecture"},
             Row{"flags\t\t:\n", State::kNote, "architecture"},
             Row{"flags", State::kNote, "architecture"},
             Row{"", State::kNote, "architecture"},
         }) {
        INFO(row.cpuinfo);
        Facts facts;
        facts.cpuinfo = text_file(row.cpuinfo);
        CHECK(check_cpu(facts).state == row.state);
        CHECK(mentions(check_cpu(facts), row.text));
    }
    Facts facts;
    CHECK(check_cpu(facts).state == State::kUnknown);
}

TEST_CASE("a CPU without virtualisation leads to the firmware setup, where there is a way there") {
    Facts facts;
    facts.cpuinfo = text_file("flags\t\t: fpu\n");
    CHECK(check_cpu(facts).fixes.empty());
    facts.has_efi = true;
    CHECK(check_cpu(facts).fixes.size() == 1);
}

TEST_CASE("/dev/kvm has to be there, and to open") {
    Facts facts;
    make_good(facts);
    CHECK(check_kvm(facts).state == State::kOk);
    facts.may_open_kvm = false;
    CHECK(check_kvm(facts).state == State::kNote);
    CHECK(check_kvm(facts).fixes.size() == 1);
    facts.is_this_machine = false;  // who looks at a tree is not who will use the machine
    CHECK(check_kvm(facts).state == State::kOk);
}

TEST_CASE("of a KVM that is missing the reason is told, and the command that helps") {
    using Strings = std::vector<std::string>;
    struct Row {
        const char* cpuinfo;
        bool has_device;
        bool has_driver;
        bool has_module;
        const char* text;
        Strings fixes;
    };
    for (const Row& row : {
             Row{"flags\t\t: vmx\n",
                 false,
                 false,
                 false,
                 "no /dev/kvm: kvm_intel is not loaded",
                 {"sudo modprobe kvm_intel"}},
             Row{"flags\t\t: svm\n",
                 false,
                 false,
                 false,
                 "no /dev/kvm: kvm_amd is not loaded",
                 {"sudo modprobe kvm_amd"}},
             Row{"flags\t\t: svm\n",
                 true,
                 false,
                 false,
                 "no driver is behind it: kvm_amd",
                 {"sudo modprobe kvm_amd"}},
             Row{"flags\t\t: vmx\n",
                 true,
                 false,
                 true,
                 "switched off in the firmware setup",
                 {"sudo dmesg | grep -iE 'kvm|svm|vmx'"}},
             Row{"flags\t\t: vmx\n", false, true, true, "a container has to be given it", {}},
             Row{"flags\t\t: fpu\n", true, false, false, "the CPU shows no virtualisation", {}},
         }) {
        INFO(row.text);
        Facts facts;
        make_good(facts);
        facts.cpuinfo = text_file(row.cpuinfo);
        facts.has_kvm_device = row.has_device;
        facts.has_kvm_driver = row.has_driver;
        facts.has_kvm_module = row.has_module;
        CHECK(check_kvm(facts).state == State::kFailed);
        CHECK(mentions(check_kvm(facts), row.text));
        CHECK(check_kvm(facts).fixes == row.fixes);
    }
    Facts facts;
    make_good(facts);
    facts.has_kvm_driver = false;
    facts.cpuinfo = no_file(EACCES);
    CHECK(check_kvm(facts).state == State::kUnknown);
    facts.has_kvm_device = facts.has_kvm_module = facts.is_this_machine = false;
    CHECK(check_kvm(facts).state == State::kUnknown);
}

TEST_CASE("an IOMMU is on if there are groups, and else the reason is told") {
    struct Row {
        IommuFacts iommu;
        const char* cmdline;
        State state;
        const char* text;
        std::size_t fixes;
    };
    for (const Row& row : {
             Row{{true, true, false}, "", State::kOk, "dmar0, dmar1", 0},
             Row{{true, false, false}, "intel_iommu=off", State::kOk, "on", 0},
             Row{{false, true, false}, "quiet", State::kFailed, "add intel_iommu=on", 1},
             Row{{false, true, false}, "intel_iommu=on", State::kFailed, "the kernel says why", 1},
             Row{{false, true, false},
                 "intel_iommu=off",
                 State::kFailed,
                 "intel_iommu=off on the kernel command line",
                 1},
             Row{{false, true, false}, "iommu=off intel_iommu=on", State::kFailed, "iommu=off", 1},
             Row{{false, false, true}, "quiet", State::kFailed, "AMD-Vi is there but off", 1},
             Row{{false, false, true}, "amd_iommu=off", State::kFailed, "amd_iommu=off", 1},
             Row{{false, true, false}, "amd_iommu=off", State::kFailed, "add intel_iommu=on", 1},
             Row{{false, false, true}, "intel_iommu=off", State::kFailed, "the kernel says why", 1},
             Row{{false, false, true}, "iommu=soft,off", State::kFailed, "iommu=soft,off on", 1},
             Row{{false, true, false}, "intel-iommu=off", State::kFailed, "intel-iommu=off on", 1},
             Row{{false, true, false},
                 "-- intel_iommu=off",
                 State::kFailed,
                 "add intel_iommu=on",
                 1},
             Row{{false, false, false}, "intel_iommu=on", State::kFailed, "DMAR or IVRS", 0},
         }) {
        INFO(row.cmdline << " " << row.text);
        Facts facts;
        make_good(facts);
        ask(facts, row.cmdline);
        facts.plan.iommu = row.iommu;
        const Finding finding = check_iommu(facts);
        CHECK(finding.state == row.state);
        CHECK(mentions(finding, row.text));
        CHECK(finding.fixes.size() == row.fixes);
    }
}

TEST_CASE("the missing word is added the way the boot loader wants it, if that is known") {
    Facts facts;
    make_good(facts);
    facts.plan.iommu = {false, true, false};
    CHECK(check_iommu(facts).fixes == std::vector<std::string>{"add intel_iommu=on"});
    facts.loader.change.clear();
    CHECK(check_iommu(facts).fixes.empty());
}

TEST_CASE("a word that switches something off is taken out where it stands") {
    using Strings = std::vector<std::string>;
    Facts facts;
    make_good(facts);
    ask(facts, "intel_iommu=off");
    facts.plan.iommu = {false, true, false};
    facts.loader.words = "quiet intel_iommu=off";
    facts.loader.settings = {
        {"/etc/default/grub", text_file("GRUB_CMDLINE_LINUX=\"quiet intel_iommu=off\"\n")},
        {"/etc/default/grub.d/a b.cfg", text_file("GRUB_CMDLINE_LINUX=intel_iommu=off\n")},
        {"/etc/default/grub.d/other.cfg", text_file("# not_intel_iommu=off\n")}};
    CHECK(check_iommu(facts).fixes ==
          Strings{"sudo sed -Ei '/^[[:blank:]]*GRUB_CMDLINE_LINUX/s/(^|[[:blank:]=\"'\\''])"
                  "intel_iommu=off([[:blank:]\"'\\'']|$)/\\1\\2/g' /etc/default/grub "
                  "'/etc/default/grub.d/a b.cfg' && sudo update-grub"});
    facts.loader.settings.clear();  // it comes from elsewhere
    CHECK(check_iommu(facts).fixes.empty());
    facts.loader.kind = LoaderKind::kGrubby;
    CHECK(check_iommu(facts).fixes ==
          Strings{"sudo grubby --update-kernel=ALL --remove-args=intel_iommu=off"});
    facts.loader.kind = LoaderKind::kRpmOstree;
    CHECK(check_iommu(facts).fixes ==
          Strings{"sudo rpm-ostree kargs --delete-if-present=intel_iommu=off"});
    facts.loader.words = "quiet";
    CHECK(check_iommu(facts).fixes == Strings{"sudo systemctl reboot"});
    CHECK(mentions(check_iommu(facts), "intel_iommu=off is only in this boot"));
}

TEST_CASE("no devices and no tables: it is not the firmware that is blamed") {
    Facts facts;
    facts.devices_error = EACCES;
    CHECK(check_iommu(facts).state == State::kUnknown);
}

TEST_CASE("the names of the interrupt controllers tell of remapping") {
    struct Row {
        const char* interrupts;
        State state;
    };
    for (const Row& row : {
             Row{"  0:  5  IR-IO-APIC   2-edge  timer\n", State::kOk},
             Row{" 24:  0  DMAR-MSI 0-edge dmar0\n 25: 1  IR-PCI-MSI 4-edge ahci\n", State::kOk},
             Row{" 25: 1  IR-PCI-MSIX-0000:00:1f.2 0-edge ahci\n", State::kOk},
             Row{"  0:  5  IO-APIC   2-edge  timer\n", State::kFailed},
             Row{" 25: 1  PCI-MSI 512000-edge ahci\n", State::kFailed},
             Row{" 25: 1  PCI-MSIX-0000:00:1f.2 0-edge ahci\n", State::kFailed},
             Row{" 25: 1  ITS-PCI-MSI 0-edge ahci\n", State::kUnknown},
             Row{" 12: 1  GICv3  27 Level  arch_timer\n", State::kUnknown},
             Row{"FIR-PCI-MSI", State::kUnknown},
             Row{"", State::kUnknown},
         }) {
        INFO(row.interrupts);
        Facts facts;
        make_good(facts);
        facts.interrupts = text_file(row.interrupts);
        CHECK(check_interrupts(facts).state == row.state);
    }
    Facts facts;
    make_good(facts);
    facts.interrupts = no_file(EACCES);
    CHECK(check_interrupts(facts).state == State::kUnknown);
    facts.plan.iommu = {};
    CHECK(check_interrupts(facts).state == State::kUnknown);
}

TEST_CASE("interrupts that are not remapped are explained by the command line, or by the log") {
    struct Row {
        const char* cmdline;
        const char* text;
        std::size_t fixes;
    };
    for (const Row& row : {
             Row{"intremap=off", "remove intremap=off", 1},
             Row{"nointremap", "remove nointremap", 1},
             Row{"intremap=off intremap=on", "kernel log", 1},
             Row{"intremap=nosid", "kernel log", 1},
             Row{"-- intremap=off", "kernel log", 1},
             Row{"", "kernel log", 1},
         }) {
        INFO(row.cmdline);
        Facts facts;
        make_good(facts);
        ask(facts, row.cmdline);
        facts.interrupts = text_file("  0:  5  IO-APIC   2-edge  timer\n");
        CHECK(mentions(check_interrupts(facts), row.text));
        CHECK(check_interrupts(facts).fixes.size() == row.fixes);
        facts.unsafe_interrupts = Switch::kOn;
        CHECK(check_interrupts(facts).state == State::kWarning);
    }
}
