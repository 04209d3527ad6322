// SPDX-License-Identifier: LGPL-2.1-or-later
// A whole command line, up to the lines and the JSON that are made of it.
#include "core/cmdline.h"

#include "core/report.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/reference.h"

namespace {

using namespace pt;

bool stands_at(std::string_view text, std::size_t position, std::string_view piece) {
    return position <= text.size() && text.substr(position, piece.size()) == piece;
}

// What a word is written as says the same by itself. A newline at its end, which only a quote that
// is never closed can hold, is not the kernel's at the end of a text.
void check_again(const Word& word) {
    if (word.text.ends_with('\n')) return;
    CmdlineReader reader(word.text);
    Word again;
    PT_REQUIRE(reader.next(again));
    PT_REQUIRE(again.text == word.text && again.name == word.name && again.value == word.value);
    PT_REQUIRE(!reader.next(again));
}

void check_words(std::string_view text) {
    const std::vector<ReferenceWord> expected = split_like_the_kernel(std::string(text));
    CmdlineReader reader(text);
    Word word;
    std::size_t count = 0;
    while (reader.next(word)) {
        PT_REQUIRE(count < expected.size());
        const ReferenceWord& wanted = expected[count++];
        PT_REQUIRE(word.name == wanted.name);
        PT_REQUIRE(word.value == wanted.value);
        PT_REQUIRE(word.has_value == wanted.has_value);
        PT_REQUIRE(word.ends_text == wanted.ends_text);
        PT_REQUIRE(stands_at(text, word.name_position, word.name));
        PT_REQUIRE(stands_at(text, word.position, word.has_value ? word.value : word.name));
        check_again(word);
    }
    PT_REQUIRE(count == expected.size());
    PT_REQUIRE(!reader.next(word));
}

// Two machines' worth of devices: some that are often meant, a bridge, storage, one unreadable.
const std::vector<PciDevice> kDevices{
    {{0, 0, 1, 0}, {0x8086, 0x1901, 0, 0, 0x060400}, 0},
    {{0, 1, 0, 0}, {0x10de, 0x1b06, 0x1462, 0x3602, 0x030000}, 0},
    {{0, 1, 0, 1}, {0x10de, 0x10ef, 0x1462, 0x3602, 0x040300}, 0},
    {{0, 2, 0, 0}, {0x144d, 0xa808, 0x144d, 0xa801, 0x010802}, 0},
    {{0, 3, 0, 0}, {}, 5},
};

void check_wish(std::string_view text, const ReadWords& words) {
    for (const Complaint& complaint : words.complaints) {
        PT_REQUIRE(complaint.fault != Fault::kNone);
        PT_REQUIRE(stands_at(text, complaint.position, complaint.item));
    }
    for (const Selector& selector : words.wish.selectors) {
        PT_REQUIRE(stands_at(text, selector.position, selector.item));
        PT_REQUIRE(!selector.item.empty());
    }
}

void check_report(ReadWords& words) {
    Machine machine;
    machine.devices = kDevices;
    machine.parents.resize(kDevices.size());
    machine.groups.resize(kDevices.size(), 1);
    machine.boot_display = 0;
    const Selection selection = select_devices(words.wish, machine);
    words.complaints.insert(words.complaints.end(), selection.complaints.begin(),
                            selection.complaints.end());
    const std::vector<DeviceState> states(selection.choices.size(), {"", 1, 0});
    const Plan plan = make_plan(words.wish, machine, selection, states, {});
    for (const PlannedDevice& planned : plan.devices)
        PT_REQUIRE(planned.decision != Decision::kBind ||
                   base_class(planned.device.ids.class_code) != kBaseClassBridge);

    const Report report{"0",   {},      0, &words.wish, &words.words, &words.complaints,
                        &plan, nullptr, 0};
    for (const Line& line : describe_plan(report)) {
        PT_REQUIRE(is_printable_ascii(line.text));
        PT_REQUIRE(line.text.size() < 900);  // what a record of the kernel log surely holds
    }
    std::string json = to_json(report);
    PT_REQUIRE(json.ends_with("}\n"));
    json.pop_back();
    PT_REQUIRE(is_printable_ascii(json));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = as_text(data, size);
    check_words(text);
    ReadWords words = read_words(text);
    check_wish(text, words);
    check_report(words);
    return 0;
}
