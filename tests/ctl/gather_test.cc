// SPDX-License-Identifier: LGPL-2.1-or-later
// What ptctl doctor reads of a tree in which files are not what they should be.
#include "ctl/doctor/gather.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <chrono>
#include <filesystem>

#include "tests/unit/scratch_dir.h"

using namespace pt;
using namespace pt::ctl;
namespace fs = std::filesystem;
using UnreadFiles = std::vector<std::pair<std::string, int>>;

namespace {

Context context_of(const ScratchDir& tree) {
    Context context;
    context.root = tree.path("");
    context.root_dir = Fd(open(context.root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    context.is_this_machine = false;
    return context;
}

void make_fifo(const ScratchDir& tree, const char* path) {
    fs::create_directories(fs::path(tree.path(path)).parent_path());
    REQUIRE(mkfifo(tree.path(path).c_str(), 0644) == 0);
}

// Standard error in a file as long as this lives.
class CaughtErrors {
  public:
    explicit CaughtErrors(const std::string& path)
        : file_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)), old_(dup(STDERR_FILENO)) {
        (void)dup2(file_.get(), STDERR_FILENO);
    }
    CaughtErrors(const CaughtErrors&) = delete;
    CaughtErrors& operator=(const CaughtErrors&) = delete;
    ~CaughtErrors() { (void)dup2(old_.get(), STDERR_FILENO); }

    [[nodiscard]] off_t size() const { return lseek(file_.get(), 0, SEEK_END); }

  private:
    Fd file_;
    Fd old_;
};

}  // namespace

TEST_CASE("files that hold leftovers and cannot be searched are told, and what can be is") {
    const ScratchDir tree;
    const Context context = context_of(tree);
    for (const char* path :
         {"etc/modprobe.d/fifo.conf", "etc/modules-load.d/fifo.conf", "etc/modules",
          "etc/dracut.conf.d/fifo.conf", "etc/driverctl.d/pci-0000:01:00.0",
          "etc/initramfs-tools/scripts/init-top/fifo"})
        make_fifo(tree, path);
    tree.write("etc/modprobe.d/good.conf", "options vfio-pci ids=10de:1b06\n");
    tree.write("etc/modprobe.d/large.conf", std::string((1 << 20) + 1, '#'));
    tree.write("etc/modprobe.d/dir.conf/x", "");
    tree.write("etc/mkinitcpio.conf.d", "");
    Facts facts;
    gather_leftovers(context, facts);
    CHECK(facts.unread_leftovers ==
          UnreadFiles{{"/etc/modprobe.d/fifo.conf", EINVAL},
                      {"/etc/modprobe.d/large.conf", EFBIG},
                      {"/etc/modules", EINVAL},
                      {"/etc/modules-load.d/fifo.conf", EINVAL},
                      {"/etc/dracut.conf.d/fifo.conf", EINVAL},
                      {"/etc/driverctl.d/pci-0000:01:00.0", EINVAL},
                      {"/etc/initramfs-tools/scripts/init-top/fifo", EINVAL}});
    REQUIRE(facts.leftovers.size() == 1);
    CHECK(facts.leftovers[0].place == "/etc/modprobe.d/good.conf");
}

TEST_CASE("a directory of leftovers that may not be listed is told") {
    if (geteuid() == 0) SKIP("root may list every directory");
    const ScratchDir tree;
    const Context context = context_of(tree);
    tree.write("etc/modprobe.d/good.conf", "");
    REQUIRE(chmod(tree.path("etc/modprobe.d").c_str(), 0) == 0);
    Facts facts;
    gather_leftovers(context, facts);
    CHECK(facts.unread_leftovers == UnreadFiles{{"/etc/modprobe.d", EACCES}});
    REQUIRE(chmod(tree.path("etc/modprobe.d").c_str(), 0755) == 0);
}

TEST_CASE("links in the tree lead to no leftovers of the machine that looks") {
    const ScratchDir other;
    other.write("vfio.conf", "options vfio-pci ids=10de:1b06\n");
    const ScratchDir tree;
    const Context context = context_of(tree);
    tree.write("etc/modprobe.d/kept.conf", "");
    fs::create_symlink(other.path("vfio.conf"), tree.path("etc/modprobe.d/out.conf"));
    fs::create_symlink(other.path(""), tree.path("run"));
    Facts facts;
    gather_leftovers(context, facts);
    CHECK(facts.leftovers.empty());
    CHECK(facts.unread_leftovers.empty());  // as in the tree itself, where they lead nowhere
}

