// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/inside.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <filesystem>

#include "tests/unit/scratch_dir.h"

using namespace pt;
using namespace pt::ctl;
namespace fs = std::filesystem;

TEST_CASE("links lead to the tree's own files, however they are written") {
    const ScratchDir root;
    root.write("usr/lib/os-release", "ID=own\n");
    root.write("etc/kept", "");
    for (const char* target : {"/usr/lib/os-release", "../usr/lib/os-release",
                               "../../../../../../../../usr/lib/os-release"}) {
        INFO(target);
        fs::remove(root.path("etc/os-release"));
        fs::create_symlink(target, root.path("etc/os-release"));
        std::string text;
        CHECK(read_inside(root.fd(), "etc/os-release", 100, text) == 0);
        CHECK(text == "ID=own\n");
    }
}

TEST_CASE("no link leads out of the tree") {
    const ScratchDir outside;
    outside.write("secret", "x");
    const ScratchDir root;
    root.write("etc/kept", "");
    fs::create_symlink(outside.path("secret"), root.path("etc/file"));
    fs::create_symlink(outside.path(""), root.path("etc/directory"));
    std::string text;
    std::vector<std::string> names;
    CHECK(read_inside(root.fd(), "etc/file", 100, text) == ENOENT);
    CHECK(read_inside(root.fd(), "etc/directory/secret", 100, text) == ENOENT);
    CHECK(list_inside(root.fd(), "etc/directory", names) == ENOENT);
    CHECK_FALSE(exists_inside(root.fd(), "etc/file"));
    CHECK(modified_inside(root.fd(), "etc/file") == 0);
    CHECK(exists_inside(root.fd(), "etc/kept"));
    CHECK(modified_inside(root.fd(), "etc/kept") > 0);
}

TEST_CASE("what is no regular file, or a large one, is not read") {
    const ScratchDir root;
    root.write("etc/long", "0123456789");
    REQUIRE(mkfifo(root.path("etc/fifo").c_str(), 0644) == 0);
    std::string text;
    CHECK(read_inside(root.fd(), "etc/long", 10, text) == 0);
    CHECK(read_inside(root.fd(), "etc/long", 9, text) == EFBIG);
    CHECK(read_inside(root.fd(), "etc/fifo", 9, text) == EINVAL);
    CHECK(read_inside(root.fd(), "etc", 9, text) == EISDIR);
    const Fd system(open("/", O_PATH | O_CLOEXEC));
    CHECK(read_inside(system.get(), "dev/zero", 9, text) == EINVAL);
    text.clear();
    CHECK(read_inside(system.get(), "dev/null", 9, text) == 0);
    CHECK(text.empty());
    // procfs tells no size: the beginning is what is wanted
    CHECK(read_inside(system.get(), "proc/cpuinfo", 9, text) == 0);
    CHECK(text.size() == 9);
}
