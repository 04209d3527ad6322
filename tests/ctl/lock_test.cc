// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/lock.h"

#include <sys/stat.h>
#include <catch2/catch_test_macros.hpp>
#include "tests/unit/scratch_dir.h"

namespace pt::ctl {
namespace {

TEST_CASE("one at a time is let in", "[lock]") {
    const ScratchDir root;
    Fd second;
    {
        Fd first;
        CHECK(lock_out_others(root.fd(), "lock", first));
        CHECK_FALSE(lock_out_others(root.fd(), "lock", second));
    }
    CHECK(lock_out_others(root.fd(), "lock", second));
    struct stat status {};
    CHECK(stat(root.path("lock").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("one at a time is let in below another root, where nothing is left", "[lock]") {
    const ScratchDir scratch;
    Context context;
    context.is_this_machine = false;
    REQUIRE(open_directory(scratch.fd(), ".", context.root_dir) == 0);
    Fd second;
    {
        Fd first;
        CHECK(keep_others_out(context, first).empty());
        CHECK(keep_others_out(context, second).starts_with("Another 'ptctl use'"));
    }
    CHECK(keep_others_out(context, second).empty());
    CHECK_FALSE(has_entries(scratch.fd(), "."));
}

TEST_CASE("where there can be no lock everybody is let in", "[lock]") {
    const ScratchDir root;
    root.link("link", "/dev/null");
    for (const char* path : {"missing/lock", "link", ""}) {
        INFO(path);
        Fd lock;
        CHECK(lock_out_others(root.fd(), path, lock));
        CHECK_FALSE(lock.is_open());
    }
}

}  // namespace
}  // namespace pt::ctl
