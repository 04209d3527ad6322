// SPDX-License-Identifier: LGPL-2.1-or-later
#include <catch2/catch_test_macros.hpp>

#include "doctor_facts.h"

using namespace pt;
using namespace pt::ctl;

TEST_CASE("the words and what they come to are told") {
    Facts facts;
    make_good(facts);
    CHECK(check_words(facts) == Finding{State::kOk, "1 device"});
    facts.words_are_pending = true;
    CHECK(mentions(check_words(facts), "for the next boot"));

    ask(facts, "pt.ids=10de:1b06,nonsense");
    CHECK(check_words(facts).state == State::kWarning);
    CHECK(check_words(facts).details.size() == 1);
    CHECK(mentions(check_words(facts), "'nonsense' at column 18"));

    ask(facts, "pt.ids=10de:1b06 pt.off");
    CHECK(check_words(facts).state == State::kWarning);
    ask(facts, "quiet");
    CHECK(check_words(facts).state == State::kNote);
    ask(facts, "pt.nonsense=1");
    CHECK(check_words(facts).state == State::kWarning);
}

TEST_CASE("a refused device, or none at all, is a failure") {
    Facts facts;
    make_good(facts);
    facts.plan.devices.push_back(planned("02:00.0", Decision::kRefused, Reason::kNoIommuGroup));
    CHECK(check_words(facts).state == State::kFailed);
    CHECK(mentions(check_words(facts), "0000:02:00.0"));
    facts.plan.devices.clear();
    facts.read.complaints.push_back({Fault::kNoMatch, "pt.ids", "10de:1b06", 7, false});
    CHECK(check_words(facts).state == State::kFailed);
}

TEST_CASE("without the command line or the devices nothing can be told of the words") {
    Facts facts;
    make_good(facts);
    facts.devices_error = ENOENT;
    CHECK(check_words(facts).state == State::kUnknown);
    facts.devices_error = 0;
    facts.cmdline = no_file();
    CHECK(check_words(facts).state == State::kUnknown);
}

TEST_CASE("a conf file that cannot be read is a warning") {
    Facts facts;
    make_good(facts);
    facts.conf = no_file(EACCES);
    CHECK(check_words(facts).state == State::kWarning);
    CHECK(mentions(check_words(facts), "/etc/pt-hook.conf"));
}

TEST_CASE("a group is shared with a driver of the host, with none, or not at all") {
    Facts facts;
    make_good(facts);
    CHECK(check_groups(facts).state == State::kOk);
    Neighbour other;
    other.device.address = parse_address("01:00.1").value();
    other.iommu_group = 1;
    facts.plan.neighbours = {other};
    CHECK(check_groups(facts).state == State::kWarning);
    facts.plan.neighbours[0].driver = "snd_hda_intel";
    CHECK(check_groups(facts).state == State::kFailed);
    CHECK(mentions(check_groups(facts), "driver snd_hda_intel, is in IOMMU group 1"));
    CHECK(check_groups(facts).fixes ==
          std::vector<std::string>{"ptctl plan pt.ids=10de:1b06 pt.with=group"});
    for (const char* driver : {"vfio-pci", "pci-stub", "pcieport", "nvgrace-gpu-vfio-pci"}) {
        INFO(driver);
        facts.plan.neighbours[0].driver = driver;
        CHECK(check_groups(facts).state == State::kOk);
        CHECK(check_groups(facts).details.empty());
    }
    facts.plan.neighbours.push_back(other);
    CHECK(check_groups(facts).state == State::kWarning);
    CHECK(check_groups(facts).details.size() == 2);  // of the one without a driver, and the advice
    facts.plan.iommu = {};
    CHECK(check_groups(facts).state == State::kUnknown);
    ask(facts, "quiet");
    CHECK(check_groups(facts).state == State::kNote);
}

TEST_CASE("a framebuffer counts if it is on a device that is asked for") {
    Facts facts;
    make_good(facts);
    CHECK(check_framebuffer(facts).state == State::kOk);
    facts.framebuffers = {{"efi-framebuffer.0", kNobody, true}};
    CHECK(check_framebuffer(facts).state == State::kOk);
    facts.framebuffers = {{"efi-framebuffer.0", 0, true}};
    CHECK(check_framebuffer(facts).state == State::kFailed);
    CHECK(check_framebuffer(facts).fixes.size() == 1);
    facts.plan.devices[0].decision = Decision::kBind;
    CHECK(check_framebuffer(facts).state == State::kNote);
    facts.plan.devices[0].decision = Decision::kKept;
    CHECK(check_framebuffer(facts).state == State::kOk);
    facts.plan.devices[0].decision = Decision::kBind;
    ask(facts, "pt.ids=10de:1b06 pt.fb=keep");
    CHECK(check_framebuffer(facts).state == State::kWarning);
    CHECK(mentions(check_framebuffer(facts), "pt.fb=keep is only in this boot"));
    facts.loader.words = "pt.ids=10de:1b06 pt.fb=keep";
    facts.loader.settings = {{"/etc/kernel/cmdline", text_file("pt.fb=keep quiet\n")}};
    facts.loader.kind = LoaderKind::kKernelInstall;
    CHECK(check_framebuffer(facts).fixes ==
          std::vector<std::string>{
              "sudo sed -Ei 's/(^|[[:blank:]=\"'\\''])pt\\.fb=keep([[:blank:]\"'\\'']|$)/\\1\\2/g' "
              "/etc/kernel/cmdline && sudo update-grub"});
    ask(facts, "pt.ids=10de:1b06", "pt.fb=keep");
    CHECK(mentions(check_framebuffer(facts), "remove that word from /etc/pt-hook.conf"));
    ask(facts, "");
    CHECK(check_framebuffer(facts).state == State::kNote);
}

