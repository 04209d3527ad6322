// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/edit.h"

#include <catch2/catch_test_macros.hpp>

namespace {

using namespace pt::ctl;

using Words = std::vector<std::string>;

const Words kWords{"pt.ids=10de:1b06,10de:10ef", "intel_iommu=on"};
const std::string kText = "pt.ids=10de:1b06,10de:10ef intel_iommu=on";

TEST_CASE("words go to the end of the last line that says something, and come out again",
          "[edit]") {
    struct Row {
        const char* before;
        std::string after;
    };
    const Row rows[] = {
        {"", kText + "\n"},
        {"quiet\n", "quiet " + kText + "\n"},
        {"quiet", "quiet " + kText},
        {"root=LABEL=a ro\nquiet\n", "root=LABEL=a ro\nquiet " + kText + "\n"},
        {"quiet\n# no more\n", "quiet " + kText + "\n# no more\n"},
        {"quiet \t\r\n\n", "quiet " + kText + " \t\r\n\n"},
        {"# a comment", "# a comment\n" + kText + "\n"},
        {"\n\n", "\n\n" + kText + "\n"},
        {"caf\xe9 \x01\n", "caf\xe9 \x01 " + kText + "\n"},
    };
    for (const Row& row : rows) {
        INFO(row.before);
        CHECK(add_to_cmdline(row.before, kWords) == row.after);
    }
    for (const char* text : {"quiet\n", "quiet", "a\nb\n", "quiet\n# no more\n", "quiet \t\r\n\n"})
        CHECK(remove_words(add_to_cmdline(text, kWords), kWords) == text);
}

TEST_CASE("a boot loader entry gets words on its last line of options", "[edit]") {
    CHECK(add_to_entry("title A\nlinux /l\noptions a\noptions b\ninitrd /i\n", {"w"}) ==
          "title A\nlinux /l\noptions a\noptions b w\ninitrd /i\n");
    CHECK(add_to_entry("linux /l\noptions\ta\r\n", {"w"}) == "linux /l\noptions\ta w\r\n");
    CHECK(add_to_entry("linux /l", {"w"}) == "linux /l\noptions w\n");
    CHECK(add_to_entry("linux /l\n#options a\n", {"w"}) == "linux /l\n#options a\noptions w\n");
    CHECK(remove_words("linux /l\noptions w\n", {"w"}) == "linux /l\n");
    CHECK(remove_words("linux /l\noptions a w b\n", {"w"}) == "linux /l\noptions a b\n");
    CHECK(remove_words("title w\noptions x.w w\n", {"w"}) == "title\noptions x.w\n");
    CHECK(entry_options("options a  b\nlinux /l\n options\tc\noptionsd e\n") ==
          Words{"a", "b", "c"});
    CHECK(entry_value("title  Arch Linux \nlinux /l\n", "title") == "Arch Linux");
    CHECK(entry_value("titles a\n", "title").empty());
}

TEST_CASE("GRUB's settings are lengthened by an assignment at their end", "[edit]") {
    const std::string mark = "# By 'ptctl use'; 'ptctl unuse' takes it away.\n";
    const std::string line =
        "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT " + kText + "\"\n";
    CHECK(add_to_grub("", kWords) == mark + line);
    CHECK(add_to_grub("GRUB_TIMEOUT=5", kWords) == "GRUB_TIMEOUT=5\n" + mark + line);
    CHECK(remove_words(add_to_grub("GRUB_TIMEOUT=5\n", kWords), kWords) == "GRUB_TIMEOUT=5\n");
    // What the user has made of it stays.
    CHECK(remove_words(mark + "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT " + kText +
                           " splash\"\n",
                       kWords) ==
          "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT splash\"\n");
    CHECK(remove_words("A=\"intel_iommu=on quiet\"\nB='intel_iommu=on'\n", kWords) ==
          "A=\"quiet\"\nB=''\n");
}

TEST_CASE("only whole words outside of comments are taken out", "[edit]") {
    const char* texts[] = {
        "pt.ids=10de:1b06\n",
        "xpt.ids=10de:1b06,10de:10ef\n",
        "pt.ids=10de:1b06,10de:10ef,1002:5159\n",
        "# pt.ids=10de:1b06,10de:10ef\n",
        "-intel_iommu=on intel_iommu=on,sm_on\n",
        "",
        "\n \n",
        "\xff\xfe",
    };
    for (const char* text : texts) {
        INFO(text);
        CHECK(remove_words(text, kWords) == text);
    }
    CHECK(remove_words("quiet intel_iommu=on intel_iommu=on\n", kWords) == "quiet\n");
    CHECK(remove_words("intel_iommu=on quiet\n", kWords) == "quiet\n");
    CHECK(remove_words("a  intel_iommu=on  b\n", kWords) == "a  b\n");
}

TEST_CASE("the conf file gets a line for each word", "[edit]") {
    const std::string before = "# pt-hook.conf\npt.debug";
    const std::string after = add_to_conf(before, {"pt.ids=1:2", "pt.addrs=01:00.0"});
    CHECK(
        after.ends_with("pt.debug\n# By 'ptctl use'; 'ptctl unuse' takes it away.\n"
                        "pt.ids=1:2\npt.addrs=01:00.0\n"));
    CHECK(remove_words(after, {"pt.ids=1:2", "pt.addrs=01:00.0"}) == before + "\n");
}

TEST_CASE("a difference shows what goes and what comes", "[edit]") {
    CHECK(changed_lines("a\n", "a\n").empty());
    CHECK(changed_lines("", "a\nb\n") == Words{"+a", "+b"});
    CHECK(changed_lines("a\n", "") == Words{"-a"});
    CHECK(changed_lines("1\n2\n3\n4\n5\n6\n", "1\n2\n3\nx\n5\n6\n") ==
          Words{" 2", " 3", "-4", "+x", " 5", " 6"});
    CHECK(changed_lines("a", "a\n") == Words{"-a", "+a"});
    CHECK(changed_lines("a\na\n", "a\na\na\n") == Words{" a", " a", "+a"});
}

TEST_CASE("the first entry of GRUB's menu tells the command line", "[edit]") {
    CHECK(grub_menu_words("menuentry 'A' {\n\tlinux\t/boot/vmlinuz root=/dev/sda1 ro quiet\n}\n"
                          "\tlinux /boot/old single\n") == Words{"root=/dev/sda1", "ro", "quiet"});
    CHECK(grub_menu_words("linuxefi /vmlinuz a\n") == Words{"a"});
    CHECK(grub_menu_words("# linux /vmlinuz a\nset linux=1\nlinux\n").empty());
    CHECK(grub_menu_words("").empty());
}

}  // namespace