TEST_CASE("what libkmod thinks of a file is not written to standard error") {
    const ScratchDir tree;
    const Context context = context_of(tree);
    tree.write("etc/modprobe.d/odd.conf", "\x1b[2Jnonsense\noptions\n");
    const CaughtErrors errors(tree.path("errors"));
    Facts facts;
    gather_leftovers(context, facts);
    CHECK(errors.size() == 0);
}

TEST_CASE("an index of modules that is a FIFO, or a link out of the tree, is not opened") {
    const ScratchDir tree;
    const Context context = context_of(tree);
    tree.write("lib/modules/6.1/modules.builtin", "");
    tree.write("lib/modules/6.1/modules.dep.bin", "");
    make_fifo(tree, "lib/modules/6.1/modules.alias.bin");
    tree.write("lib/modules/6.2/modules.builtin", "");
    fs::create_symlink("/etc/passwd", tree.path("lib/modules/6.2/modules.dep.bin"));
    Facts facts;
    gather_kernels(context, facts);
    REQUIRE(facts.kernels.size() == 2);
    CHECK(facts.kernels[0].error == EINVAL);
    CHECK(facts.kernels[1].error == EINVAL);
}

TEST_CASE("an index of modules in which libkmod reads without end ends the lookup alone") {
    const ScratchDir tree;
    const Context context = context_of(tree);
    // The root's text is to be found where the file has ended long ago.
    const std::string index("\xb0\x07\xf4\x57\x00\x02\x00\x01\x80\xff\xff\xff", 12);
    for (const char* name : {"dep", "alias", "symbols", "builtin", "builtin.alias"})
        tree.write("lib/modules/6.1/modules." + std::string(name) + ".bin", index);
    tree.write("lib/modules/6.1/modules.builtin", "");
    Facts facts;
    gather_kernels(context, facts);
    REQUIRE(facts.kernels.size() == 1);
    // A libkmod that notices finds no module.
    CHECK(
        (facts.kernels[0].error == EUCLEAN || facts.kernels[0].vfio_pci == ModulePlace::kMissing));
}

TEST_CASE("GRUB's settings are newer than its menu if one was changed, added or removed since") {
    const ScratchDir tree;
    const Context context = context_of(tree);
    tree.write("usr/sbin/grub-mkconfig", "default/grub.d/\n");
    tree.write("boot/grub/grub.cfg", "linux /vmlinuz quiet\n");
    tree.write("etc/default/grub", "GRUB_TIMEOUT=5\n");
    tree.write("etc/default/grub.d/a.cfg", "GRUB_CMDLINE_LINUX=pt.ids=1:2\n");
    const fs::file_time_type made = fs::last_write_time(tree.path("boot/grub/grub.cfg"));
    const auto is_newer_with = [&](const char* changed) {
        for (const char* path :
             {"etc/default/grub", "etc/default/grub.d/a.cfg", "etc/default/grub.d"})
            fs::last_write_time(tree.path(path), made - std::chrono::hours(1));
        fs::last_write_time(tree.path(changed), made + std::chrono::hours(1));
        Facts facts;
        gather_loader(context, facts);
        fs::last_write_time(tree.path("boot/grub/grub.cfg"), made);
        return facts.loader.has_newer_settings;
    };
    CHECK(is_newer_with("etc/default/grub"));
    CHECK(is_newer_with("etc/default/grub.d/a.cfg"));
    CHECK(is_newer_with("etc/default/grub.d"));
    CHECK_FALSE(is_newer_with("boot/grub/grub.cfg"));
    tree.write("usr/sbin/grub-mkconfig", "default/grub\n");
    CHECK(is_newer_with("etc/default/grub"));
    CHECK_FALSE(is_newer_with("etc/default/grub.d/a.cfg"));  // which nobody reads
}

TEST_CASE("an image that is a FIFO is told and not waited for") {
    const ScratchDir tree;
    const Context context = context_of(tree);
    make_fifo(tree, "boot/initrd.img-6.1.1");
    Facts facts;
    gather_images(context, facts);
    REQUIRE(facts.images.size() == 1);
    CHECK(facts.images[0].error == EINVAL);
}
