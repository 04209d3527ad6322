// SPDX-License-Identifier: LGPL-2.1-or-later
#include <catch2/catch_test_macros.hpp>

#include "ctl/doctor/advice.h"
#include "doctor_facts.h"

using namespace pt;
using namespace pt::ctl;
using Strings = std::vector<std::string>;

TEST_CASE("every installed kernel needs both modules") {
    Facts facts;
    make_good(facts);
    CHECK(check_modules(facts) ==
          Finding{State::kOk, "vfio-pci and vfio_iommu_type1 are in 6.12.1"});
    facts.kernels.push_back(kernel("6.1.1", ModulePlace::kBuiltIn));
    CHECK(check_modules(facts).state == State::kOk);
    CHECK(mentions(check_modules(facts), "all 2 kernels, built in"));
    facts.kernels[1].type1 = ModulePlace::kMissing;
    CHECK(check_modules(facts).state == State::kFailed);
    CHECK(mentions(check_modules(facts), "6.1.1 has no vfio_iommu_type1"));
    CHECK(check_modules(facts).details.size() == 1);
    CHECK(check_modules(facts).fixes == Strings{"sudo apt install --reinstall linux-image-6.1.1"});
    facts.kernels[0].error = EACCES;
    CHECK(check_modules(facts).state == State::kFailed);
    CHECK(check_modules(facts).details.size() == 2);
    facts.kernels.pop_back();
    CHECK(check_modules(facts).state == State::kUnknown);
    CHECK(check_modules(facts).fixes == Strings{"sudo depmod 6.12.1"});
    facts.kernels.clear();
    CHECK(check_modules(facts).state == State::kUnknown);
    facts.kernels_error = EACCES;
    CHECK(check_modules(facts).state == State::kUnknown);
}

TEST_CASE("each image has to start pt-hook before udev, and to have what it needs") {
    struct Row {
        void (*change)(ImageFacts& image);
        State state;
        const char* text;
    };
    for (const Row& row : {
             Row{[](ImageFacts&) {}, State::kOk, "before udev in /boot/initrd.img-6.12.1"},
             Row{[](ImageFacts& i) { i.found.start = Start::kAfterUdev; }, State::kFailed,
                 "not start pt-hook before udev"},
             Row{[](ImageFacts& i) { i.found.start = Start::kNever; }, State::kFailed,
                 "nothing in it starts it"},
             Row{[](ImageFacts& i) { i.found.has_program = false; }, State::kFailed,
                 "program is not in it"},
             Row{[](ImageFacts& i) { i.found = {}; }, State::kFailed, "is without pt-hook"},
             Row{[](ImageFacts& i) { i.found.has_vfio_pci = false; }, State::kFailed,
                 "without the module vfio-pci"},
             Row{[](ImageFacts& i) { i.found.has_type1 = false; }, State::kFailed,
                 "without the module vfio_iommu_type1"},
             Row{[](ImageFacts& i) { i.found.start = Start::kUnknown; }, State::kUnknown,
                 "no builder known"},
             Row{[](ImageFacts& i) { i.error = EACCES; }, State::kUnknown, "cannot be read"},
             Row{[](ImageFacts& i) { i.damage = "Truncated"; }, State::kUnknown, "Truncated"},
         }) {
        INFO(row.text);
        Facts facts;
        make_good(facts);
        row.change(facts.images[0]);
        CHECK(check_images(facts).state == row.state);
        CHECK(mentions(check_images(facts), row.text));
    }
}

TEST_CASE("a module that is built in need not be in the image") {
    Facts facts;
    make_good(facts);
    facts.images[0].found.has_vfio_pci = facts.images[0].found.has_type1 = false;
    facts.kernels[0] = kernel("6.12.1", ModulePlace::kBuiltIn);
    CHECK(check_images(facts).state == State::kOk);
    facts.images[0].kernel = "6.1.1";
    CHECK(check_images(facts).state == State::kFailed);
}

