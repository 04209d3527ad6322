// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/this_machine.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/scratch_dir.h"

namespace {

using namespace pt;
using namespace pt::ctl;

bool is_ours(const std::string& path) {
    Fd root;
    REQUIRE(open_directory(AT_FDCWD, path.c_str(), root) == 0);
    return is_root_of_this_machine(root.get(), path);
}

TEST_CASE("this machine is known however its root is written", "[this-machine]") {
    const ScratchDir scratch;
    scratch.link("link", "/");
    for (const std::string path : {"/", "//", "/.", "/proc/..", "/proc/self/root"}) {
        INFO(path);
        CHECK(is_ours(path));
    }
    CHECK(is_ours(scratch.path("link")));
    CHECK_FALSE(is_ours(scratch.path("")));
    CHECK_FALSE(is_ours("/proc"));
    // as of a bind mount: the directory alone is not enough
    Fd root;
    REQUIRE(open_directory(AT_FDCWD, "/", root) == 0);
    CHECK_FALSE(is_root_of_this_machine(root.get(), scratch.path("")));
}

}  // namespace
