// SPDX-License-Identifier: LGPL-2.1-or-later
// What the user has made of the words since: it is undone, or it is told and nothing is forgotten.
#include "ctl/words_left.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/ctl/change_machines.h"

namespace {

using namespace pt::ctl;
using namespace pt::ctl::change_tests;

void replace(std::string& text, const std::string& old, const std::string& by) {
    REQUIRE(text.find(old) != std::string::npos);
    text.replace(text.find(old), old.size(), by);
}

// Changes a text in a file; the result is what the undo says.
std::string unuse_after(const ScratchDir& root, const std::string& path, const std::string& old,
                        const std::string& by) {
    std::string text = text_of(root, path);
    replace(text, old, by);
    root.write(path, text);
    Commands commands(root);
    const Change change = plan_unuse(root.fd(), record_of(root));
    if (!change.problem.empty()) return change.problem;
    return apply_change(root.fd(), change, std::ref(commands));
}

TEST_CASE("a comment behind a word, or in front of it, does not keep the word", "[change]") {
    const ScratchDir root;
    root.write("usr/sbin/update-initramfs", "");
    root.write("etc/pt-hook.conf", "# mine\n");
    Commands commands(root);
    for (const char* by :
         {"pt.ids=10de:1b06 # my card", "# my card\npt.ids=10de:1b06", "pt.ids=10de:1b06\t#\n\n"}) {
        INFO(by);
        CHECK(use(root, {"pt.ids=10de:1b06"}, commands, true).empty());
        CHECK(unuse_after(root, "etc/pt-hook.conf", "pt.ids=10de:1b06", by).empty());
        CHECK(text_of(root, "etc/pt-hook.conf").find("pt.ids") == std::string::npos);
        CHECK(record_of(root).is_empty());
        root.write("etc/pt-hook.conf", "# mine\n");
    }
    for (const char* name : {"GRUB of Debian", "GRUB of others"}) {
        INFO(name);
        const ScratchDir grub;
        make(grub, machine_of(name));
        Commands more(grub);
        CHECK(use(grub, kWords, more).empty());
        CHECK(unuse_after(grub, machine_of(name).path, kMark, kMark + "# the second card\n\n")
                  .empty());
        CHECK(text_of(grub, machine_of(name).path).find("pt.ids") == std::string::npos);
        CHECK(record_of(grub).is_empty());
    }
}

TEST_CASE("a list that somebody has made longer is told, and nothing changes", "[change]") {
    for (const Machine& machine : machines()) {
        if (std::string_view(machine.kind) == "rpm-ostree") continue;  // keeps no copies
        INFO(machine.name);
        const ScratchDir root;
        make(root, machine);
        Commands commands(root);
        CHECK(use(root, kWords, commands).empty());
        std::string text = text_of(root, machine.path);
        replace(text, "10de:1b06", "10de:10ef,10DE:1b06");
        root.write(machine.path, text);
        const Tree before = tree_of(root);
        const Change change = plan_unuse(root.fd(), record_of(root));
        CHECK(change.problem.starts_with("/" + std::string(machine.path) +
                                         " would still have pt.ids=10de:1b06 in its line "));
        CHECK(change.problem.find("pt.ids=10de:10ef,10DE:1b06") != std::string::npos);
        CHECK(change.problem.find("Nothing is changed") != std::string::npos);
        CHECK(tree_of(root) == before);
        // by hand, as it says
        replace(text, "pt.ids=10de:10ef,10DE:1b06", "");
        root.write(machine.path, text);
        CHECK(unuse(root, commands).empty());
        CHECK(record_of(root).is_empty());
    }
}

TEST_CASE("a word that the user has written once more is told with its line", "[change]") {
    const ScratchDir root;
    root.write("usr/sbin/update-initramfs", "");
    Commands commands(root);
    CHECK(use(root, {"pt.ids=10de:1b06"}, commands, true).empty());
    const std::string problem = unuse_after(root, "etc/pt-hook.conf", "pt.ids=10de:1b06\n",
                                            "pt.ids=10de:1b06\npt.debug pt.ids=10de:1b06,1:2\n");
    CHECK(problem.starts_with("/etc/pt-hook.conf would still have pt.ids=10de:1b06 in its line 3"));
    CHECK_FALSE(record_of(root).is_empty());
}

// The machine with entries written by hand, one of which boots are counted of.
void make_counted(const ScratchDir& root) {
    root.write("boot/loader/loader.conf", "default arch\n");
    root.write("boot/loader/entries/arch+3.conf", kEntry);
    root.write("boot/loader/entries/a+b.conf", kEntry);
    root.write("boot/loader/entries/rescue.conf", kEntry + "options intel_iommu=on\n");
}

void rename(const ScratchDir& root, const std::string& from, const std::string& to) {
    fs::rename(root.path("boot/loader/entries/" + from), root.path("boot/loader/entries/" + to));
}

TEST_CASE("an entry that boot counting has renamed gets back what it was", "[change]") {
    for (const char* name : {"arch+3.conf", "arch+2-1.conf", "arch.conf"}) {
        for (const bool again : {false, true}) {
            INFO(name << again);
            const ScratchDir root;
            make_counted(root);
            Commands commands(root);
            CHECK(use(root, kWords, commands).empty());
            rename(root, "arch+3.conf", name);
            if (again) CHECK(use(root, {"pt.ids=1002:5159"}, commands).empty());
            CHECK(unuse(root, commands).empty());
            rename(root, name, "arch+3.conf");
            const Tree after = tree_of(root);
            const ScratchDir other;
            make_counted(other);
            CHECK(after == tree_of(other));
        }
    }
}

TEST_CASE("copies of an entry lose the words too, and those of somebody else stay", "[change]") {
    for (const bool again : {false, true}) {
        INFO(again);
        const ScratchDir root;
        make_counted(root);
        Commands commands(root);
        CHECK(use(root, kWords, commands).empty());
        const std::string entry = text_of(root, "boot/loader/entries/arch+3.conf");
        for (const char* name : {"copy.conf", "copy-fallback.conf"})
            root.write(std::string("boot/loader/entries/") + name, entry);
        if (again) CHECK(use(root, {"pt.ids=1002:5159"}, commands).empty());
        CHECK(unuse(root, commands).empty());
        for (const char* name : {"arch+3.conf", "a+b.conf", "copy.conf", "copy-fallback.conf"})
            CHECK(text_of(root, std::string("boot/loader/entries/") + name) == kEntry);
        CHECK(text_of(root, "boot/loader/entries/rescue.conf") ==
              kEntry + "options intel_iommu=on\n");
        CHECK(record_of(root).is_empty());
    }
}

TEST_CASE("a word in a changed copy of an entry keeps the record", "[change]") {
    const ScratchDir root;
    make_counted(root);
    Commands commands(root);
    CHECK(use(root, kWords, commands).empty());
    root.write("boot/loader/entries/mine.conf", kEntry + "options pt.ids=1:2,10de:1b06\n");
    const Change change = plan_unuse(root.fd(), record_of(root));
    CHECK(change.problem.starts_with("/boot/loader/entries/mine.conf would still have pt.ids="));
    CHECK(change.problem.find("in its line 4") != std::string::npos);
}

TEST_CASE("a word counts as it is, and as part of a list, outside of comments", "[left]") {
    struct Row {
        const char* text;
        std::size_t line;
        std::size_t line_without_comments;
    };
    for (const Row& row : {
             Row{"pt.ids=10de:1b06", 1, 1},
             Row{"a\nb pt.ids=1:2,10DE:1B06 c\n", 2, 2},
             Row{"A=pt.ids=10de:1b06\n", 1, 1},
             Row{"A='quiet pt.ids=10de:1b06'", 1, 1},
             Row{"pt.ids=\"10de:1b06\"", 1, 1},
             Row{"A=\"# pt.ids=10de:1b06\"", 1, 1},
             Row{"# pt.ids=10de:1b06", 0, 0},
             Row{"a # pt.ids=10de:1b06", 0, 1},
             Row{"a# pt.ids=10de:1b06", 1, 1},
             Row{"xpt.ids=10de:1b06 pt.ids=10de:1b060 pt.addrs=10de:1b06 pt.ids=", 0, 0},
             Row{"", 0, 0},
             Row{"\xff\"'\n,=", 0, 0},
         }) {
        INFO(row.text);
        CHECK(find_word_left(row.text, "pt.ids=10de:1b06", true).line == row.line);
        CHECK(find_word_left(row.text, "pt.ids=10de:1b06", false).line ==
              row.line_without_comments);
    }
    CHECK(find_word_left("quiet pt.off", "pt.off", false).line == 1);
}

}  // namespace
