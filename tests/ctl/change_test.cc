// SPDX-License-Identifier: LGPL-2.1-or-later
// Each boot loader: the files before, with the words, and after the undo, which has to be what was
// before, byte for byte.
#include "ctl/change.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <fstream>
#include <memory>

#include "tests/ctl/change_machines.h"

namespace {

using namespace pt::ctl;
using namespace pt::ctl::change_tests;

TEST_CASE("words are set where each loader takes them, and the undo is byte for byte", "[change]") {
    for (const Machine& machine : machines()) {
        INFO(machine.name);
        const ScratchDir root;
        make(root, machine);
        const Tree before = tree_of(root);
        CHECK(name_of(find_loader(root.fd()).kind) == machine.kind);
        Commands commands(root);
        CHECK(use(root, kWords, commands).empty());
        CHECK(commands.calls == machine.commands);
        CHECK(text_of(root, machine.path) == machine.with_words);
        commands.calls.clear();
        CHECK(unuse(root, commands).empty());
        CHECK(commands.calls.size() == machine.commands.size());
        CHECK(tree_of(root) == before);
    }
}

TEST_CASE("words that the loader has not got are set again, though the record has them",
          "[change]") {
    for (const char* name : {"GRUB of Debian", "GRUB with grubby"}) {
        INFO(name);
        const ScratchDir root;
        make(root, machine_of(name));
        const Tree before = tree_of(root);
        Commands commands(root);
        CHECK(use(root, kWords, commands).empty());
        // grub.cfg is still without them: no command here makes it. The entry loses them.
        if (change_by_command(machine_of(name)))
            root.write("boot/loader/entries/f-6.1.conf",
                       machine_of(name).files.at("boot/loader/entries/f-6.1.conf"));
        const Change change =
            plan_use(root.fd(), find_loader(root.fd()), false, kWords, record_of(root));
        CHECK_FALSE(change.does_nothing());
        CHECK(apply_change(root.fd(), change, std::ref(commands)).empty());
        CHECK(commands.calls.size() == 2);
        CHECK(unuse(root, commands).empty());
        CHECK(tree_of(root) == before);
    }
}

TEST_CASE("other words take the place of the first, and the undo goes back to before both",
          "[change]") {
    for (const Machine& machine : machines()) {
        INFO(machine.name);
        const ScratchDir root;
        make(root, machine);
        const Tree before = tree_of(root);
        Commands commands(root);
        CHECK(use(root, kWords, commands).empty());
        const Tree once = tree_without_record(root);
        CHECK(use(root, {"pt.ids=1002:5159"}, commands).empty());
        CHECK(text_of(root, machine.path).find("pt.ids=10de:1b06") == std::string::npos);
        CHECK(text_of(root, machine.path).find("pt.ids=1002:5159") != std::string::npos);
        CHECK(use(root, kWords, commands).empty());
        CHECK(tree_without_record(root) == once);
        CHECK(unuse(root, commands).empty());
        CHECK(tree_of(root) == before);
    }
}

TEST_CASE("out of a file that the user has changed meanwhile only our words are taken",
          "[change]") {
    for (const Machine& machine : machines()) {
        INFO(machine.name);
        const ScratchDir root;
        make(root, machine);
        Commands commands(root);
        CHECK(use(root, kWords, commands).empty());
        std::string text = text_of(root, machine.path);
        text.replace(text.find(kText), kText.size(), kText + " mine=1");
        root.write(machine.path, text);
        CHECK(unuse(root, commands).empty());
        text = text_of(root, machine.path);
        CHECK(text.find("mine=1") != std::string::npos);
        for (const std::string& word : kWords) CHECK(text.find(word) == std::string::npos);
    }
}

TEST_CASE("a word that the user had before us stays in a file changed meanwhile", "[change]") {
    const ScratchDir root;
    root.write("usr/sbin/update-initramfs", "");
    const std::string mine = "# pt.ids=1002:5159\npt.ids=10de:1b06\n";
    root.write("etc/pt-hook.conf", mine);
    Commands commands(root);
    CHECK(use(root, {"pt.ids=10de:1b06", "pt.ids=1002:5159"}, commands, true).empty());
    root.write("etc/pt-hook.conf", text_of(root, "etc/pt-hook.conf") + "pt.fb=keep\n");
    CHECK(unuse(root, commands).empty());
    CHECK(text_of(root, "etc/pt-hook.conf") == mine + "pt.fb=keep\n");
}

TEST_CASE("a word that was there before us stays where a command changes the line", "[change]") {
    for (const Machine& machine : machines()) {
        if (!change_by_command(machine)) continue;
        INFO(machine.name);
        const ScratchDir root;
        make(root, machine);
        std::string entry = text_of(root, machine.path);
        const std::size_t at = entry.find("root=");
        REQUIRE(at != std::string::npos);
        root.write(machine.path, entry.insert(at, "intel_iommu=on "));
        Commands commands(root);
        for (int i = 0; i < 3; ++i) {  // the last with the first words again
            const Words words = i == 1 ? Words{"pt.ids=1002:5159"} : kWords;
            CHECK(use(root, words, commands).empty());
            CHECK(entry_options(text_of(root, machine.path)).size() ==
                  entry_options(entry).size() + 1);
        }
        commands.calls.clear();
        CHECK(unuse(root, commands).empty());
        REQUIRE(commands.calls.size() == 1);
        CHECK(commands.calls[0].ends_with("=pt.ids=10de:1b06"));
        Words left = entry_options(text_of(root, machine.path));
        Words before = entry_options(entry);
        std::sort(left.begin(), left.end());
        std::sort(before.begin(), before.end());
        CHECK(left == before);
        // with nothing to add there is nothing to take away
        CHECK(use(root, {"intel_iommu=on"}, commands).empty());
        commands.calls.clear();
        CHECK(unuse(root, commands).empty());
        CHECK(commands.calls.empty());
    }
}

TEST_CASE("files behind links, with odd ends and settings, come back as they were", "[change]") {
    const char* texts[] = {
        "",
        "\n",
        "GRUB_CMDLINE_LINUX_DEFAULT='quiet splash'\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n",
        "GRUB_CMDLINE_LINUX_DEFAULT='quiet'",
        "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet \\\n  splash\"\n",
        "GRUB_CMDLINE_LINUX_DEFAULT=quiet\\\n",
        "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\r\nGRUB_TIMEOUT=1\r\n",
    };
    for (const char* text : texts) {
        INFO(text);
        const ScratchDir root;
        Machine machine = machine_of("GRUB of others");
        machine.files.erase("etc/default/grub");
        make(root, machine);
        root.write("usr/share/site/grub", text);
        root.link("etc/default/grub", "../../usr/share/site/grub");
        chmod(root.path("usr/share/site/grub").c_str(), 0640);
        const Tree before = tree_of(root);
        Commands commands(root);
        CHECK(use(root, kWords, commands).empty());
        CHECK(fs::is_symlink(root.path("etc/default/grub")));
        // what grub-mkconfig would find
        const std::string shell = "sh -c '. " + root.path("etc/default/grub").string() +
                                  "; echo \"$GRUB_CMDLINE_LINUX_DEFAULT\"'";
        FILE* output = popen(shell.c_str(), "r");
        REQUIRE(output != nullptr);
        char line[256] = "";
        CHECK(fgets(line, sizeof line, output) != nullptr);
        CHECK(pclose(output) == 0);
        CHECK(std::string(line).ends_with(kText + "\n"));
        CHECK(std::string(line).starts_with(*text > '\n' ? "quiet" : " "));
        CHECK(unuse(root, commands).empty());
        CHECK(tree_of(root) == before);
    }
}

TEST_CASE("directories that were there stay, though they are empty", "[change]") {
    const ScratchDir root;
    make(root, machine_of("GRUB of Debian"));
    fs::create_directories(root.path("var/lib/pt-hook"));
    fs::create_directories(root.path("etc/default/grub.d"));
    const Tree before = tree_of(root);
    Commands commands(root);
    CHECK(use(root, kWords, commands).empty());
    CHECK(use(root, {"pt.ids=1:2"}, commands).empty());
    CHECK(unuse(root, commands).empty());
    CHECK(tree_of(root) == before);
}

std::string read_problem(const ScratchDir& root, const std::string& text) {
    root.write("var/lib/pt-hook/use/record.json", text);
    Record record;
    const std::string problem = read_record(root.fd(), record);
    CHECK(record.is_empty());
    return problem;
}

TEST_CASE("a damaged record is no record, and says what is wrong", "[change]") {
    const ScratchDir root;
    for (const char* text :
         {"", "{", "[]", "{\"kind\": 1}", "\xff", R"({"version": "1"})",
          R"({"version": 1, "generation": 1, "kind": "grub", "words": 3, "files": []})",
          R"({"version": 1, "generation": 1, "kind": "grub", "words": [], "directories": [],
              "files": [{"path": "/a"}]})"}) {
        INFO(text);
        const std::string problem = read_problem(root, text);
        CHECK(problem.find("is damaged: it is not the JSON") != std::string::npos);
        CHECK(problem.find("Nothing is changed") != std::string::npos);
    }
    const auto with = [](const std::string& directories, const std::string& path) {
        return R"({"version": 1, "generation": 7, "kind": "grub", "words": [], "directories": [)" +
               directories + R"(], "files": [{"path": ")" + path +
               R"(", "from_running": false, "by_command": false, "before": true, "after": false}]})";
    };
    CHECK(read_problem(root, with("", "/a")).find("7.0.before is missing") != std::string::npos);
    CHECK(read_problem(root, with("", "a")).find("'a' is no absolute path") != std::string::npos);
    CHECK(read_problem(root, with("\"/a/..\"", "/a")).find("'/a/..' is no") != std::string::npos);
    fs::create_directories(root.path("var/lib/pt-hook/use/7.0.before"));
    CHECK(read_problem(root, with("", "/a")).find("Is a directory") != std::string::npos);
}