TEST_CASE("a bad image weighs more than an unreadable one, and both are named") {
    Facts facts;
    make_good(facts);
    facts.is_root = false;
    facts.images = {image("6.1.1", Start::kNever), image("6.12.1"), image("6.13.1")};
    facts.images[2].error = EACCES;
    const Finding finding = check_images(facts);
    CHECK(finding.state == State::kFailed);
    CHECK(finding.text == "pt-hook runs before udev in 1 of 3 images");
    CHECK(finding.details.size() == 2);
    CHECK(finding.fixes == Strings{"sudo update-initramfs -u -k 6.1.1"});
}

TEST_CASE("modules that are missing are in a package of each distribution's own") {
    Facts facts;
    KernelFacts one = kernel("6.1.0-50-cloud-amd64");
    const auto command = [&](Distribution distribution) {
        facts.distribution = distribution;
        return module_package_command(facts, one);
    };
    CHECK(command(Distribution::kDebian) == "sudo apt install linux-image-amd64");
    one.version = "6.8.0-31-generic";
    CHECK(command(Distribution::kDebian) ==
          "sudo apt install --reinstall linux-image-6.8.0-31-generic");
    CHECK(command(Distribution::kUbuntu) ==
          "sudo apt install linux-modules-extra-6.8.0-31-generic");
    CHECK(command(Distribution::kFedora) == "sudo dnf install kernel-modules-6.8.0-31-generic");
    CHECK(command(Distribution::kArch).empty());
    one.package = "linux-lts";
    CHECK(command(Distribution::kArch) == "sudo pacman -S linux-lts");
    CHECK(command(Distribution::kOther).empty());
}

TEST_CASE("an image that is damaged is built again") {
    Facts facts;
    make_good(facts);
    facts.is_root = false;
    facts.images[0].damage = "truncated";
    facts.images[0].found = {};
    CHECK(check_images(facts).state == State::kUnknown);
    CHECK(check_images(facts).fixes == Strings{"sudo update-initramfs -u -k all"});
}

TEST_CASE("without pt-hook on the system the fix begins with its installation") {
    Facts facts;
    make_good(facts);
    facts.is_installed = false;
    facts.images = {image("6.1.1", Start::kNever), image("6.12.1", Start::kNever)};
    CHECK(check_images(facts).fixes ==
          Strings{"sudo apt install ./pt-hook_*.deb", "sudo update-initramfs -u -k all"});
}

TEST_CASE("images that only root may see are asked for as root") {
    Facts facts;
    make_good(facts);
    facts.is_root = false;
    facts.images.clear();
    CHECK(check_images(facts).state == State::kUnknown);
    CHECK(check_images(facts).fixes.empty());
    facts.unreadable_directories = {"/efi"};
    CHECK(check_images(facts).fixes == Strings{"sudo ptctl doctor"});
    facts.images = {image("6.12.1")};
    CHECK(check_images(facts).state == State::kNote);
    facts.images[0].error = EACCES;
    CHECK(check_images(facts).fixes == Strings{"sudo ptctl doctor"});
}

TEST_CASE("the images have to know the configuration as it is now") {
    Facts facts;
    make_good(facts);
    CHECK(check_conf(facts).state == State::kOk);
    ask(facts, "", "pt.ids=10de:1b06\n");
    CHECK(check_conf(facts).state == State::kFailed);
    CHECK(check_conf(facts).fixes == Strings{"sudo update-initramfs -u -k 6.12.1"});
    facts.images[0].found.conf = "pt.ids=10de:1b06\n";
    CHECK(check_conf(facts).state == State::kOk);
    facts.images.push_back(image("6.1.1"));
    CHECK(check_conf(facts).state == State::kWarning);  // of a kernel that does not run
    CHECK(check_conf(facts).fixes == Strings{"sudo update-initramfs -u -k 6.1.1"});
    facts.images[1].error = EACCES;
    CHECK(check_conf(facts).state == State::kOk);
    facts.images.erase(facts.images.begin());
    CHECK(check_conf(facts).state == State::kUnknown);
}

