// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/next_boot.h"

#include <catch2/catch_test_macros.hpp>
#include <cerrno>

namespace {

using namespace pt::ctl;

Loader loader(std::vector<std::string> words) {
    Loader made;
    made.cmdline = std::move(words);
    made.cmdline_path = "/boot/grub/grub.cfg";
    return made;
}

TEST_CASE("words that differ from those of this boot are told", "[next-boot]") {
    const auto note = [](std::string_view running, std::vector<std::string> next) {
        return note_of_next_boot(running, loader(std::move(next)));
    };
    CHECK(note("BOOT_IMAGE=/vmlinuz ro pt.ids=10de:1b06", {"ro", "pt.ids=10de:1b06"}).empty());
    CHECK(note("ro quiet", {"ro"}).empty());
    CHECK(note("ro\n", {"ro", "pt.ids=10de:1b06", "pt.with=none"}) ==
          "words for the next boot wait in /boot/grub/grub.cfg: pt.ids=10de:1b06 pt.with=none; "
          "reboot");
    CHECK(note("ro pt.ids=10de:1b06 pt.off", {"ro", "pt.ids=10de:1b06"}) ==
          "words for the next boot wait in /boot/grub/grub.cfg: pt.ids=10de:1b06; reboot");
    CHECK(note("ro pt.ids=10de:1b06", {"ro"}) ==
          "the next boot is without the words of this one: /boot/grub/grub.cfg has no pt. word");
    CHECK(note("ro", {"pt.ids=\x1b[2J"}).find('\x1b') == std::string::npos);
}

TEST_CASE("nothing is promised of files that images are made of", "[next-boot]") {
    Loader unified = loader({"ro", "pt.ids=10de:1b06"});
    unified.kind = LoaderKind::kUki;
    unified.cmdline_path = "/etc/cmdline.d";
    CHECK(note_of_next_boot("ro", unified) ==
          "words stand in /etc/cmdline.d: pt.ids=10de:1b06; they count from the next boot if what "
          "it starts was built since");
    unified.cmdline = {"ro"};
    CHECK(note_of_next_boot("ro pt.ids=10de:1b06", unified).empty());
    Loader installed = loader({"ro"});
    installed.kind = LoaderKind::kKernelInstall;
    installed.cmdline_path = "/etc/kernel/cmdline";
    CHECK(note_of_next_boot("ro pt.ids=10de:1b06", installed).empty());
}

TEST_CASE("nothing is told of a line that cannot be read", "[next-boot]") {
    CHECK(note_of_next_boot("pt.ids=10de:1b06", Loader{}).empty());
    CHECK(note_of_next_boot("pt.ids=10de:1b06", loader({})).empty());
    Loader closed = loader({"ro", "pt.ids=10de:1b06"});
    closed.cmdline_error = EACCES;
    CHECK(note_of_next_boot("ro", closed).empty());
}

}  // namespace
