// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/private.h"

#include <catch2/catch_test_macros.hpp>

using namespace pt::ctl;

TEST_CASE("of a command line our words and those of the IOMMU are shown") {
    CHECK(our_words("BOOT_IMAGE=/vmlinuz root=UUID=12-34 ro pt.ids=10de:1b06 quiet") ==
          "pt.ids=10de:1b06");
    CHECK(our_words("intel_iommu=on iommu=pt luks.key=secret pt.off") ==
          "intel_iommu=on iommu=pt pt.off");
    CHECK(our_words("\"pt.ids=a b\" pt.addrs=\"c d\"") == "pt.ids=\"a b\" pt.addrs=\"c d\"");
    CHECK(our_words("pt.ids=") == "pt.ids=");
    CHECK(our_words("ptx.ids=1 xpt.ids=2 -- pt.ids=3").empty());
    CHECK(our_words("").empty());
}

TEST_CASE("of the conf file words stay where they are, and no comment stays") {
    CHECK(without_comments("# of Joe\npt.ids=10de:1b06 # Joe's\n") == "#\npt.ids=10de:1b06 #\n");
    CHECK(without_comments("  pt.ids=a#b\n\n#x") == "  pt.ids=a#b\n\n#");
    CHECK(without_comments("\"pt.ids=a # b\" # c\n") == "\"pt.ids=a # b\" #\n");
    CHECK(without_comments("").empty());
}

TEST_CASE("of the memory map the framebuffer is shown") {
    CHECK(framebuffer_lines("00000000-00000fff : Reserved\n  c0000000-c02fffff : efifb\n") ==
          "  c0000000-c02fffff : efifb\n");
    CHECK(framebuffer_lines("00000000-00000000 : efifb\n").empty());
    CHECK(framebuffer_lines("").empty());
}
