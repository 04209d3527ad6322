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

TEST_CASE("words that changed since the boot count from the next one") {
    Facts facts;
    make_good(facts);
    facts.boot.has_other_words = true;
    CHECK(check_boot(facts).state == State::kWarning);
    CHECK(mentions(check_boot(facts), "did all that was asked for"));
    CHECK(mentions(check_boot(facts), "these words count from the next boot"));
    CHECK(check_boot(facts).fixes == kReboot);
    lose(facts, Holding::kTakenAway, "taken");
    CHECK(check_boot(facts).state == State::kFailed);
    CHECK(check_boot(facts).fixes == Strings{"sudo systemctl reboot", "ptctl status"});
}

TEST_CASE("without a report it did not run, unless what asks is newer than the boot") {
    Facts facts;
    make_good(facts);
    facts.boot = {};
    facts.boot.status.state = BootState::kDidNotRun;
    CHECK(check_boot(facts).state == State::kFailed);
    CHECK(check_boot(facts).fixes.empty());

    facts.boot.began = 1000;
    facts.images[0].modified = facts.boot.conf_modified = 1000;
    CHECK(check_boot(facts).fixes.empty());
    facts.images[0].modified = 1001;  // the words stand on the command line
    CHECK(check_boot(facts).state == State::kFailed);
    CHECK(mentions(check_boot(facts), "a reboot may be all"));
    CHECK(check_boot(facts).fixes == kReboot);

    ask(facts, "quiet", "pt.ids=10de:1b06");
    CHECK(check_boot(facts).state == State::kWarning);
    CHECK(mentions(check_boot(facts), "got into the image after this boot began"));
    CHECK(check_boot(facts).fixes == kReboot);
    facts.images[0].kernel = "6.1.1";  // another one is running
    CHECK(check_boot(facts).state == State::kFailed);
    facts.boot.conf_modified = 1001;
    CHECK(check_boot(facts).state == State::kWarning);
    CHECK(mentions(check_boot(facts), "was changed after this boot began"));
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
