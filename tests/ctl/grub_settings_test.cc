// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/doctor/grub_settings.h"

#include <catch2/catch_test_macros.hpp>

using namespace pt::ctl;

namespace {

// The command line of one file, "?" if only a shell could tell.
std::string of(std::string_view text) {
    return grub_settings_cmdline({text}).value_or("?");
}

}  // namespace

TEST_CASE("GRUB's settings are read as a shell reads plain assignments") {
    CHECK(of("") == " ");
    CHECK(of("# comment\n\n  GRUB_TIMEOUT=5\n") == " ");
    CHECK(of("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet pt.ids=1:2\"\nGRUB_CMDLINE_LINUX=a\n") ==
          "a quiet pt.ids=1:2");
    CHECK(of("GRUB_CMDLINE_LINUX='a $b'\"c\"d # e\n") == "a $bcd ");
    CHECK(of("export GRUB_CMDLINE_LINUX=a") == "a ");
    CHECK(of("GRUB_CMDLINE_LINUX=a\nGRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX b\"\n") == "a b ");
    CHECK(of("GRUB_CMDLINE_LINUX=a\nGRUB_CMDLINE_LINUX=${GRUB_CMDLINE_LINUX}b\n") == "ab ");
    CHECK(of("#GRUB_CMDLINE_LINUX=a\nGRUB_CMDLINE_LINUX_XEN=b\n") == " ");
    CHECK(of("GRUB_DISTRIBUTOR=`( . /etc/os-release; echo ${NAME:-Debian} ) || echo \"D\"`\n") ==
          " ");
    CHECK(grub_settings_cmdline({"GRUB_CMDLINE_LINUX=a",
                                 "GRUB_CMDLINE_LINUX=\"b "
                                 "$GRUB_CMDLINE_LINUX\""}) == "b a ");
    CHECK(grub_settings_cmdline({}) == " ");
}

TEST_CASE("of settings that only a shell can read nothing is claimed") {
    for (const char* text : {
             "GRUB_CMDLINE_LINUX=\"$(words)\"\n",
             "GRUB_CMDLINE_LINUX=`words`\n",
             "GRUB_CMDLINE_LINUX=\"$OTHER a\"\n",
             "GRUB_CMDLINE_LINUX=\"${GRUB_CMDLINE_LINUX:-a}\"\n",
             "GRUB_CMDLINE_LINUX=\"a\\\"b\"\n",
             "GRUB_CMDLINE_LINUX=\"a\nb\"\n",
             "GRUB_CMDLINE_LINUX=a words\n",
             "GRUB_CMDLINE_LINUX=a; GRUB_CMDLINE_LINUX=b\n",
             "GRUB_CMDLINE_LINUX+=a\n",
             "GRUB_CMDLINE_LINUX=$",
             "GRUB_CMDLINE_LINUX=${",
             "GRUB_CMDLINE_LINUX='",
             "if true; then\nGRUB_CMDLINE_LINUX=a\nfi\n",
             ". /etc/default/more\n",
             "OTHER=\"a\nGRUB_CMDLINE_LINUX=b\"\n",
             "OTHER=a \\\nGRUB_CMDLINE_LINUX=b\n",
             "OTHER=1 && GRUB_CMDLINE_LINUX=b\n",
             "GRUB_TIMEOUT=5; . more\n",
             "=\n",
         }) {
        INFO(text);
        CHECK(of(text) == "?");
    }
}
