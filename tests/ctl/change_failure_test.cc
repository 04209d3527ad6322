// SPDX-License-Identifier: LGPL-2.1-or-later
// What is left of a change that goes wrong in the midst of it: nothing.
#include "ctl/change.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <fstream>
#include <memory>

#include "tests/ctl/change_machines.h"

namespace {

using namespace pt::ctl;
using namespace pt::ctl::change_tests;

TEST_CASE("when a command fails the files are as before, and so is the record", "[change]") {
    for (const Machine& machine : machines()) {
        if (machine.commands.empty()) continue;
        INFO(machine.name);
        const ScratchDir root;
        make(root, machine);
        const Tree before = tree_of(root);
        Commands commands(root);
        commands.fails_at = machine.commands.front();
        const std::string problem = use(root, kWords, commands);
        CHECK(problem.find("ended with status 1") != std::string::npos);
        CHECK(problem.find("'" + split_words(machine.commands.front())[0]) != std::string::npos);
        CHECK(tree_of(root) == before);
    }
}

TEST_CASE("what a command has changed of its own files before it fails is put back", "[change]") {
    const ScratchDir root;
    make(root, machine_of("GRUB with grubby"));
    const Tree before = tree_of(root);
    Commands commands(root);
    const auto change = [&] {
        return plan_use(root.fd(), find_loader(root.fd()), false, kWords, record_of(root));
    };
    const RunCommand fails_late = [&](const Command& command) {
        CHECK(commands(command).empty());
        return std::string("ended with status 1");
    };
    const std::string problem = apply_change(root.fd(), change(), fails_late);
    CHECK(problem.find("The files are as they were") != std::string::npos);
    CHECK(tree_of(root) == before);
    CHECK(use(root, kWords, commands).empty());
    const Tree used = tree_of(root);
    const Change undo = plan_unuse(root.fd(), record_of(root));
    CHECK_FALSE(apply_change(root.fd(), undo, fails_late).empty());
    CHECK(tree_of(root) == used);
}

TEST_CASE("the second of two kernels fails: the first is done again without the words",
          "[change]") {
    const ScratchDir root;
    make(root, machine_of("systemd-boot with kernel-install"));
    root.write("usr/lib/modules/6.2/vmlinuz", "");
    const Tree before = tree_of(root);
    Commands commands(root);
    commands.fails_at = "kernel-install add 6.2 /usr/lib/modules/6.2/vmlinuz";
    CHECK_FALSE(use(root, kWords, commands).empty());
    CHECK(commands.calls == Words{"kernel-install add 6.1 /boot/vmlinuz-6.1", commands.fails_at,
                                  "kernel-install add 6.1 /boot/vmlinuz-6.1"});
    CHECK(tree_of(root) == before);
}

TEST_CASE("a file that cannot be written is named, and all is as before", "[change]") {
    const ScratchDir root;
    make(root, machine_of("GRUB of Debian"));
    root.write("etc/default/grub.d", "a file where a directory should be");
    const Tree before = tree_of(root);
    Commands commands(root);
    const Change change =
        plan_use(root.fd(), find_loader(root.fd()), false, kWords, record_of(root));
    if (change.problem.empty()) {
        const std::string problem = apply_change(root.fd(), change, std::ref(commands));
        CHECK(problem.find("/etc/default/grub.d/pt-hook.cfg") != std::string::npos);
    } else {
        CHECK(change.problem.find("Not a directory") != std::string::npos);
    }
    CHECK(commands.calls.empty());
    CHECK(tree_of(root) == before);
}

TEST_CASE("a file whose name the record cannot hold is not changed", "[change]") {
    const ScratchDir root;
    root.write("boot/loader/loader.conf", "");
    root.write("boot/loader/entries/arch-\xe9.conf", kEntry);
    const Tree before = tree_of(root);
    Commands commands(root);
    CHECK(use(root, kWords, commands).find("Nothing is changed") != std::string::npos);
    CHECK(tree_of(root) == before);
}

TEST_CASE("no place for the copy: nothing is changed", "[change]") {
    const ScratchDir root;
    make(root, machine_of("GRUB of Debian"));
    root.write("var/lib/pt-hook", "a file");
    const Tree before = tree_of(root);
    Commands commands(root);
    const Change change = plan_use(root.fd(), find_loader(root.fd()), false, kWords, Record());
    CHECK(apply_change(root.fd(), change, std::ref(commands)).find("Nothing is changed") !=
          std::string::npos);
    CHECK(commands.calls.empty());
    CHECK(tree_of(root) == before);
}

// No file of this process may be longer than that: what a full disk is to a test.
class FullDisk {
  public:
    explicit FullDisk(rlim_t size) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        CHECK(getrlimit(RLIMIT_FSIZE, &old_) == 0);
        const rlimit limit{size, old_.rlim_max};
        CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;
    ~FullDisk() {
        (void)setrlimit(RLIMIT_FSIZE, &old_);
        (void)std::signal(SIGXFSZ, old_handler_);
    }