TEST_CASE("a record of another version is not acted on", "[change]") {
    for (const char* version : {"0", "2", "4000000000"}) {
        INFO(version);
        const ScratchDir root;
        const std::string problem =
            read_problem(root, std::string("{\"version\": ") + version + ", \"what\": []}");
        CHECK(problem.find(std::string("has version ") + version) != std::string::npos);
        CHECK(problem.find("Nothing is changed") != std::string::npos);
    }
}

TEST_CASE("a record that is not finished leaves the one before it whole", "[change]") {
    const ScratchDir root;
    make(root, machine_of("GRUB of others"));
    const Tree before = tree_of(root);
    Commands commands(root);
    CHECK(use(root, kWords, commands).empty());
    const std::string json = text_of(root, "var/lib/pt-hook/use/record.json");
    CHECK(use(root, {"pt.ids=1:2"}, commands).empty());
    CHECK_FALSE(fs::exists(root.path("var/lib/pt-hook/use/1.0.before")));
    CHECK(fs::exists(root.path("var/lib/pt-hook/use/2.0.before")));
    // the power fails behind the copies of a third one
    root.write("var/lib/pt-hook/use/3.0.before", "half of");
    CHECK(record_of(root).words == Words{"pt.ids=1:2"});
    CHECK(unuse(root, commands).empty());
    CHECK(tree_of(root) == before);
}

