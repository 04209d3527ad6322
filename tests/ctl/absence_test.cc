// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/absence.h"

#include <catch2/catch_test_macros.hpp>

#include "doctor_facts.h"

using namespace pt;
using namespace pt::ctl;

namespace {

constexpr std::int64_t kBegan = 1000;

ImageFacts built(std::int64_t when, Start start = Start::kBeforeUdev) {
    ImageFacts facts = image("6.12.1", start);
    facts.modified = when;
    return facts;
}

ImageFacts unreadable(int error, std::string_view kernel = "6.12.1") {
    ImageFacts facts = image(kernel, Start::kNever);
    facts.error = error;
    return facts;
}

Absence judge(std::vector<ImageFacts> images, std::int64_t began = kBegan) {
    Facts facts;
    make_good(facts);
    facts.boot.began = began;
    facts.images = std::move(images);
    return judge_absence(facts);
}

bool mentions(const Absence& absence, std::string_view text) {
    return absence.text.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("the cause of a boot without pt-hook is that which the likeliest image tells") {
    const ImageFacts without = built(1, Start::kNever);
    ImageFacts of_nobody = without;
    of_nobody.kernel.clear();
    struct Row {
        const char* what;
        std::vector<ImageFacts> images;
        Cause cause;
    };
    const std::vector<Row> rows = {
        {"no image", {}, Cause::kUnknown},
        {"none of this kernel", {image("6.11.1")}, Cause::kUnknown},
        {"without", {without}, Cause::kNotInImage},
        {"without, of a kernel that nothing tells", {of_nobody}, Cause::kNotInImage},
        {"without, and complete for another kernel",
         {without, image("6.11.1")},
         Cause::kNotInImage},
        {"complete of this kernel, without of nobody knows which",
         {of_nobody, built(1)},
         Cause::kOtherImage},
        {"complete, before", {built(kBegan - 1)}, Cause::kOtherImage},
        {"complete, in the same second", {built(kBegan)}, Cause::kOtherImage},
        {"complete, since", {built(kBegan + 1)}, Cause::kImageRebuilt},
        {"too late in the boot, which would leave a report too",
         {built(1, Start::kAfterUdev)},
         Cause::kOtherImage},
        {"of no known builder", {built(1, Start::kUnknown)}, Cause::kUnknown},
        {"unreadable", {unreadable(EACCES)}, Cause::kUnknown},
        {"one without, one unreadable", {without, unreadable(EACCES)}, Cause::kUnknown},
        {"unreadable of another kernel",
         {without, unreadable(EACCES, "6.11.1")},
         Cause::kNotInImage},
        {"one complete, one unreadable", {built(1), unreadable(EIO)}, Cause::kOtherImage},
    };
    for (const Row& row : rows) {
        INFO(row.what);
        CHECK(name_of(judge(row.images).cause) == name_of(row.cause));
    }
}

TEST_CASE(
    "whether an image was built since this boot cannot be told without the time of the boot") {
    const Absence absence = judge({built(5)}, 0);
    CHECK(absence.cause == Cause::kUnknown);
    CHECK(mentions(absence, "/proc/stat"));
}

TEST_CASE("only the conf file's words have to be in the image, and only where they stand alone") {
    Facts facts;
    make_good(facts);
    facts.boot.began = kBegan;
    facts.images = {built(1)};
    ask(facts, "quiet\n", "pt.ids=10de:1b06\n");
    CHECK(judge_absence(facts).cause == Cause::kConfNotInImage);
    facts.images[0].found.conf = "# pt.ids=10de:1b06\n";
    CHECK(judge_absence(facts).cause == Cause::kConfNotInImage);
    facts.images[0].found.conf = "pt.ids=10de:1b06\n";
    CHECK(judge_absence(facts).cause == Cause::kOtherImage);
    facts.images[0].found.conf.clear();
    ask(facts, "quiet pt.ids=10de:1b06\n", "pt.ids=10de:1b06\n");
    CHECK(judge_absence(facts).cause == Cause::kOtherImage);
}

TEST_CASE("the image that the command line names counts, if there is one of that name") {
    Facts facts;
    make_good(facts);
    facts.boot.began = kBegan;
    facts.images = {built(1), built(1, Start::kNever)};
    facts.images[0].path = "/boot/initramfs-linux.img";
    facts.images[1].path = "/boot/initramfs-linux-fallback.img";
    struct Row {
        const char* words;
        Cause cause;
    };
    for (const Row& row : {
             Row{"pt.ids=1:2 initrd=\\initramfs-linux-fallback.img\n", Cause::kNotInImage},
             Row{"initrd=initramfs-linux-fallback.img pt.ids=1:2\n", Cause::kNotInImage},
             Row{"initrd=\\initramfs-linux.img pt.ids=1:2\n", Cause::kOtherImage},
             Row{"initrd=\\linux-fallback.img pt.ids=1:2\n", Cause::kOtherImage},
             Row{"noinitrd=\\initramfs-linux-fallback.img pt.ids=1:2\n", Cause::kOtherImage},
         }) {
        INFO(row.words);
        ask(facts, row.words);
        CHECK(name_of(judge_absence(facts).cause) == name_of(row.cause));
    }
}

TEST_CASE("only the mask of pt-hook's own unit in the initramfs is a switch") {
    Facts facts;
    make_good(facts);
    facts.images = {built(1, Start::kNever)};
    for (const char* words :
         {"pt.ids=1:2 rd.systemd.mask=pt-hook.service\n", "rd.systemd.mask=pt-hook pt.ids=1:2\n"}) {
        INFO(words);
        ask(facts, words);
        CHECK(judge_absence(facts).cause == Cause::kSwitchedOff);
    }
    for (const char* words : {"pt.ids=1:2 systemd.mask=pt-hook.service\n",
                              "pt.ids=1:2 rd.systemd.mask=pt-hook.socket\n"}) {
        INFO(words);
        ask(facts, words);
        CHECK(judge_absence(facts).cause == Cause::kNotInImage);
    }
}

TEST_CASE("what only root may read is told to who is not root") {
    Facts facts;
    make_good(facts);
    facts.images = {unreadable(EACCES)};
    CHECK(mentions(judge_absence(facts), "/boot/initrd.img-6.12.1 may not be read"));
    CHECK(!judge_absence(facts).needs_root);
    facts.is_root = false;
    CHECK(mentions(judge_absence(facts), "only root may read /boot/initrd.img-6.12.1"));
    CHECK(judge_absence(facts).needs_root);
    facts.images.clear();
    facts.unreadable_directories = {"/boot"};
    CHECK(mentions(judge_absence(facts), "only root may read /boot"));
    CHECK(judge_absence(facts).needs_root);
}

TEST_CASE("of a captured machine, which has no images, no cause is told") {
    Facts facts;
    make_good(facts);
    facts.is_captured = true;
    facts.images.clear();
    CHECK(judge_absence(facts).cause == Cause::kUnknown);
    CHECK(mentions(judge_absence(facts), "a captured machine comes without its images"));
    facts.is_installed = false;
    CHECK(judge_absence(facts).cause == Cause::kNotInstalled);
}
