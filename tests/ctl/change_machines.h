// SPDX-License-Identifier: LGPL-2.1-or-later
// Machines with each boot loader, for the tests of ctl/change.h. The commands are stand-ins that
// record their calls and do to the files what the real ones do.
#pragma once

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include "ctl/change.h"
#include "ctl/edit.h"
#include "tests/unit/scratch_dir.h"

namespace pt::ctl::change_tests {

namespace fs = std::filesystem;

using Words = std::vector<std::string>;
using Tree = std::map<std::string, std::string>;

inline const Words kWords{"pt.ids=10de:1b06", "intel_iommu=on"};
inline const std::string kText = "pt.ids=10de:1b06 intel_iommu=on";

// Everything in a tree: files, directories and links, with modes, owners and what they hold.
inline Tree tree_of(const ScratchDir& root) {
    Tree tree;
    for (const auto& entry : fs::recursive_directory_iterator(root.path(""))) {
        struct stat status {};
        CHECK(lstat(entry.path().c_str(), &status) == 0);
        std::ostringstream text;
        text << std::oct << status.st_mode << ' ' << status.st_uid << ' ' << status.st_gid << ' ';
        if (entry.is_symlink())
            text << fs::read_symlink(entry.path()).string();
        else if (entry.is_regular_file())
            text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
        tree[fs::relative(entry.path().parent_path(), root.path("")).string() + '/' +
             entry.path().filename().string()] = text.str();
    }
    return tree;
}

inline Tree tree_without_record(const ScratchDir& root) {
    Tree tree = tree_of(root);
    std::erase_if(tree, [](const auto& file) {
        return file.first.starts_with("var/") || file.first == "./var";
    });
    return tree;
}

inline std::string text_of(const ScratchDir& root, const std::string& path) {
    FileText text;
    CHECK(read_text(root.fd(), "/" + path, text) == 0);
    return text.exists ? text.text : "(none)";
}

struct Machine {
    const char* name;
    const char* kind;
    std::map<std::string, std::string> files;
    Words commands;    // of use, as they are called
    const char* path;  // where the words are to be found then
    std::string with_words;
};

inline const std::string kEntry =
    "title   Arch Linux\nlinux   /vmlinuz-linux\noptions root=LABEL=a rw \n";
inline const std::string kGenerated =
    "# File created by /usr/lib/kernel/install.d/90-loaderentry.install (systemd 257)\n"
    "title Debian\nversion 6.1\nlinux /deb/6.1/linux\noptions root=LABEL=a ro\n";
inline const std::string kMark = "# By 'ptctl use'; 'ptctl unuse' takes it away.\n";
inline const std::string kAssignment =
    "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT " + kText + "\"\n";

inline const std::vector<Machine>& machines() {
    static const std::vector<Machine> all{
        {"GRUB of Debian",
         "grub",
         {{"usr/sbin/grub-mkconfig", "for x in ${sysconfdir}/default/grub.d/*.cfg ; do"},
          {"usr/sbin/update-grub", ""},
          {"boot/grub/grub.cfg", "linux /vmlinuz ro quiet\n"},
          {"etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n"}},
         {"update-grub"},
         "etc/default/grub.d/pt-hook.cfg",
         kMark + kAssignment},
        {"GRUB of others",
         "grub",
         {{"usr/bin/grub-mkconfig", "grub-mkconfig"},
          {"boot/grub/grub.cfg", "linux /vmlinuz ro quiet\n"},
          {"etc/default/grub", "GRUB_TIMEOUT=1"}},
         {"grub-mkconfig -o /boot/grub/grub.cfg"},
         "etc/default/grub",
         "GRUB_TIMEOUT=1\n" + kMark + kAssignment},
        {"GRUB with grubby",
         "grubby",
         {{"usr/sbin/grubby", ""},
          {"boot/grub2/grub.cfg", "blscfg\n"},
          {"etc/default/grub", "GRUB_CMDLINE_LINUX=\"rhgb quiet\"\n"},
          {"boot/loader/entries/f-6.1.conf", "linux /vmlinuz-6.1\noptions root=LABEL=a  ro\n"}},
         {"grubby --update-kernel=ALL --args=" + kText},
         "boot/loader/entries/f-6.1.conf",
         "linux /vmlinuz-6.1\noptions root=LABEL=a ro " + kText + "\n"},
        {"an image-based system",
         "rpm-ostree",
         {{"ostree/repo/config", ""},
          {"usr/bin/rpm-ostree", ""},
          {"usr/sbin/grubby", ""},
          {"boot/loader/entries/ostree-1.conf", "linux /v\noptions root=LABEL=a ro\n"}},
         {"rpm-ostree kargs --append-if-missing=pt.ids=10de:1b06 "
          "--append-if-missing=intel_iommu=on"},
         "boot/loader/entries/ostree-1.conf",
         "linux /v\noptions root=LABEL=a ro " + kText + "\n"},
        {"systemd-boot with kernel-install",
         "kernel-install",
         {{"boot/efi/loader/loader.conf", ""},
          {"boot/efi/loader/entries/deb-6.1.conf", kGenerated},
          {"etc/kernel/cmdline", "root=LABEL=a ro"},
          {"usr/lib/modules/6.1/kernel/x.ko", ""},
          {"boot/vmlinuz-6.1", ""}},
         {"kernel-install add 6.1 /boot/vmlinuz-6.1"},
         "etc/kernel/cmdline",
         "root=LABEL=a ro " + kText},
        {"kernel-install without a file of its own",
         "kernel-install",
         {{"boot/loader/loader.conf", ""},
          {"boot/loader/entries/deb-6.1.conf", kGenerated},
          {"proc/cmdline", "initrd=\\i pt.off root=LABEL=a ro\n"},
          {"usr/lib/modules/6.1/vmlinuz", ""}},
         {"kernel-install add 6.1 /usr/lib/modules/6.1/vmlinuz"},
         "etc/kernel/cmdline",
         "root=LABEL=a ro " + kText + "\n"},
        {"kernel-install with the file of a vendor",
         "kernel-install",
         {{"boot/loader/loader.conf", ""},
          {"boot/loader/entries/deb-6.1.conf", kGenerated},
          {"usr/lib/kernel/cmdline", "root=LABEL=vendor ro\n"},
          {"proc/cmdline", "root=LABEL=a ro\n"},
          {"usr/lib/modules/6.1/vmlinuz", ""}},
         {"kernel-install add 6.1 /usr/lib/modules/6.1/vmlinuz"},
         "etc/kernel/cmdline",
         "root=LABEL=vendor ro " + kText + "\n"},
        {"systemd-boot with entries by hand",
         "entries",
         {{"boot/loader/loader.conf", "default arch\n"},
          {"boot/loader/entries/arch.conf", kEntry},
          {"boot/loader/entries/arch-fallback.conf", kEntry}},
         {},
         "boot/loader/entries/arch.conf",
         "title   Arch Linux\nlinux   /vmlinuz-linux\noptions root=LABEL=a rw " + kText + " \n"},
        {"unified images by mkinitcpio",
         "uki",
         {{"etc/mkinitcpio.d/linux.preset", "default_uki=\"/efi/EFI/Linux/arch.efi\"\n"},
          {"etc/cmdline.d/root.conf", "root=LABEL=a rw\n"}},
         {"mkinitcpio -P"},
         "etc/cmdline.d/pt-hook.conf",
         kText + "\n"},
        {"unified images that took the running command line",
         "uki",
         {{"etc/mkinitcpio.d/linux.preset", "#default_image=a\ndefault_uki=\"/a.efi\"\n"},
          {"proc/cmdline", "BOOT_IMAGE=/v root=LABEL=a rw\n"}},
         {"mkinitcpio -P"},
         "etc/cmdline.d/pt-hook.conf",
         "root=LABEL=a rw " + kText + "\n"},
    };
    return all;
}

inline bool change_by_command(const Machine& machine) {
    return std::string_view(machine.kind) == "grubby" ||
           std::string_view(machine.kind) == "rpm-ostree";
}

inline const Machine& machine_of(std::string_view name) {
    for (const Machine& machine : machines())
        if (machine.name == name) return machine;
    throw std::logic_error("no such machine: " + std::string(name));
}

// The commands: they are recorded, and grubby does what the real one does to the files.
class Commands {
  public:
    explicit Commands(const ScratchDir& root) : root_(root) {}