TEST_CASE("the conf file, and images by whatever builds them", "[change]") {
    struct Row {
        const char* builder;
        const char* command;
    };
    for (const Row& row : {Row{"usr/sbin/update-initramfs", "update-initramfs -u -k all"},
                           Row{"usr/bin/dracut", "dracut --regenerate-all --force"},
                           Row{"usr/bin/mkinitcpio", "mkinitcpio -P"}}) {
        INFO(row.builder);
        const ScratchDir root;
        root.write(row.builder, "");
        root.write("etc/pt-hook.conf", "# mine\n");
        const Tree before = tree_of(root);
        Commands commands(root);
        CHECK(use(root, {"pt.ids=10de:1b06"}, commands, true).empty());
        CHECK(text_of(root, "etc/pt-hook.conf") == "# mine\n" + kMark + "pt.ids=10de:1b06\n");
        CHECK(unuse(root, commands).empty());
        CHECK(commands.calls == Words{row.command, row.command});
        CHECK(tree_of(root) == before);
    }
    const ScratchDir root;
    CHECK_FALSE(plan_use(root.fd(), Loader(), true, kWords, Record()).problem.empty());
}

TEST_CASE("words are taken back from the loader that they were written for", "[change]") {
    const std::string info =
        "sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
    const std::string systemd_boot("\x06\0\0\0s\0y\0s\0t\0e\0m\0d\0-\0b\0o\0o\0t\0 \0", 28);
    for (const char* name : {"GRUB of Debian", "GRUB of others"}) {
        INFO(name);
        const ScratchDir root;
        make(root, machine_of(name));
        const Tree before = tree_of(root);
        Commands commands(root);
        CHECK(use(root, kWords, commands).empty());
        root.write(info, systemd_boot);
        CHECK(unuse(root, commands).empty());
        CHECK(commands.calls == Words{machine_of(name).commands[0], machine_of(name).commands[0]});
        fs::remove_all(root.path("sys"));
        CHECK(tree_of(root) == before);
        // and those of another loader leave GRUB's menu too
        CHECK(use(root, kWords, commands).empty());
        root.write(info, systemd_boot);
        root.write("boot/loader/entries/arch.conf", kEntry);
        commands.calls.clear();
        CHECK(use(root, kWords, commands).empty());
        CHECK(commands.calls == machine_of(name).commands);
        CHECK(text_of(root, machine_of(name).path).find("pt.ids") == std::string::npos);
    }
}

