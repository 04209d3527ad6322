// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sys/survey.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/choice_machine.h"
#include "tests/unit/scratch_dir.h"

namespace {

using namespace pt;

// By the framebuffers alone: no display has boot_vga here.
std::size_t boot_display_of(std::vector<Framebuffer> framebuffers) {
    const ScratchDir root;
    root.write("sys/bus/pci/devices/0000:02:00.0/modalias", "");
    Machine machine{{function("00:01.0", 0x8086, 0x1901, 0x060400),
                     function("02:00.0", 0x10de, 0x1b06, 0x030000)},
                    {},
                    {},
                    std::move(framebuffers),
                    kNobody};
    find_boot_display(machine, PciBus(root.fd()));
    return machine.boot_display;
}

TEST_CASE("the owner of a framebuffer shows the boot only if it is a display", "[survey]") {
    CHECK(boot_display_of({}) == kNobody);
    CHECK(boot_display_of({{"simple-framebuffer.0", 1}}) == 1);
    CHECK(boot_display_of({{"simple-framebuffer.0", 0}}) == kNobody);
    CHECK(boot_display_of({{"simple-framebuffer.0", kNobody}}) == kNobody);
    CHECK(boot_display_of({{"simple-framebuffer.0", 0}, {"efi-framebuffer.0", 1}}) == 1);
}

}  // namespace