TEST_CASE("a framebuffer that may be anybody's asks for root's rights") {
    Facts facts;
    make_good(facts);
    facts.framebuffers = {{"efi-framebuffer.0", kNobody, false}};
    CHECK(check_framebuffer(facts).state == State::kUnknown);
    CHECK(check_framebuffer(facts).fixes.empty());
    facts.is_root = false;
    CHECK(check_framebuffer(facts).fixes == std::vector<std::string>{"sudo ptctl doctor"});
    facts.plan.devices[0].is_boot_display = true;
    CHECK(check_framebuffer(facts).state == State::kNote);
}

TEST_CASE("the words of this boot are compared with those of the next") {
    struct Row {
        const char* running;
        const char* configured;
        State state;
        const char* text;
        std::size_t fixes;
    };
    for (const Row& row : {
             Row{"quiet pt.ids=1:2", "splash pt.ids=1:2", State::kOk, "words of this boot", 0},
             Row{"quiet", "splash", State::kOk, "words of this boot", 0},
             Row{"quiet", "pt.ids=1:2", State::kWarning,
                 "the next one, by /boot/grub/grub.cfg: pt.ids=1:2", 1},
             Row{"pt.ids=1:2", "quiet", State::kWarning,
                 "the next one, by /boot/grub/grub.cfg: none", 1},
             Row{"pt.ids=1:2 pt.off", "pt.ids=1:2", State::kWarning, "this boot: pt.ids=1:2 pt.off",
                 1},
             Row{"pt.ids=1:2", "pt.ids=1:3", State::kWarning, "pt.ids=1:3", 1},
             Row{"pt.ids=1:2 pt.ids=1:3", "pt.ids=1:3 pt.ids=1:2", State::kWarning,
                 "cfg: pt.ids=1:3 pt.ids=1:2", 1},
         }) {
        INFO(row.running << " | " << row.configured);
        Facts facts;
        make_good(facts);
        ask(facts, row.running);
        facts.loader.words = row.configured;
        CHECK(check_pending(facts).state == row.state);
        CHECK(mentions(check_pending(facts), row.text));
        CHECK(check_pending(facts).fixes.size() == row.fixes);
    }
}

TEST_CASE("words that were typed in the boot menu alone can be made to stay") {
    Facts facts;
    make_good(facts);
    facts.loader.words = "quiet";
    facts.plan.devices.push_back(planned("01:00.1", Decision::kBind));
    facts.plan.devices[1].companion_of = facts.plan.devices[0].device.address;
    facts.plan.devices.push_back(planned("02:00.0", Decision::kRefused));
    CHECK(check_pending(facts).fixes == std::vector<std::string>{"sudo ptctl use 0000:01:00.0"});
    facts.plan.devices.clear();
    CHECK(check_pending(facts).fixes.empty());
}

TEST_CASE("settings of GRUB that are newer than its menu have to be taken over") {
    Facts facts;
    make_good(facts);
    facts.loader.settings = {{"/etc/default/grub", text_file("GRUB_CMDLINE_LINUX=pt.ids=1:2\n")},
                             {"/etc/default/grub.d/x.cfg", text_file("GRUB_TIMEOUT=5\n")}};
    CHECK(check_pending(facts).state == State::kOk);  // the menu has an entry of another kind
    facts.loader.has_newer_settings = true;
    CHECK(check_pending(facts).state == State::kWarning);
    CHECK(mentions(check_pending(facts), "has to be made anew"));
    CHECK(mentions(check_pending(facts), "by the settings below /etc/default: pt.ids=1:2"));
    CHECK(check_pending(facts).fixes ==
          std::vector<std::string>{"sudo update-grub", "sudo systemctl reboot"});
    facts.loader.settings[0].second = text_file("GRUB_CMDLINE_LINUX=\"$(words) pt.ids=1:2\"\n");
    CHECK(check_pending(facts).state == State::kOk);
    facts.loader.settings[0].second = text_file("GRUB_CMDLINE_LINUX=pt.ids=10de:1b06\n");
    CHECK(check_pending(facts).state == State::kOk);
    facts.loader.settings[0].second.text = "GRUB_CMDLINE_LINUX=\n";
    CHECK(check_pending(facts).state == State::kWarning);
    facts.loader.settings[1].second = no_file(EACCES);
    CHECK(check_pending(facts).state == State::kOk);
}

TEST_CASE("a boot loader that is not known or cannot be read is told as that") {
    Facts facts;
    make_good(facts);
    facts.loader.error = EACCES;
    CHECK(check_pending(facts).state == State::kUnknown);
    CHECK(check_pending(facts).fixes.empty());
    facts.is_root = false;
    CHECK(check_pending(facts).fixes == std::vector<std::string>{"sudo ptctl doctor"});
    facts.loader.error = 0;
    facts.cmdline = no_file();
    CHECK(check_pending(facts).state == State::kUnknown);
    facts.loader.name.clear();
    CHECK(check_pending(facts).state == State::kUnknown);
}
