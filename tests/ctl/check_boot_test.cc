// SPDX-License-Identifier: LGPL-2.1-or-later
#include <catch2/catch_test_macros.hpp>

#include "doctor_facts.h"

using namespace pt;
using namespace pt::ctl;
using Strings = std::vector<std::string>;

namespace {

const Strings kReboot = {"sudo systemctl reboot"};

void lose(Facts& facts, Holding holding, const char* reason) {
    DeviceVerdict& device = facts.boot.status.devices[0];
    device.holding = holding;
    device.is_usable = false;
    device.reasons = {reason};
}

}  // namespace

TEST_CASE("what became of the devices in this boot is what status tells") {
    struct Row {
        Holding holding;
        const char* text;
    };
    for (const Row& row : {
             Row{Holding::kHeld, "no virtual machine can use all that it holds"},
             Row{Holding::kTakenAway, "since then 1 device went to another driver"},
             Row{Holding::kGone, "since then 1 device went to another driver"},
             Row{Holding::kNotBound, "not all that was asked for was done"},
             Row{Holding::kRefused, "not all that was asked for was done"},
         }) {
        INFO(row.text);
        Facts facts;
        make_good(facts);
        CHECK(check_boot(facts) ==
              Finding{State::kOk, "pt-hook ran and did all that was asked for"});
        lose(facts, row.holding, "the reason");
        CHECK(check_boot(facts).state == State::kFailed);
        CHECK(mentions(check_boot(facts), row.text));
        CHECK(mentions(check_boot(facts), "0000:01:00.0: the reason"));
        CHECK(check_boot(facts).fixes == Strings{"ptctl status"});
    }
}

TEST_CASE("what a plan made now would change is no matter of this boot") {
    Facts facts;
    make_good(facts);
    facts.plan.devices[0].decision = Decision::kBind;
    CHECK(check_boot(facts).state == State::kOk);
    lose(facts, Holding::kKept, "left to the host");
    CHECK(check_boot(facts).state == State::kOk);
    facts.boot.status.complaints = {"pt.ids: 'dead' is no pair"};
    CHECK(check_boot(facts).state == State::kFailed);
    CHECK(mentions(check_boot(facts), "not followed: pt.ids: 'dead'"));
}

TEST_CASE("words that changed since the boot count from the next one if the image has them") {
    const std::string reboot = kReboot.front();
    Facts facts;
    make_good(facts);
    facts.boot.has_other_words = true;
    facts.conf = text_file("pt.ids=8086:3e92\n");
    facts.images[0].found.conf = facts.conf.text;
    CHECK(check_boot(facts).state == State::kWarning);
    CHECK(mentions(check_boot(facts), "did all that was asked for"));
    CHECK(mentions(check_boot(facts), "these words count from the next boot"));
    CHECK(check_boot(facts).fixes == kReboot);
    lose(facts, Holding::kTakenAway, "taken");
    CHECK(check_boot(facts).state == State::kFailed);
    CHECK(check_boot(facts).fixes == Strings{reboot, "ptctl status"});

    facts.images[0].found.conf.clear();
    CHECK(mentions(check_boot(facts), "these words count once the image is built anew"));
    CHECK(check_boot(facts).fixes ==
          Strings{"sudo update-initramfs -u -k 6.12.1", reboot, "ptctl status"});
    facts.boot.status = {};
    facts.boot.status.state = BootState::kNotAsked;
    CHECK(check_boot(facts).state == State::kWarning);
    CHECK(mentions(check_boot(facts), "these words count once the image is built anew"));
    facts.loader.kind = LoaderKind::kRpmOstree;  // whose images are built elsewhere
    CHECK(check_boot(facts).fixes.empty());
    facts.loader.kind = LoaderKind::kGrub;

    facts.images[0].error = EACCES;
    CHECK(mentions(check_boot(facts), "from the next boot if its image has them"));
    CHECK(check_boot(facts).fixes == Strings{"sudo update-initramfs -u -k all", reboot});
    facts.loader.rebuild.clear();
    CHECK(check_boot(facts).fixes == kReboot);
}