  private:
    void (*old_handler_)(int);
    rlimit old_{};
};

TEST_CASE("on a disk that is full from the beginning nothing is changed", "[change]") {
    for (const Machine& machine : machines()) {
        INFO(machine.name);
        const ScratchDir root;
        make(root, machine);
        const Tree before = tree_of(root);
        Commands commands(root);
        {
            const FullDisk full(8);
            CHECK(use(root, kWords, commands).find("Nothing is changed") != std::string::npos);
        }
        CHECK(commands.calls.empty());
        CHECK(tree_of(root) == before);
    }
}

TEST_CASE("a disk that is full when a command fails takes the files back all the same",
          "[change]") {
    for (const Machine& machine : machines()) {
        if (machine.commands.empty() || change_by_command(machine)) continue;
        INFO(machine.name);
        const ScratchDir root;
        make(root, machine);
        const Tree before = tree_of(root);
        const Change change =
            plan_use(root.fd(), find_loader(root.fd()), false, kWords, record_of(root));
        std::unique_ptr<FullDisk> full;
        const std::string problem = apply_change(root.fd(), change, [&](const Command&) {
            full = std::make_unique<FullDisk>(0);
            return std::string("ended with status 28");
        });
        full.reset();
        CHECK(problem.find("The files are as they were.") != std::string::npos);
        CHECK(tree_of(root) == before);
    }
}

TEST_CASE("when one of several files cannot be written the others are not touched", "[change]") {
    const ScratchDir root;
    make(root, machine_of("systemd-boot with entries by hand"));
    root.write("boot/loader/entries/linux.conf", kEntry);
    root.write("boot/loader/entries/linux.conf.ptctl-new/file", "a directory in the way");
    struct stat old {};
    CHECK(stat(root.path("boot/loader/entries/arch.conf").c_str(), &old) == 0);
    const Tree before = tree_of(root);
    Commands commands(root);
    const std::string problem = use(root, kWords, commands);
    CHECK(problem.find("/boot/loader/entries/linux.conf cannot be written") != std::string::npos);
    CHECK(problem.find("Nothing is changed") != std::string::npos);
    CHECK(tree_of(root) == before);
    struct stat now {};
    CHECK(stat(root.path("boot/loader/entries/arch.conf").c_str(), &now) == 0);
    CHECK(now.st_ino == old.st_ino);
}

TEST_CASE("a file that is changed while the user is asked is left alone", "[change]") {
    const ScratchDir root;
    make(root, machine_of("systemd-boot with entries by hand"));
    const Change change =
        plan_use(root.fd(), find_loader(root.fd()), false, kWords, record_of(root));
    root.write("boot/loader/entries/arch.conf", kEntry + "# by hand\n");
    const Tree before = tree_of(root);
    Commands commands(root);
    CHECK(apply_change(root.fd(), change, std::ref(commands)) ==
          "/boot/loader/entries/arch.conf has been changed meanwhile, by somebody else. Nothing is "
          "changed.");
    CHECK(tree_of(root) == before);
}

}  // namespace