TEST_CASE("a configuration that says nothing, or only in comments, is not missed") {
    Facts facts;
    make_good(facts);
    facts.images[0].found.conf = "# as it is installed\n";
    CHECK(check_conf(facts).state == State::kOk);
    ask(facts, "", "# pt.ids=10de:1b06\n");
    CHECK(check_conf(facts).state == State::kOk);
    facts.images[0].found.conf = "pt.off\n";  // taken out since
    CHECK(check_conf(facts).state == State::kFailed);
    ask(facts, "", "# the card\n\npt.off  # while it is away\n");
    CHECK(check_conf(facts).state == State::kOk);
    facts.images[0].found.conf = "pt.ids=10de:1b06\npt.ids=10de:10ef\n";
    ask(facts, "", "pt.ids=10de:1b06 # sound as well\n#\npt.ids=10de:10ef");
    CHECK(check_conf(facts).state == State::kOk);
    ask(facts, "", "pt.ids=10de:10ef\npt.ids=10de:1b06\n");
    CHECK(check_conf(facts).state == State::kFailed);
    facts.conf = no_file(EACCES);
    CHECK(check_conf(facts).state == State::kUnknown);
}

TEST_CASE("what a captured machine comes without is neither good nor missing") {
    Facts facts;
    facts.is_captured = true;
    for (const auto& [found, text] :
         {std::pair{check_modules(facts), "a captured machine comes without its modules"},
          std::pair{check_images(facts), "a captured machine comes without its images"},
          std::pair{check_secure_boot(facts),
                    "a captured machine does not tell whether it has UEFI"},
          std::pair{check_leftovers(facts),
                    "a captured machine comes without the files to look for them in"}}) {
        CHECK(found.state == State::kUnknown);
        CHECK(found.text == text);
    }
}

TEST_CASE("Secure Boot matters where the command line is part of a signed image") {
    Facts facts;
    make_good(facts);
    CHECK(check_secure_boot(facts).state == State::kOk);
    facts.has_efi = true;
    CHECK(check_secure_boot(facts).state == State::kUnknown);
    facts.secure_boot = Switch::kOff;
    CHECK(check_secure_boot(facts).state == State::kOk);
    facts.secure_boot = Switch::kOn;
    CHECK(mentions(check_secure_boot(facts), "can be changed"));
    facts.booted_unified = true;
    CHECK(mentions(check_secure_boot(facts), "signed image's command line"));
    ask(facts, "quiet");
    CHECK(check_secure_boot(facts).state == State::kNote);
    CHECK(check_secure_boot(facts).fixes == Strings{"sudo ptctl use --conf CARD"});
    ask(facts, "quiet", "pt.ids=10de:1b06");
    CHECK(check_secure_boot(facts).state == State::kOk);
}

TEST_CASE("the exit code is that of the worst that counts") {
    const std::size_t count = all_checks().size();
    std::vector<Finding> findings(count);
    CHECK(exit_code_of(findings) == 0);
    for (std::size_t i = 0; i < count; ++i) {
        INFO(all_checks()[i].name);
        for (const State state : {State::kNote, State::kWarning}) {
            findings[i].state = state;
            CHECK(exit_code_of(findings) == 0);
        }
        findings[i].state = State::kUnknown;
        CHECK(exit_code_of(findings) == (all_checks()[i].is_essential ? 4 : 0));
        findings[(i + 1) % count].state = State::kFailed;
        CHECK(exit_code_of(findings) == 1);
        findings[(i + 1) % count].state = findings[i].state = State::kOk;
    }
}

TEST_CASE("everything is well on a good machine") {
    Facts facts;
    make_good(facts);
    for (const Check& check : all_checks()) {
        INFO(check.name << ": " << check.judge(facts).text);
        CHECK(check.judge(facts).state == State::kOk);
        CHECK(check.judge(facts).fixes.empty());
    }
}

TEST_CASE("of a machine of which nothing is known nothing good is said but what needs no proof") {
    Facts facts;
    for (const Check& check : all_checks()) {
        INFO(check.name << ": " << check.judge(facts).text);
        CHECK((check.judge(facts).state != State::kOk || check.name == "secure-boot"));
    }
}
