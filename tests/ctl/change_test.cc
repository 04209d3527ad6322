// SPDX-License-Identifier: LGPL-2.1-or-later
// Each boot loader: the files before, with the words, and after the undo, which has to be what was
// before, byte for byte. The commands are stand-ins that record their calls and do to the files
// what the real ones do.
#include "ctl/change.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include "ctl/edit.h"
#include "tests/unit/scratch_dir.h"

namespace {

using namespace pt::ctl;
namespace fs = std::filesystem;

using Words = std::vector<std::string>;
using Tree = std::map<std::string, std::string>;

const Words kWords{"pt.ids=10de:1b06", "intel_iommu=on"};
const std::string kText = "pt.ids=10de:1b06 intel_iommu=on";

// Everything in a tree: files, directories and links, with modes, owners and what they hold.
Tree tree_of(const ScratchDir& root) {
    Tree tree;
    for (const auto& entry : fs::recursive_directory_iterator(root.path(""))) {
        struct stat status {};
        CHECK(lstat(entry.path().c_str(), &status) == 0);
        std::ostringstream text;
        text << std::oct << status.st_mode << ' ' << status.st_uid << ' ' << status.st_gid << ' ';
        if (entry.is_symlink())
            text << fs::read_symlink(entry.path()).string();
        else if (entry.is_regular_file())
            text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
        tree[fs::relative(entry.path().parent_path(), root.path("")).string() + '/' +
             entry.path().filename().string()] = text.str();
    }
    return tree;
}

Tree tree_without_record(const ScratchDir& root) {
    Tree tree = tree_of(root);
    std::erase_if(tree, [](const auto& file) {
        return file.first.starts_with("var/") || file.first == "./var";
    });
    return tree;
}

std::string text_of(const ScratchDir& root, const std::string& path) {
    FileText text;
    CHECK(read_text(root.fd(), "/" + path, text) == 0);
    return text.exists ? text.text : "(none)";
}

struct Machine {
    const char* name;
    const char* kind;
    std::map<std::string, std::string> files;
    Words commands;    // of use, as they are called
    const char* path;  // where the words are to be found then
    std::string with_words;
};

const std::string kEntry = "title   Arch Linux\nlinux   /vmlinuz-linux\noptions root=LABEL=a rw \n";
const std::string kGenerated =
    "# File created by /usr/lib/kernel/install.d/90-loaderentry.install (systemd 257)\n"
    "title Debian\nversion 6.1\nlinux /deb/6.1/linux\noptions root=LABEL=a ro\n";
const std::string kMark = "# By 'ptctl use'; 'ptctl unuse' takes it away.\n";
const std::string kAssignment =
    "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT " + kText + "\"\n";

const std::vector<Machine>& machines() {
    static const std::vector<Machine> all{
        {"GRUB of Debian",
         "grub",
         {{"usr/sbin/grub-mkconfig", "for x in ${sysconfdir}/default/grub.d/*.cfg ; do"},
          {"usr/sbin/update-grub", ""},
          {"boot/grub/grub.cfg", "linux /vmlinuz ro quiet\n"},
          {"etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n"}},
         {"update-grub"},
         "etc/default/grub.d/pt-hook.cfg",
         kMark + kAssignment},
        {"GRUB of others",
         "grub",
         {{"usr/bin/grub-mkconfig", "grub-mkconfig"},
          {"boot/grub/grub.cfg", "linux /vmlinuz ro quiet\n"},
          {"etc/default/grub", "GRUB_TIMEOUT=1"}},
         {"grub-mkconfig -o /boot/grub/grub.cfg"},
         "etc/default/grub",
         "GRUB_TIMEOUT=1\n" + kMark + kAssignment},
        {"GRUB with grubby",
         "grubby",
         {{"usr/sbin/grubby", ""},
          {"boot/grub2/grub.cfg", "blscfg\n"},
          {"etc/default/grub", "GRUB_CMDLINE_LINUX=\"rhgb quiet\"\n"},
          {"boot/loader/entries/f-6.1.conf", "linux /vmlinuz-6.1\noptions root=LABEL=a  ro\n"}},
         {"grubby --update-kernel=ALL --args=" + kText},
         "boot/loader/entries/f-6.1.conf",
         "linux /vmlinuz-6.1\noptions root=LABEL=a ro " + kText + "\n"},
        {"an image-based system",
         "rpm-ostree",
         {{"ostree/repo/config", ""},
          {"usr/bin/rpm-ostree", ""},
          {"usr/sbin/grubby", ""},
          {"boot/loader/entries/ostree-1.conf", "linux /v\noptions root=LABEL=a ro\n"}},
         {"rpm-ostree kargs --append-if-missing=pt.ids=10de:1b06 "
          "--append-if-missing=intel_iommu=on"},
         "boot/loader/entries/ostree-1.conf",
         "linux /v\noptions root=LABEL=a ro " + kText + "\n"},
        {"systemd-boot with kernel-install",
         "kernel-install",
         {{"boot/efi/loader/loader.conf", ""},
          {"boot/efi/loader/entries/deb-6.1.conf", kGenerated},
          {"etc/kernel/cmdline", "root=LABEL=a ro"},
          {"usr/lib/modules/6.1/kernel/x.ko", ""},
          {"boot/vmlinuz-6.1", ""}},
         {"kernel-install add 6.1 /boot/vmlinuz-6.1"},
         "etc/kernel/cmdline",
         "root=LABEL=a ro " + kText},
        {"kernel-install without a file of its own",
         "kernel-install",
         {{"boot/loader/loader.conf", ""},
          {"boot/loader/entries/deb-6.1.conf", kGenerated},
          {"proc/cmdline", "initrd=\\i root=LABEL=a ro\n"},
          {"usr/lib/modules/6.1/vmlinuz", ""}},
         {"kernel-install add 6.1 /usr/lib/modules/6.1/vmlinuz"},
         "etc/kernel/cmdline",
         "root=LABEL=a ro " + kText + "\n"},
        {"systemd-boot with entries by hand",
         "entries",
         {{"boot/loader/loader.conf", "default arch\n"},
          {"boot/loader/entries/arch.conf", kEntry},
          {"boot/loader/entries/arch-fallback.conf", kEntry}},
         {},
         "boot/loader/entries/arch.conf",
         "title   Arch Linux\nlinux   /vmlinuz-linux\noptions root=LABEL=a rw " + kText + " \n"},
        {"unified images by mkinitcpio",
         "uki",
         {{"etc/mkinitcpio.d/linux.preset", "default_uki=\"/efi/EFI/Linux/arch.efi\"\n"},
          {"etc/cmdline.d/root.conf", "root=LABEL=a rw\n"}},
         {"mkinitcpio -P"},
         "etc/cmdline.d/pt-hook.conf",
         kText + "\n"},
        {"unified images that took the running command line",
         "uki",
         {{"etc/mkinitcpio.d/linux.preset", "#default_image=a\ndefault_uki=\"/a.efi\"\n"},
          {"proc/cmdline", "BOOT_IMAGE=/v root=LABEL=a rw\n"}},
         {"mkinitcpio -P"},
         "etc/cmdline.d/pt-hook.conf",
         "root=LABEL=a rw " + kText + "\n"},
    };
    return all;
}

bool change_by_command(const Machine& machine) {
    return std::string_view(machine.kind) == "grubby" ||
           std::string_view(machine.kind) == "rpm-ostree";
}

const Machine& machine_of(std::string_view name) {
    for (const Machine& machine : machines())
        if (machine.name == name) return machine;
    throw std::logic_error("no such machine: " + std::string(name));
}

// The commands: they are recorded, and grubby does what the real one does to the files.
class Commands {
  public:
    explicit Commands(const ScratchDir& root) : root_(root) {}

