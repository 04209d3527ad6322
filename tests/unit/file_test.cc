// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sys/file.h"

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cerrno>

#include "tests/unit/scratch_dir.h"

namespace {

using namespace pt;

TEST_CASE("a small file is read whole or not at all", "[file]") {
    const ScratchDir dir;
    dir.write("file", "1234567");
    char buffer[8];
    std::string_view text = "old";
    CHECK(read_small_file(dir.fd(), "file", buffer, 8, text) == 0);
    CHECK(text == "1234567");
    text = "old";
    CHECK(read_small_file(dir.fd(), "file", buffer, 7, text) == EFBIG);
    CHECK(read_small_file(dir.fd(), "none", buffer, 8, text) == ENOENT);
    CHECK(read_small_file(dir.fd(), ".", buffer, 8, text) == EISDIR);
    CHECK(text == "old");
}

TEST_CASE("a long file is read up to a limit", "[file]") {
    const ScratchDir dir;
    dir.write("file", std::string(5000, 'x') + "end");
    for (const std::size_t limit : {0U, 1U, 1024U, 1025U, 5002U, 5003U, 9999U}) {
        std::string text;
        CHECK(read_file(dir.fd(), "file", limit, text) == 0);
        CHECK(text.size() == std::min<std::size_t>(limit, 5003));
    }
    std::string text;
    CHECK(read_file(dir.fd(), "none", 10, text) == ENOENT);
}

TEST_CASE("a file that is too long is not read in part", "[file]") {
    const ScratchDir dir;
    dir.write("file", std::string(5000, 'x'));
    std::string text;
    CHECK(read_whole_file(dir.fd(), "file", 5000, text) == 0);
    CHECK(text.size() == 5000);
    text.clear();
    CHECK(read_whole_file(dir.fd(), "file", 4999, text) == EFBIG);
    CHECK(text.empty());
    CHECK(read_whole_file(dir.fd(), "none", 10, text) == ENOENT);
    CHECK(read_whole_file(dir.fd(), ".", 10, text) == EISDIR);
}

TEST_CASE("a file is replaced whole, or nothing of it is left", "[file]") {
    const ScratchDir dir;
    dir.write("file", "old");
    CHECK(replace_file(dir.fd(), "file", "new") == 0);
    std::string text;
    CHECK(read_file(dir.fd(), "file", 10, text) == 0);
    CHECK(text == "new");
    CHECK_FALSE(exists(dir.fd(), "file.new"));

    SECTION("the disk is full") {
        rlimit before{};
        REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
        (void)signal(SIGXFSZ, SIG_IGN);
        const rlimit three{3, before.rlim_max};
        REQUIRE(setrlimit(RLIMIT_FSIZE, &three) == 0);
        const int error = replace_file(dir.fd(), "file", "newest");
        REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
        (void)signal(SIGXFSZ, SIG_DFL);
        CHECK(error == EFBIG);
    }
    SECTION("its name is taken by a directory") {
        CHECK(make_directory(dir.fd(), "directory") == 0);
        CHECK(replace_file(dir.fd(), "directory", "newest") == EISDIR);
        CHECK_FALSE(exists(dir.fd(), "directory.new"));
    }
    SECTION("the name of its first form is") {
        CHECK(make_directory(dir.fd(), "file.new") == 0);
        CHECK(replace_file(dir.fd(), "file", "newest") == EISDIR);
        CHECK(exists(dir.fd(), "file.new"));
        CHECK_FALSE(exists(dir.fd(), "none"));
        text.clear();
        CHECK(read_file(dir.fd(), "file", 10, text) == 0);
        CHECK(text == "new");
        return;
    }
    CHECK_FALSE(exists(dir.fd(), "file.new"));
    text.clear();
    CHECK(read_file(dir.fd(), "file", 10, text) == 0);
    CHECK(text == "new");
}

TEST_CASE("a write makes no file, and is whole or an error", "[file]") {
    const ScratchDir dir;
    dir.write("file", "");
    CHECK(write_file(dir.fd(), "none", "x") == ENOENT);
    CHECK_FALSE(exists(dir.fd(), "none"));
    CHECK(write_file(dir.fd(), "file", "12345678") == 0);

    // With this limit the kernel takes three bytes, then none.
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    const rlimit three{3, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &three) == 0);
    const int error = write_file(dir.fd(), "file", "abcdefgh");
    REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
    (void)signal(SIGXFSZ, SIG_DFL);
    CHECK(error == EIO);
}

TEST_CASE("of a link the last component counts", "[file]") {
    const ScratchDir dir;
    std::string name = "old";
    for (const auto& [target, expected] : {std::pair{"../../drivers/vfio-pci", "vfio-pci"},
                                           std::pair{"nouveau", "nouveau"}, std::pair{"a/", ""}}) {
        std::filesystem::remove(dir.path("link"));
        std::filesystem::create_symlink(target, dir.path("link"));
        CHECK(read_link_name(dir.fd(), "link", name) == 0);
        CHECK(name == expected);
    }
    name = "old";
    CHECK(read_link_name(dir.fd(), "none", name) == 0);
    CHECK(name.empty());
    dir.write("file", "");
    CHECK(read_link_name(dir.fd(), "file", name) == EINVAL);
}

TEST_CASE("a directory has entries besides itself", "[file]") {
    const ScratchDir dir;
    CHECK_FALSE(has_entries(dir.fd(), "."));
    CHECK_FALSE(has_entries(dir.fd(), "none"));
    dir.write("file", "");
    CHECK(has_entries(dir.fd(), "."));
    CHECK_FALSE(has_entries(dir.fd(), "file"));
}

}  // namespace