    std::string operator()(const Command& command) {
        calls.push_back(join_words(command));
        if (calls.back() == fails_at) return "ended with status 1";
        if (command[0] != "grubby" && command[0] != "rpm-ostree") return {};
        for (const auto& entry : fs::directory_iterator(root_.path("boot/loader/entries"))) {
            const std::string path = "/boot/loader/entries/" + entry.path().filename().string();
            FileText text;
            CHECK(read_text(root_.fd(), path, text) == 0);
            std::string options = join_words(entry_options(text.text));
            for (const std::string& word : command) {
                const std::string option = word.substr(0, word.find('='));
                const Words values =
                    split_words(word.substr(std::min(word.size(), option.size() + 1)));
                if (option == "--remove-args" || option == "--delete-if-present")
                    options = remove_words(options, values);
                if (option == "--args" || option == "--append-if-missing")
                    for (const std::string& value : values)
                        options = add_to_cmdline(remove_words(options, {value}), {value});
            }
            const std::size_t at = text.text.find("options");
            text.text = text.text.substr(0, at) + "options " + options + "\n";
            CHECK(replace_text(root_.fd(), path, text) == 0);
        }
        return {};
    }

    Words calls;
    std::string fails_at;

  private:
    const ScratchDir& root_;
};

inline void make(const ScratchDir& root, const Machine& machine) {
    for (const auto& [path, text] : machine.files) root.write(path, text);
    chmod(root.path("boot/loader/entries/arch.conf").c_str(), 0700);
}

inline Record record_of(const ScratchDir& root) {
    Record record;
    CHECK(read_record(root.fd(), record).empty());
    return record;
}

inline std::string use(const ScratchDir& root, const Words& words, Commands& commands,
                       bool in_conf = false) {
    const Change change =
        plan_use(root.fd(), find_loader(root.fd()), in_conf, words, record_of(root));
    CHECK(change.problem.empty());
    return apply_change(root.fd(), change, std::ref(commands));
}

inline std::string unuse(const ScratchDir& root, Commands& commands) {
    const Change change = plan_unuse(root.fd(), record_of(root));
    CHECK(change.problem.empty());
    return apply_change(root.fd(), change, std::ref(commands));
}

}  // namespace pt::ctl::change_tests