TEST_CASE("of a boot without a report the cause is told, and what is to be done about it") {
    const std::string rebuild = "sudo update-initramfs -u -k 6.12.1";
    const std::string reboot = kReboot.front();
    struct Row {
        void (*change)(Facts&);
        const char* text;
        Strings fixes;
    };
    for (const Row& row : {
             Row{[](Facts& facts) { facts.is_installed = false; },
                 "it is not installed",
                 {"sudo apt install ./pt-hook_*.deb", reboot}},
             Row{[](Facts& facts) {
                     facts.is_installed = false;
                     facts.distribution = Distribution::kOther;
                 },
                 "it is not installed",
                 {}},
             Row{[](Facts& facts) { facts.images[0].found.has_program = false; },
                 "it is not in /boot/initrd.img-6.12.1",
                 {rebuild, reboot}},
             Row{[](Facts& facts) { facts.images[0].found.start = Start::kNever; },
                 "nothing there starts it",
                 {rebuild, reboot}},
             Row{[](Facts& facts) { facts.images[0].modified = 1001; },
                 "was built after this boot began",
                 {reboot}},
             Row{[](Facts& facts) { facts.images[0].modified = 1000; },
                 "another initramfs was booted",
                 {"sudo dmesg | grep pt-hook"}},
             Row{[](Facts& facts) {
                     ImageFacts other = image("6.12.1", Start::kNever);
                     other.path = "/boot/initramfs-6.12.1.img";
                     facts.images.push_back(other);
                 },
                 "/boot/initramfs-6.12.1.img, which may have been booted",
                 {rebuild}},
             Row{[](Facts& facts) { ask(facts, "quiet", "pt.ids=10de:1b06"); },
                 "no words of /etc/pt-hook.conf",
                 {rebuild, reboot}},
             Row{[](Facts& facts) { ask(facts, "pt.ids=10de:1b06 rd.systemd.mask=pt-hook"); },
                 "switched off by rd.systemd.mask=pt-hook",
                 {reboot}},  // make_good() has it in no file
             Row{[](Facts& facts) {
                     ask(facts, "pt.ids=10de:1b06 rd.systemd.mask=pt-hook");
                     facts.loader.kind = LoaderKind::kGrubby;
                     facts.loader.words = facts.cmdline.text;
                 },
                 "switched off by rd.systemd.mask=pt-hook",
                 {"sudo grubby --update-kernel=ALL --remove-args=rd.systemd.mask=pt-hook", reboot}},
             Row{[](Facts& facts) {
                     facts.is_root = false;
                     facts.images[0].error = EACCES;
                 },
                 "only root may read /boot/initrd.img-6.12.1",
                 {"sudo ptctl doctor"}},
             Row{[](Facts& facts) { facts.images.clear(); },
                 "no initramfs image of the running kernel",
                 {}},
         }) {
        INFO(row.text);
        Facts facts;
        make_good(facts);
        facts.boot = {};
        facts.boot.began = 1000;
        facts.boot.status.state = BootState::kDidNotRun;
        row.change(facts);
        CHECK(check_boot(facts).state == State::kFailed);
        CHECK(check_boot(facts).text.starts_with("pt-hook did not run: "));
        CHECK(mentions(check_boot(facts), row.text));
        CHECK(check_boot(facts).fixes == row.fixes);
    }
}

TEST_CASE("a boot is not blamed for words that are newer") {
    const Strings rebuild = {"sudo update-initramfs -u -k 6.12.1", "sudo systemctl reboot"};
    Facts facts;
    make_good(facts);
    facts.boot = {};
    facts.boot.status.state = BootState::kDidNotRun;
    facts.boot.began = 1000;
    facts.images[0].modified = facts.boot.conf_modified = 1000;
    ask(facts, "quiet", "pt.ids=10de:1b06");
    facts.images[0].found.conf = "pt.ids=10de:1b06";
    CHECK(check_boot(facts).state == State::kFailed);
    facts.images[0].modified = 1001;
    CHECK(check_boot(facts).state == State::kWarning);
    CHECK(mentions(check_boot(facts), "got into the image after this boot began"));
    CHECK(mentions(check_boot(facts), "these words count from the next boot"));
    CHECK(check_boot(facts).fixes == kReboot);

    facts.images[0].found.conf.clear();
    CHECK(check_boot(facts).state == State::kFailed);  // the file is older than this boot
    facts.boot.conf_modified = 1001;
    CHECK(check_boot(facts).state == State::kWarning);
    CHECK(mentions(check_boot(facts), "was changed after this boot began"));
    CHECK(mentions(check_boot(facts), "these words count once the image is built anew"));
    CHECK(check_boot(facts).fixes == rebuild);
    facts.is_installed = false;
    CHECK(check_boot(facts).state == State::kFailed);
    facts.is_installed = true;
    facts.images[0].kernel = "6.1.1";  // another one is running
    CHECK(check_boot(facts).state == State::kWarning);
    facts.is_root = false;
    facts.images[0].kernel = "6.12.1";
    facts.images[0].error = EACCES;
    CHECK(check_boot(facts).state == State::kWarning);
    CHECK(check_boot(facts).fixes == Strings{"sudo ptctl doctor"});
    facts.boot.began = 0;
    CHECK(check_boot(facts).state == State::kFailed);
}

TEST_CASE("a boot in which nothing was asked for, or that was switched off, is not blamed") {
    Facts facts;
    make_good(facts);
    facts.boot.status = {};
    facts.boot.status.state = BootState::kSwitchedOff;
    CHECK(check_boot(facts).state == State::kNote);
    facts.boot.status.state = BootState::kNotAsked;
    CHECK(check_boot(facts).state == State::kOk);
    facts.boot.has_other_words = true;
    CHECK(check_boot(facts).fixes == kReboot);
    facts.boot.has_other_words = facts.boot.has_report = false;
    CHECK(check_boot(facts) == Finding{State::kNote, "nothing was asked for"});
    facts.is_this_machine = false;
    CHECK(check_boot(facts) == Finding{State::kNote, "the tree has no report of a boot"});
    facts.words_are_pending = true;
    CHECK(check_boot(facts).fixes == kReboot);
}

TEST_CASE("of a report that cannot be used the reason is told") {
    Facts facts;
    make_good(facts);
    facts.boot.status = {};
    facts.boot.status.problem = "/run/pt-hook/report.json: it is empty";
    CHECK(check_boot(facts) == Finding{State::kUnknown, "/run/pt-hook/report.json: it is empty"});
    facts.is_root = false;
    CHECK(check_boot(facts).fixes == Strings{"sudo ptctl doctor"});
}
