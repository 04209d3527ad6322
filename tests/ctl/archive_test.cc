// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/archive.h"

#include <catch2/catch_test_macros.hpp>

#include "../unit/scratch_dir.h"

using namespace pt;
using namespace pt::ctl;

TEST_CASE("a link stays inside or does not") {
    CHECK(stays_inside("sys/bus/pci/devices/x", "../../../devices/pci0000:00/x"));
    CHECK(stays_inside("a", "b"));
    CHECK(stays_inside("a/b", "../c"));
    CHECK(stays_inside("a/b/c", "../../d/../e"));
    CHECK_FALSE(stays_inside("a", "/etc/passwd"));
    CHECK_FALSE(stays_inside("a", ".."));
    CHECK_FALSE(stays_inside("a", "../a"));
    CHECK_FALSE(stays_inside("a/b", "../../c"));
    CHECK_FALSE(stays_inside("a/b", "c/../../../d"));
    CHECK_FALSE(stays_inside("a", ""));
}
