// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/loader.h"
#include "ctl/rebuild.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "tests/unit/scratch_dir.h"

namespace {

using namespace pt::ctl;

constexpr const char* kInfo =
    "sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

std::string efi(std::string_view text) {
    std::string bytes("\x06\0\0\0", 4);
    for (const char c : text) bytes += {c, '\0'};
    return bytes;
}

TEST_CASE("a machine with nothing known has no loader, and says so", "[loader]") {
    const ScratchDir root;
    const Loader loader = find_loader(root.fd());
    CHECK(loader.kind == LoaderKind::kUnknown);
    CHECK_FALSE(loader.problem.empty());
    CHECK(loader.files.empty());
}

TEST_CASE("GRUB's programs without its menu are no GRUB", "[loader]") {
    const ScratchDir root;
    root.write("usr/sbin/grub-mkconfig", "");
    CHECK(find_loader(root.fd()).kind == LoaderKind::kUnknown);
}

TEST_CASE("what systemd-boot says of itself counts more than a GRUB that lies about", "[loader]") {
    const ScratchDir root;
    root.write("usr/sbin/grub-mkconfig", "");
    root.write("boot/grub/grub.cfg", "linux /v quiet\n");
    CHECK(find_loader(root.fd()).kind == LoaderKind::kGrub);
    root.write(kInfo, efi("GRUB 2.12"));
    CHECK(find_loader(root.fd()).kind == LoaderKind::kGrub);
    root.write(kInfo, efi("systemd-boot 257"));
    CHECK_FALSE(find_loader(root.fd()).problem.empty());  // no entry can be read
    root.write("efi/loader/entries/a.conf", "linux /v\noptions a b\n");
    const Loader loader = find_loader(root.fd());
    CHECK(loader.kind == LoaderKind::kEntries);
    CHECK(loader.cmdline == std::vector<std::string>{"a", "b"});
    CHECK(loader.cmdline_path == "/efi/loader/entries/a.conf");
    root.write(kInfo, "\x06");
    CHECK(find_loader(root.fd()).kind == LoaderKind::kGrub);
}

TEST_CASE("the entry that is booted tells the command line", "[loader]") {
    const ScratchDir root;
    root.write("boot/loader/entries/arch.conf", "title Arch\nlinux /v\noptions a\n");
    root.write("boot/loader/entries/lts.conf", "title LTS\nlinux /v\noptions b\n");
    root.write("boot/loader/entries/windows.conf", "title W\nefi /w\n");
    root.write("boot/loader/entries/z.conf", "title Arch (Fallback)\nlinux /v\noptions c\n");
    root.write("boot/loader/loader.conf", "timeout 3\n");
    CHECK(find_loader(root.fd()).cmdline == std::vector<std::string>{"b"});
    root.write("boot/loader/loader.conf", "default ar*\n");
    CHECK(find_loader(root.fd()).cmdline == std::vector<std::string>{"a"});
    // Neither another system's entry nor the one for rescue gets words.
    CHECK(find_loader(root.fd()).files ==
          std::vector<std::string>{"/boot/loader/entries/arch.conf",
                                   "/boot/loader/entries/lts.conf"});
}

TEST_CASE("an entry that two paths lead to is one", "[loader]") {
    const ScratchDir root;
    root.write("boot/loader/entries/arch.conf", "title Arch\nlinux /v\noptions a\n");
    root.write("boot/loader/loader.conf", "");
    std::filesystem::create_symlink("boot", root.path("efi"));
    CHECK(find_loader(root.fd()).files ==
          std::vector<std::string>{"/boot/loader/entries/arch.conf"});
}

TEST_CASE("links lead to no loader of the machine that looks", "[loader]") {
    const ScratchDir other;
    other.write("grub.cfg", "linux /v not-of-the-tree\n");
    const ScratchDir root;
    root.write("usr/sbin/grub-mkconfig", "");
    root.write("boot/grub/x", "");
    std::filesystem::create_symlink(other.path("grub.cfg"), root.path("boot/grub/grub.cfg"));
    CHECK(find_loader(root.fd()).kind == LoaderKind::kUnknown);
    std::filesystem::remove(root.path("boot/grub/grub.cfg"));
    root.write("boot/menu", "linux /v of-the-tree\n");
    std::filesystem::create_symlink("/boot/menu", root.path("boot/grub/grub.cfg"));
    CHECK(find_loader(root.fd()).cmdline == std::vector<std::string>{"of-the-tree"});
}

TEST_CASE("variables of GRUB's environment are followed", "[loader]") {
    const ScratchDir root;
    root.write("usr/sbin/grubby", "");
    root.write("boot/grub2/grubenv", "# GRUB\nsaved=0\nkernelopts=root=/dev/a ro \n####");
    root.write("boot/loader/entries/a.conf", "linux /v\noptions x $kernelopts y\n");
    CHECK(find_loader(root.fd()).cmdline ==
          std::vector<std::string>{"x", "root=/dev/a", "ro", "y"});
}

TEST_CASE("where no word can be added the reason is told", "[loader]") {
    struct Row {
        const char* what;
        const char* path;
        const char* text;
        const char* reason;
    };
    for (const Row& row : {
             Row{"entries without grubby", "boot/grub2/grub.cfg", "blscfg\n", "grubby"},
             Row{"a preset with its own", "etc/mkinitcpio.d/a.preset",
                 "default_uki=/a\ndefault_options=\"--cmdline /b\"\n", "a command line of its own"},
             Row{"a system that is an image", "ostree/repo/config", "", "is not installed"},
             Row{"entries that a tool makes anew", "etc/sdboot-manage.conf", "",
                 "sdboot-manage gen"},
             Row{"and those of another one", "usr/bin/kernelstub", "", "kernelstub --add-options"},
         }) {
        INFO(row.what);
        const ScratchDir root;
        root.write("usr/sbin/grub2-mkconfig", "");
        root.write("usr/bin/sdboot-manage", "");
        root.write("boot/loader/entries/a.conf", "linux /v\noptions a\n");
        root.write("boot/loader/loader.conf", "");
        root.write(row.path, row.text);
        CHECK(find_loader(root.fd()).problem.find(row.reason) != std::string::npos);
    }
}

TEST_CASE("systemd-boot without an entry to change says why", "[loader]") {
    const ScratchDir root;
    root.write(kInfo, efi("systemd-boot 257"));
    root.write("efi/EFI/Linux/arch.efi", "");
    root.write("efi/loader/entries/windows.conf", "title W\nefi /w\n");
    CHECK(find_loader(root.fd()).problem.find("unified kernel image") != std::string::npos);
    root.write("efi/loader/entries/fallback.conf", "linux /v\noptions a\n");
    const Loader loader = find_loader(root.fd());
    CHECK(loader.problem.find("is not for rescue") != std::string::npos);
    CHECK(loader.cmdline == std::vector<std::string>{"a"});
}

TEST_CASE("the layout of kernel-install is read as kernel-install does", "[loader]") {
    struct Row {
        const char* what;
        std::vector<std::pair<const char*, const char*>> files;
        const char* layout;
    };
    const char* const etc = "etc/kernel/install.conf";
    const char* const lib = "usr/lib/kernel/install.conf";
    const char* const added = "usr/lib/kernel/install.conf.d/10-a.conf";
    for (const Row& row : {
             Row{"none", {}, ""},
             Row{"set", {{etc, "initrd_generator=dracut\nlayout=uki\n"}}, "uki"},
             Row{"a comment", {{etc, "# layout=uki\n#layout=uki\n"}}, ""},
             Row{"quoted, behind blanks", {{etc, "  layout=\"bls\" \n"}}, "bls"},
             Row{"another word", {{etc, "my_layout=uki\n"}}, ""},
             Row{"the vendor's", {{lib, "layout=uki"}}, "uki"},
             Row{"that is hidden", {{lib, "layout=uki\n"}, {etc, ""}}, ""},
             Row{"an addition", {{etc, "layout=bls\n"}, {added, "layout=uki\n"}}, "uki"},
             Row{"a hidden addition",
                 {{added, "layout=uki\n"}, {"etc/kernel/install.conf.d/10-a.conf", ""}},
                 ""},
             Row{"no addition by its name", {{"etc/kernel/install.conf.d/x", "layout=uki\n"}}, ""},
         }) {
        INFO(row.what);
        const ScratchDir root;
        for (const auto& [path, text] : row.files) root.write(path, text);
        CHECK(kernel_install_layout(root.fd()) == row.layout);
        root.write("usr/sbin/grub-mkconfig", "");
        root.write("boot/grub/grub.cfg", "linux /v quiet\n");
        CHECK((find_loader(root.fd()).kind == LoaderKind::kGrub) ==
              (std::string(row.layout) != "uki"));
    }
}

TEST_CASE("what is mounted from the running system tells nothing of another one", "[loader]") {
    const ScratchDir root;
    root.write("usr/sbin/grub-mkconfig", "");
    root.write("boot/grub/grub.cfg", "linux /v quiet\n");
    root.write(kInfo, efi("systemd-boot 257"));
    root.write("proc/cmdline", "root=/dev/a\n");
    CHECK_FALSE(is_another_running(root.fd()));
    CHECK(find_loader(root.fd()).kind != LoaderKind::kGrub);
    CHECK(running_cmdline(root.fd()) == std::vector<std::string>{"root=/dev/a"});
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {  // in a mount namespace of its own
        const int spaces = CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER);
        if (unshare(spaces) != 0 ||
            mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            mount("/proc", root.path("proc").c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
            _exit(77);
        const int dir = open(root.path("").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        _exit((is_another_running(dir) ? 0 : 1) |
              (find_loader(dir).kind == LoaderKind::kGrub ? 0 : 2) |
              (running_cmdline(dir).empty() ? 0 : 4));
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) SKIP("nothing can be mounted here");
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("images are rebuilt by what built those that are booted", "[loader]") {
    using Commands = std::vector<Command>;
    const ScratchDir root;
    root.write("usr/sbin/mkinitramfs", "");  // alone, beside dracut on Debian
    root.write("usr/bin/dracut", "");
    CHECK(rebuild_commands(root.fd()) == Commands{{"dracut", "--regenerate-all", "--force"}});
    root.write("usr/bin/mkinitcpio", "");
    CHECK(rebuild_commands(root.fd()) == Commands{{"dracut", "--regenerate-all", "--force"}});
    root.write("etc/mkinitcpio.d/linux.preset", "");
    CHECK(rebuild_commands(root.fd()) == Commands{{"mkinitcpio", "-P"}});
    root.write("etc/kernel/install.conf", "layout=uki\n");
    root.write("usr/lib/modules/6.1/vmlinuz", "");
    CHECK(rebuild_commands(root.fd()) ==
          Commands{{"kernel-install", "add", "6.1", "/usr/lib/modules/6.1/vmlinuz"}});
    root.write("usr/sbin/update-initramfs", "");
    CHECK(rebuild_commands(root.fd()) == Commands{{"update-initramfs", "-u", "-k", "all"}});
}

TEST_CASE("no image is rebuilt on an image-based system", "[loader]") {
    const ScratchDir root;
    root.write("usr/bin/dracut", "");
    CHECK(rebuild_commands(root.fd()).size() == 1);
    root.write("ostree/repo/config", "");
    CHECK(rebuild_commands(root.fd()).empty());
}

TEST_CASE("Proxmox has a command of its own", "[loader]") {
    const ScratchDir root;
    root.write(kInfo, efi("systemd-boot 252"));
    root.write("etc/kernel/proxmox-boot-uuids", "1234-ABCD\n");
    root.write("etc/kernel/cmdline", "root=ZFS=rpool/ROOT/pve-1 boot=zfs\n");
    root.write("usr/sbin/proxmox-boot-tool", "");
    const Loader loader = find_loader(root.fd());
    CHECK(loader.commands == std::vector<Command>{{"proxmox-boot-tool", "refresh"}});
    CHECK(loader.cmdline == std::vector<std::string>{"root=ZFS=rpool/ROOT/pve-1", "boot=zfs"});
}

}  // namespace