TEST_CASE("no command line without root= is made up", "[change]") {
    for (const char* name : {"kernel-install without a file of its own",
                             "unified images that took the running command line"}) {
        INFO(name);
        const ScratchDir root;
        make(root, machine_of(name));
        Commands commands(root);
        const std::string running = text_of(root, "proc/cmdline");
        root.write("proc/cmdline", "");
        const Change change =
            plan_use(root.fd(), find_loader(root.fd()), false, kWords, record_of(root));
        CHECK(change.problem.find("write the command line into that file first") !=
              std::string::npos);
        // nor where somebody has removed the file since
        root.write("proc/cmdline", running);
        CHECK(use(root, kWords, commands).empty());
        root.write("proc/cmdline", running.substr(0, running.size() - 1) + " " + kText + "\n");
        fs::remove(root.path(machine_of(name).path));
        CHECK(unuse(root, commands).empty());
        CHECK(text_of(root, machine_of(name).path).starts_with("root=LABEL=a r"));
        CHECK(text_of(root, machine_of(name).path).find("pt.ids") == std::string::npos);
    }
}

TEST_CASE("words that somebody wrote elsewhere in the file since stay", "[change]") {
    const ScratchDir root;
    make(root, machine_of("GRUB of others"));
    Commands commands(root);
    CHECK(use(root, kWords, commands).empty());
    const std::string mine = "GRUB_CMDLINE_LINUX=\"quiet intel_iommu=on\"\n";
    root.write("etc/default/grub", mine + text_of(root, "etc/default/grub"));
    CHECK(unuse(root, commands).empty());
    CHECK(text_of(root, "etc/default/grub") == mine + "GRUB_TIMEOUT=1\n");
}

TEST_CASE("a change that fails leaves the record of the one before", "[change]") {
    for (const char* name : {"GRUB of others", "an image-based system"}) {
        INFO(name);
        const ScratchDir root;
        make(root, machine_of(name));
        Commands commands(root);
        CHECK(use(root, kWords, commands).empty());
        const Tree before = tree_of(root);
        const Change change =
            plan_use(root.fd(), find_loader(root.fd()), false, {"pt.ids=1:2"}, record_of(root));
        commands.fails_at = join_words(change.commands.back());
        CHECK_FALSE(apply_change(root.fd(), change, std::ref(commands)).empty());
        CHECK(tree_of(root) == before);
    }
}

TEST_CASE("what the running command line would bring back keeps its file", "[change]") {
    const ScratchDir root;
    make(root, machine_of("kernel-install without a file of its own"));
    Commands commands(root);
    CHECK(use(root, kWords, commands).empty());
    root.write("proc/cmdline", "root=LABEL=a ro " + kText + "\n");  // the next boot
    const Change change = plan_unuse(root.fd(), record_of(root));
    CHECK(change.notes.size() == 1);
    CHECK(apply_change(root.fd(), change, std::ref(commands)).empty());
    CHECK(text_of(root, "etc/kernel/cmdline") == "root=LABEL=a ro\n");
}

}  // namespace
