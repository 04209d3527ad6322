// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/shell.h"

#include <stdio.h>

#include <catch2/catch_test_macros.hpp>

namespace {

using pt::ctl::shell_command;
using pt::ctl::shell_quoted;

// What bash makes of a command that prints its words, each behind a '<'.
std::string words_in_bash(const std::vector<std::string>& words) {
    std::vector<std::string> command{"printf", "<%s"};
    command.insert(command.end(), words.begin(), words.end());
    // The shell of popen(3) may not know $'...': it is given printable text in plain quotes.
    FILE* output = popen(shell_command({"bash", "-c", shell_command(command)}).c_str(), "r");
    REQUIRE(output != nullptr);
    std::string text;
    for (int c = fgetc(output); c != EOF; c = fgetc(output)) text += static_cast<char>(c);
    CHECK(pclose(output) == 0);
    return text;
}

TEST_CASE("what a shell would take for its own is quoted", "[shell]") {
    CHECK(shell_quoted("/boot/initrd.img-6.1") == "/boot/initrd.img-6.1");
    CHECK(shell_quoted("--args=pt.ids=10de:1b06,10de:10ef") == "--args=pt.ids=10de:1b06,10de:10ef");
    CHECK(shell_quoted("") == "''");
    CHECK(shell_quoted("a b") == "'a b'");
    CHECK(shell_quoted("$(reboot)") == "'$(reboot)'");
    CHECK(shell_quoted("it's") == "'it'\\''s'");
    CHECK(shell_quoted("a;b\n") == "$'a;b\\012'");
    CHECK(shell_quoted("\x1b[31m7") == "$'\\033[31m7'");
    CHECK(shell_command({"grubby", "--args=a b"}) == "grubby '--args=a b'");
}

TEST_CASE("bash finds the words that were quoted, and nothing to do in them", "[shell]") {
    const std::vector<std::string> words{"",
                                         "a b",
                                         "it's",
                                         "\"quoted\"",
                                         "$HOME",
                                         "`id`",
                                         "a;b",
                                         "a\nb\n",
                                         "a\tb",
                                         "\\",
                                         "\\n'\n",
                                         "~",
                                         "*",
                                         "!!",
                                         "#a",
                                         "{a,b}",
                                         "\xc3\xa4",
                                         "\xff\x01"
                                         "7",
                                         "&|<>()[]",
                                         "-n"};
    std::string wanted;
    for (const std::string& word : words) wanted += '<' + word;
    CHECK(words_in_bash(words) == wanted);
}

}  // namespace