    std::string operator()(const Command& command) {
        calls.push_back(join_words(command));
        if (calls.back() == fails_at) return "ended with status 1";
        if (command[0] != "grubby" && command[0] != "rpm-ostree") return {};
        for (const auto& entry : fs::directory_iterator(root_.path("boot/loader/entries"))) {
            const std::string path = "/boot/loader/entries/" + entry.path().filename().string();
            FileText text;
            CHECK(read_text(root_.fd(), path, text) == 0);
            std::string options = join_words(entry_options(text.text));
            for (const std::string& word : command) {
                const std::string option = word.substr(0, word.find('='));
                const Words values =
                    split_words(word.substr(std::min(word.size(), option.size() + 1)));
                if (option == "--remove-args" || option == "--delete-if-present")
                    options = remove_words(options, values);
                if (option == "--args" || option == "--append-if-missing")
                    options = add_to_cmdline(options, values);
            }
            const std::size_t at = text.text.find("options");
            text.text = text.text.substr(0, at) + "options " + options + "\n";
            CHECK(replace_text(root_.fd(), path, text) == 0);
        }
        return {};
    }

    Words calls;
    std::string fails_at;

  private:
    const ScratchDir& root_;
};

void make(const ScratchDir& root, const Machine& machine) {
    for (const auto& [path, text] : machine.files) root.write(path, text);
    chmod(root.path("boot/loader/entries/arch.conf").c_str(), 0700);
}

Record record_of(const ScratchDir& root) {
    Record record;
    CHECK(read_record(root.fd(), record).empty());
    return record;
}

std::string use(const ScratchDir& root, const Words& words, Commands& commands,
                bool in_conf = false) {
    const Change change =
        plan_use(root.fd(), find_loader(root.fd()), in_conf, words, record_of(root));
    CHECK(change.problem.empty());
    return apply_change(root.fd(), change, std::ref(commands));
}

std::string unuse(const ScratchDir& root, Commands& commands) {
    const Change change = plan_unuse(root.fd(), find_loader(root.fd()), record_of(root));
    CHECK(change.problem.empty());
    return apply_change(root.fd(), change, std::ref(commands));
}

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

TEST_CASE("when a command fails the files are as before, and so is the record", "[change]") {
    for (const Machine& machine : machines()) {
        if (machine.commands.empty()) continue;
        INFO(machine.name);
        const ScratchDir root;
        make(root, machine);
        const Tree before = tree_of(root);
        Commands commands(root);
        commands.fails_at = machine.commands.front();
        const std::string problem = use(root, kWords, commands);
        CHECK(problem.find("ended with status 1") != std::string::npos);
        CHECK(problem.find("'" + split_words(machine.commands.front())[0]) != std::string::npos);
        CHECK(tree_of(root) == before);
    }
}

TEST_CASE("the second of two kernels fails: the first is done again without the words",
          "[change]") {
    const ScratchDir root;
    make(root, machine_of("systemd-boot with kernel-install"));
    root.write("usr/lib/modules/6.2/vmlinuz", "");
    const Tree before = tree_of(root);
    Commands commands(root);
    commands.fails_at = "kernel-install add 6.2 /usr/lib/modules/6.2/vmlinuz";
    CHECK_FALSE(use(root, kWords, commands).empty());
    CHECK(commands.calls == Words{"kernel-install add 6.1 /boot/vmlinuz-6.1", commands.fails_at,
                                  "kernel-install add 6.1 /boot/vmlinuz-6.1"});
    CHECK(tree_of(root) == before);
}

TEST_CASE("a file that cannot be written is named, and all is as before", "[change]") {
    const ScratchDir root;
    make(root, machine_of("GRUB of Debian"));
    root.write("etc/default/grub.d", "a file where a directory should be");
    const Tree before = tree_of(root);
    Commands commands(root);
    const Change change =
        plan_use(root.fd(), find_loader(root.fd()), false, kWords, record_of(root));
    if (change.problem.empty()) {
        const std::string problem = apply_change(root.fd(), change, std::ref(commands));
        CHECK(problem.find("/etc/default/grub.d/pt-hook.cfg") != std::string::npos);
    } else {
        CHECK(change.problem.find("Not a directory") != std::string::npos);
    }
    CHECK(commands.calls.empty());
    CHECK(tree_of(root) == before);
}

TEST_CASE("no place for the copy: nothing is changed", "[change]") {
    const ScratchDir root;
    make(root, machine_of("GRUB of Debian"));
    root.write("var/lib/pt-hook", "a file");
    const Tree before = tree_of(root);
    Commands commands(root);
    const Change change = plan_use(root.fd(), find_loader(root.fd()), false, kWords, Record());
    CHECK(apply_change(root.fd(), change, std::ref(commands)).find("Nothing is changed") !=
          std::string::npos);
    CHECK(commands.calls.empty());
    CHECK(tree_of(root) == before);
}

// No file of this process may be longer than that: what a full disk is to a test.
class FullDisk {
  public:
    explicit FullDisk(rlim_t size) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        CHECK(getrlimit(RLIMIT_FSIZE, &old_) == 0);
        const rlimit limit{size, old_.rlim_max};
        CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;
    ~FullDisk() {
        (void)setrlimit(RLIMIT_FSIZE, &old_);
        (void)std::signal(SIGXFSZ, old_handler_);
    }

