// SPDX-License-Identifier: LGPL-2.1-or-later
// The files and commands that a change is made of.
#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <csignal>
#include <filesystem>

#include "ctl/change.h"
#include "ctl/record.h"
#include "sys/file.h"
#include "tests/ctl/change_machines.h"

namespace {

using namespace pt::ctl;
using namespace pt::ctl::change_tests;

TEST_CASE("files keep their mode, and links what they lead to", "[change]") {
    const ScratchDir root;
    root.write("etc/real", "old");
    chmod(root.path("etc/real").c_str(), 0640);
    fs::create_symlink("real", root.path("etc/link"));
    fs::create_symlink("nowhere", root.path("etc/dangling"));
    fs::create_symlink("/etc/passwd", root.path("etc/outside"));
    CHECK(replace_text(root.fd(), "/etc/link", {true, "new"}) == 0);
    CHECK(fs::is_symlink(root.path("etc/link")));
    FileText text;
    CHECK(read_text(root.fd(), "/etc/real", text) == 0);
    CHECK(text.text == "new");
    struct stat status {};
    CHECK(stat(root.path("etc/real").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0640);
    CHECK(replace_text(root.fd(), "/etc/dangling", {true, "new"}) == ELOOP);
    CHECK(read_text(root.fd(), "/etc/dangling", text) == ELOOP);
    CHECK(replace_text(root.fd(), "/etc/outside", {true, "new"}) == EXDEV);
    CHECK(read_text(root.fd(), "/etc/outside", text) == EXDEV);
    CHECK(read_text(root.fd(), "/no/such/file", text) == 0);
    CHECK_FALSE(text.exists);
}

TEST_CASE("a link to a device, or a FIFO, is left alone", "[change]") {
    const ScratchDir root;
    make(root, machine_of("GRUB of Debian"));
    root.write("dev/x", "");
    REQUIRE(mkfifo(root.path("dev/pipe").c_str(), 0644) == 0);  // a device takes root's rights
    root.write("etc/default/grub.d/x", "");
    fs::create_symlink("../../../dev/pipe", root.path("etc/default/grub.d/pt-hook.cfg"));
    const Tree before = tree_of(root);
    const Change change = plan_use(root.fd(), find_loader(root.fd()), false, kWords, Record());
    CHECK(change.problem ==
          "/etc/default/grub.d/pt-hook.cfg is no regular file, and is not made one.");
    CHECK(tree_of(root) == before);
}

TEST_CASE("a link that leads nowhere is named, and nothing is made of it", "[change]") {
    const ScratchDir root;
    Machine machine = machine_of("GRUB of others");
    machine.files.erase("etc/default/grub");
    make(root, machine);
    root.link("etc/default/grub", "missing");
    const Tree before = tree_of(root);
    const Change change = plan_use(root.fd(), find_loader(root.fd()), false, kWords, Record());
    CHECK(change.problem ==
          "/etc/default/grub is a symbolic link that leads nowhere: remove it, or make what it "
          "leads to.");
    CHECK(tree_of(root) == before);
}

TEST_CASE("directories that are made are for all, whatever the umask", "[change]") {
    const ScratchDir root;
    const mode_t old = umask(077);
    const int error = replace_text(root.fd(), "/var/lib/x/file", {true, "text"});
    umask(old);
    CHECK(error == 0);
    for (const char* path : {"var", "var/lib", "var/lib/x", "var/lib/x/file"}) {
        INFO(path);
        struct stat status {};
        CHECK(stat(root.path(path).c_str(), &status) == 0);
        CHECK((status.st_mode & 0777) == (S_ISDIR(status.st_mode) ? 0755 : 0644));
    }
}

TEST_CASE("the copies of a file are for those who may read it", "[change]") {
    const ScratchDir root;
    root.write("etc/secret", "x");
    REQUIRE(chmod(root.path("etc/secret").c_str(), 0740) == 0);
    Record record;
    record.kind = "grub";
    for (const char* path : {"/etc/secret", "/etc/new"})
        record.files.push_back({path, {}, {true, "x"}, {true, "y"}});
    RecordChange change;
    REQUIRE(change.begin(root.fd(), record) == 0);
    change.settle();
    const auto mode_of_copy = [&](const char* name) {
        struct stat status {};
        CHECK(stat(root.path(std::string("var/lib/pt-hook/use/") + name).c_str(), &status) == 0);
        return status.st_mode & 07777;
    };
    CHECK(mode_of_copy("1.0.before") == 0640);
    CHECK(mode_of_copy("1.0.after") == 0640);
    CHECK(mode_of_copy("1.1.before") == 0644);
    CHECK(mode_of_copy("record.json") == 0644);
}

TEST_CASE("below a root directory that is gone nothing is told to be absent", "[change]") {
    const ScratchDir scratch;
    scratch.write("root/x", "");
    const pt::Fd root(open(scratch.path("root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const fs::path here = fs::current_path();
    FileText text;
    CHECK(read_text(root.get(), "/x", text) == 0);
    CHECK(text.exists);
    fs::remove_all(scratch.path("root"));
    CHECK(read_text(root.get(), "/x", text) == ESTALE);
    CHECK(fs::current_path() == here);
}

TEST_CASE("commands of this machine tell how they ended", "[change]") {
    CHECK(run_command({"true"}).empty());
    CHECK(run_command({"sh", "-c", "exit 3"}) == "ended with status 3");
    CHECK(run_command({"sh", "-c", "kill -9 $$"}).starts_with("was ended by a signal"));
    CHECK(run_command({"/no/such/program"}).starts_with("cannot be started"));
}

TEST_CASE("Ctrl-C ends the command, and the program goes on", "[change]") {
    // Catch2 has handlers of its own, and nohup and shells have some signals ignored.
    const std::pair<const char*, int> signals[] = {
        {"INT", SIGINT}, {"QUIT", SIGQUIT}, {"TERM", SIGTERM}, {"HUP", SIGHUP}, {"PIPE", SIGPIPE}};
    std::vector<void (*)(int)> old;
    for (const auto& [name, number] : signals) old.push_back(std::signal(number, SIG_DFL));
    {
        const Uninterrupted uninterrupted;
        // to the program too, as a terminal sends it to all that run in front
        for (const auto& [name, number] : signals) {
            INFO(name);
            CHECK(run_command({"sh", "-c", std::string("kill -") + name + " $PPID $$"})
                      .starts_with("was ended by a signal"));
        }
    }
    for (std::size_t i = 0; i < old.size(); ++i)
        CHECK(std::signal(signals[i].second, old[i]) == SIG_DFL);
}

TEST_CASE("what was ignored stays ignored", "[change]") {
    void (*old)(int) = std::signal(SIGHUP, SIG_IGN);
    {
        const Uninterrupted uninterrupted;
        CHECK(run_command({"sh", "-c", "kill -HUP $$"}).empty());
    }
    (void)std::signal(SIGHUP, old);
}

}  // namespace
