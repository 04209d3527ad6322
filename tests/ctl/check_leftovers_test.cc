// SPDX-License-Identifier: LGPL-2.1-or-later
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "ctl/doctor/advice.h"
#include "ctl/shell.h"
#include "doctor_facts.h"
#include "tests/unit/scratch_dir.h"

using namespace pt;
using namespace pt::ctl;
using Kind = Leftover::Kind;
using Strings = std::vector<std::string>;

namespace {

Finding judge(Leftover leftover) {
    Facts facts;
    make_good(facts);
    facts.leftovers = {std::move(leftover)};
    return check_leftovers(facts);
}

// Runs a command as its user would have it, without sudo, which is a function here.
bool paste(const std::string& command) {
    const std::string line = "sudo() { \"$@\"; }; " + command;
    return std::system(shell_command({"sh", "-c", line}).c_str()) == 0;
}

std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("what is left of an older set-up is weighed by what it does") {
    const std::string place = "/etc/modprobe.d/vfio.conf";
    CHECK(judge({Kind::kIds, place, "options vfio_pci ids=1:2", {}, {}}).state == State::kWarning);
    CHECK(judge({Kind::kBlacklist, place, "blacklist nouveau", {}, {}}).state == State::kNote);
    CHECK(judge({Kind::kBlockedVfio, place, "blacklist vfio_pci", {}, {}}).state ==
          State::kWarning);
    CHECK(judge({Kind::kSoftdep, place, "softdep nouveau pre: vfio-pci", {}, {}}).state ==
          State::kNote);
    CHECK(judge({Kind::kInstall, place, "install nouveau /bin/false", {}, {}}).state ==
          State::kWarning);
    CHECK(judge({Kind::kEarlyLoad, "/etc/modules", "vfio-pci", {}, {}}).state == State::kNote);
    CHECK(judge({Kind::kScript, "/etc/x", "echo >driver_override", {}, {}}).state ==
          State::kWarning);
    CHECK(judge({Kind::kIds, std::string(kCommandLinePlace), "vfio-pci.ids=1:2", {}, {}}).state ==
          State::kWarning);
}

TEST_CASE("an override of driverctl is bad if it gives a device that is asked for to another") {
    const auto of = [](const char* device, const char* driver) {
        return judge({Kind::kOverride, "/etc/driverctl.d/x", driver, device, driver});
    };
    CHECK(of("0000:01:00.0", "nouveau").state == State::kFailed);
    CHECK(of("0000:01:00.0", "nouveau").fixes ==
          Strings{"sudo driverctl unset-override 0000:01:00.0"});
    CHECK(of("0000:01:00.0", "vfio-pci").state == State::kNote);
    CHECK(of("0000:02:00.0", "nouveau").state == State::kNote);
    CHECK(of("0000:02:00.0", "nouveau").fixes.empty());
    CHECK(of("nonsense", "nouveau").state == State::kNote);
    CHECK(of("", "").state == State::kNote);
}

TEST_CASE("an override counts for a device that is asked for and refused, not for one left alone") {
    Facts facts;
    make_good(facts);
    facts.leftovers = {{Kind::kOverride, "/etc/driverctl.d/x", "", "0000:01:00.0", "nouveau"}};
    facts.plan.devices[0].decision = Decision::kRefused;
    CHECK(check_leftovers(facts).state == State::kFailed);
    CHECK(mentions(check_leftovers(facts), "a device to that is asked for"));
    facts.leftovers[0].driver = "vfio-pci";
    CHECK(check_leftovers(facts).state == State::kNote);
    CHECK(mentions(check_leftovers(facts), "which pt-hook refuses"));
    facts.plan.devices[0].decision = Decision::kKept;
    facts.leftovers[0].driver = "nouveau";
    CHECK(check_leftovers(facts).state == State::kNote);
    CHECK(mentions(check_leftovers(facts), "left to the host"));
    CHECK(check_leftovers(facts).fixes.empty());
}

TEST_CASE("the command turns the line into a comment, and the images are built again") {
    CHECK(judge({Kind::kIds, "/etc/modprobe.d/vfio.conf", "options vfio_pci ids=1:2", {}, {}})
              .fixes ==
          Strings{"sudo sed -Ei '\\,^[[:blank:]]*options[[:blank:]]+vfio[_-]pci[[:blank:]]"
                  "(.*[[:blank:]])?ids=,s,^,# ,' /etc/modprobe.d/vfio.conf",
                  "sudo update-initramfs -u -k 6.12.1"});
    CHECK(judge({Kind::kIds, "/etc/modules", "vfio-pci ids=1:2", {}, {}}).fixes.front() ==
          "sudo sed -Ei '\\,^[[:blank:]]*vfio[_-]pci[[:blank:]](.*[[:blank:]])?ids=,s,^,# ,' "
          "/etc/modules");
    CHECK(judge({Kind::kIds, std::string(kCommandLinePlace), "vfio-pci.ids=1:2", {}, {}}).fixes ==
          Strings{"sudo systemctl reboot"});  // make_good() has it in no file
    CHECK(judge({Kind::kSoftdep, "/etc/modprobe.d/x.conf", "softdep nouveau pre: vfio-pci", {}, {}})
              .fixes.front() ==
          "sudo sed -Ei "
          "'\\,^[[:blank:]]*softdep[[:blank:]]+nouveau[[:blank:]].*[[:blank:]]vfio,s,^,# ,' "
          "/etc/modprobe.d/x.conf");
    CHECK(judge({Kind::kBlacklist, "/etc/modprobe.d/x.conf", "blacklist nouveau", {}, {}})
              .fixes.empty());
}

TEST_CASE("the commands, pasted into a shell, change the lines that they are for and no other") {
    const ScratchDir tree;
    const std::string conf = tree.path("etc/modprobe.d/it's a $(name).conf");
    tree.write("etc/modprobe.d/it's a $(name).conf",
               "options vfio-pci disable_vga=1\n"
               "  options\tvfio-pci disable_vga=1 ids=10de:1b06\n"
               "options vfio_pci noids=1\n"
               "options nouveau ids=1\n"
               "options vfio_pci ids=10de:10ef\n"
               "softdep xhci_pci post: ucsi_ccg\n"
               "softdep xhci_pci pre: snd vfio-pci\n");
    CHECK(paste(judge({Kind::kIds, conf, "options vfio_pci ids=10de:1b06", {}, {}}).fixes.front()));
    CHECK(paste(
        judge({Kind::kSoftdep, conf, "softdep xhci_pci pre: snd vfio-pci", {}, {}}).fixes.front()));
    CHECK(read(conf) ==
          "options vfio-pci disable_vga=1\n"
          "#   options\tvfio-pci disable_vga=1 ids=10de:1b06\n"
          "options vfio_pci noids=1\n"
          "options nouveau ids=1\n"
          "# options vfio_pci ids=10de:10ef\n"
          "softdep xhci_pci post: ucsi_ccg\n"
          "# softdep xhci_pci pre: snd vfio-pci\n");

    const std::string grub = tree.path("etc/default/grub");
    tree.write("etc/default/grub",
               "# vfio-pci.ids=1:2,3:4\n"
               "GRUB_CMDLINE_LINUX=\"vfio-pci.ids=1:2,3:4 quiet xvfio-pci.ids=1:2,3:4\"\n"
               "GRUB_CMDLINE_LINUX_DEFAULT='splash vfio-pci.ids=1:2,3:4'\n"
               "GRUB_CMDLINE_LINUX_RECOVERY=vfio-pci.ids=1:2,3:4\n"
               "OTHER=\"vfio-pci.ids=1:2,3:4\"\n");
    Facts facts;
    make_good(facts);
    facts.loader.words = "vfio-pci.ids=1:2,3:4";
    facts.loader.settings = {{grub, text_file(read(grub))}};
    facts.loader.commands = {{"true"}};
    facts.leftovers = {
        {Kind::kIds, std::string(kCommandLinePlace), "vfio-pci.ids=1:2,3:4", {}, {}}};
    REQUIRE(check_leftovers(facts).fixes.size() == 1);
    CHECK(paste(check_leftovers(facts).fixes.front()));
    CHECK(read(grub) ==
          "# vfio-pci.ids=1:2,3:4\n"
          "GRUB_CMDLINE_LINUX=\" quiet xvfio-pci.ids=1:2,3:4\"\n"
          "GRUB_CMDLINE_LINUX_DEFAULT='splash '\n"
          "GRUB_CMDLINE_LINUX_RECOVERY=\n"
          "OTHER=\"vfio-pci.ids=1:2,3:4\"\n");
}

TEST_CASE("the worst of several counts, and all are named") {
    Facts facts;
    make_good(facts);
    CHECK(check_leftovers(facts) == Finding{State::kOk, "none"});
    facts.leftovers = {{Kind::kSoftdep, "/etc/modprobe.d/a", "softdep", {}, {}},
                       {Kind::kIds, "/etc/modprobe.d/b", "options vfio_pci ids=1:2", {}, {}},
                       {Kind::kEarlyLoad, "/etc/modules", "\x1b[2Jvfio", {}, {}}};
    const Finding finding = check_leftovers(facts);
    CHECK(finding.state == State::kWarning);
    CHECK(finding.details.size() == 3);
    CHECK_FALSE(mentions(finding, "\x1b"));
}

TEST_CASE("what could not be searched keeps the answer from being good, and is named") {
    Facts facts;
    make_good(facts);
    facts.unread_leftovers = {{"/etc/modprobe.d/a b.conf", EACCES},
                              {"/etc/modules", EINVAL},
                              {"/etc/modprobe.d/large.conf", EFBIG}};
    CHECK(check_leftovers(facts) ==
          Finding{State::kUnknown,
                  "not everything could be searched for them",
                  {"/etc/modprobe.d/a b.conf cannot be read: Permission denied",
                   "/etc/modules is no regular file, so it was not opened",
                   "/etc/modprobe.d/large.conf is too large to be such a file"},
                  {}});
    facts.is_root = false;
    CHECK(check_leftovers(facts).fixes == Strings{"sudo ptctl doctor"});
    facts.unread_leftovers.erase(facts.unread_leftovers.begin());  // root could not either
    CHECK(check_leftovers(facts).fixes.empty());
    facts.leftovers = {{Kind::kSoftdep, "/etc/modprobe.d/a", "softdep", {}, {}}};
    CHECK(check_leftovers(facts).state == State::kUnknown);
    facts.leftovers[0].kind = Kind::kIds;  // what was found weighs more
    CHECK(check_leftovers(facts).state == State::kWarning);
    CHECK(mentions(check_leftovers(facts), "/etc/modules is no regular file"));
    facts.leftovers.clear();
    facts.unread_leftovers.clear();
    facts.cmdline = no_file(EACCES);
    CHECK(check_leftovers(facts).state == State::kUnknown);
    CHECK(mentions(check_leftovers(facts), "/proc/cmdline cannot be read"));
}

TEST_CASE("the distribution is known by its id or by what it is like") {
    CHECK(distribution_of("ID=debian\n") == Distribution::kDebian);
    CHECK(distribution_of("NAME=\"x\"\nID=ubuntu\nID_LIKE=debian\n") == Distribution::kUbuntu);
    CHECK(distribution_of("ID=pop\nID_LIKE=\"ubuntu debian\"\n") == Distribution::kUbuntu);
    CHECK(distribution_of("ID=fedora\n") == Distribution::kFedora);
    CHECK(distribution_of("ID='rocky'\nID_LIKE='rhel centos fedora'\n") == Distribution::kFedora);
    CHECK(distribution_of("ID=arch") == Distribution::kArch);
    CHECK(distribution_of("ID=endeavouros\nID_LIKE=arch\n") == Distribution::kArch);
    CHECK(distribution_of("ID=nixos\n") == Distribution::kOther);
    CHECK(distribution_of("VERSION_ID=debian\nID=\"\n") == Distribution::kOther);
    CHECK(distribution_of("") == Distribution::kOther);
}

TEST_CASE("of the commands for another root directory those of ptctl name it") {
    CHECK(for_root("ptctl list", "/mnt") == "ptctl --root /mnt list");
    CHECK(for_root("sudo ptctl use --conf CARD", "/a b") ==
          "sudo ptctl --root '/a b' use --conf CARD");
    for (const char* command : {"sudo update-grub", "myptctl list", "ptctl", "sudo dmesg", ""})
        CHECK(for_root(command, "/mnt") == command);
}

TEST_CASE("an image is built again by its own builder") {
    Facts facts;
    make_good(facts);
    ImageFacts one = image("6.12.1");
    CHECK(rebuild_command(facts, one) == "sudo update-initramfs -u -k 6.12.1");
    one.found.builder = Builder::kDracut;
    CHECK(rebuild_command(facts, one) == "sudo dracut --force /boot/initrd.img-6.12.1 6.12.1");
    one.path = "/efi/0123/6.12.1/initrd";
    facts.loader.kernel_install = {{"kernel-install", "add", "6.1.1", "/boot/vmlinuz-6.1.1"},
                                   {"kernel-install", "add", "6.12.1", "/boot/vmlinuz-6.12.1"}};
    CHECK(rebuild_command(facts, one) == "sudo kernel-install add 6.12.1 /boot/vmlinuz-6.12.1");
    one.found.builder = Builder::kMkinitcpio;
    CHECK(rebuild_command(facts, one) == "sudo kernel-install add 6.12.1 /boot/vmlinuz-6.12.1");
    facts.loader.kind = LoaderKind::kUki;  // mkinitcpio itself makes the unified images
    CHECK(rebuild_command(facts, one) == "sudo mkinitcpio -P");
    one.found.builder = Builder::kDracut;
    one.kernel.clear();
    CHECK(rebuild_command(facts, one) == "sudo dracut --regenerate-all --force");
    one.found.builder = Builder::kUnknown;  // such as one that cannot be read
    CHECK(rebuild_command(facts, one) == "sudo update-initramfs -u -k all");
    facts.loader.kind = LoaderKind::kRpmOstree;
    CHECK(rebuild_command(facts, one).empty());
    facts.loader.kind = LoaderKind::kUnknown;
    facts.loader.rebuild.clear();
    CHECK(rebuild_command(facts, one).empty());
    CHECK(rebuild_commands(facts, {&one, &one}).empty());
}