  private:
    void (*old_handler_)(int);
    rlimit old_{};
};

TEST_CASE("on a disk that is full from the beginning nothing is changed", "[change]") {
    for (const Machine& machine : machines()) {
        INFO(machine.name);
        const ScratchDir root;
        make(root, machine);
        const Tree before = tree_of(root);
        Commands commands(root);
        {
            const FullDisk full(8);
            CHECK(use(root, kWords, commands).find("Nothing is changed") != std::string::npos);
        }
        CHECK(commands.calls.empty());
        CHECK(tree_of(root) == before);
    }
}

TEST_CASE("a disk that is full when a command fails takes the files back all the same",
          "[change]") {
    for (const Machine& machine : machines()) {
        if (machine.commands.empty() || change_by_command(machine)) continue;
        INFO(machine.name);
        const ScratchDir root;
        make(root, machine);
        const Tree before = tree_of(root);
        const Change change =
            plan_use(root.fd(), find_loader(root.fd()), false, kWords, record_of(root));
        std::unique_ptr<FullDisk> full;
        const std::string problem = apply_change(root.fd(), change, [&](const Command&) {
            full = std::make_unique<FullDisk>(0);
            return std::string("ended with status 28");
        });
        full.reset();
        CHECK(problem.find("The files are as they were.") != std::string::npos);
        CHECK(tree_of(root) == before);
    }
}

TEST_CASE("when one of several files cannot be written the others are not touched", "[change]") {
    const ScratchDir root;
    make(root, machine_of("systemd-boot with entries by hand"));
    root.write("boot/loader/entries/linux.conf", kEntry);
    root.write("boot/loader/entries/linux.conf.ptctl-new/file", "a directory in the way");
    struct stat old {};
    CHECK(stat(root.path("boot/loader/entries/arch.conf").c_str(), &old) == 0);
    const Tree before = tree_of(root);
    Commands commands(root);
    const std::string problem = use(root, kWords, commands);
    CHECK(problem.find("/boot/loader/entries/linux.conf cannot be written") != std::string::npos);
    CHECK(problem.find("Nothing is changed") != std::string::npos);
    CHECK(tree_of(root) == before);
    struct stat now {};
    CHECK(stat(root.path("boot/loader/entries/arch.conf").c_str(), &now) == 0);
    CHECK(now.st_ino == old.st_ino);
}

TEST_CASE("a file that is changed while the user is asked is left alone", "[change]") {
    const ScratchDir root;
    make(root, machine_of("systemd-boot with entries by hand"));
    const Change change =
        plan_use(root.fd(), find_loader(root.fd()), false, kWords, record_of(root));
    root.write("boot/loader/entries/arch.conf", kEntry + "# by hand\n");
    const Tree before = tree_of(root);
    Commands commands(root);
    CHECK(apply_change(root.fd(), change, std::ref(commands)) ==
          "/boot/loader/entries/arch.conf has been changed meanwhile, by somebody else. Nothing is "
          "changed.");
    CHECK(tree_of(root) == before);
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
    for (const Row& row : {Row{"usr/sbin/mkinitramfs", "update-initramfs -u -k all"},
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

TEST_CASE("what the running command line would bring back keeps its file", "[change]") {
    const ScratchDir root;
    make(root, machine_of("kernel-install without a file of its own"));
    Commands commands(root);
    CHECK(use(root, kWords, commands).empty());
    root.write("proc/cmdline", "root=LABEL=a ro " + kText + "\n");  // the next boot
    const Change change = plan_unuse(root.fd(), find_loader(root.fd()), record_of(root));
    CHECK(change.notes.size() == 1);
    CHECK(apply_change(root.fd(), change, std::ref(commands)).empty());
    CHECK(text_of(root, "etc/kernel/cmdline") == "root=LABEL=a ro\n");
}

}  // namespace
