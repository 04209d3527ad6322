// SPDX-License-Identifier: LGPL-2.1-or-later
// The conf file, and with it a command line: what follows the first NUL byte.
#include <algorithm>
#include <string>

#include "core/report.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/reference.h"

namespace {

using namespace pt;

bool stands_at(std::string_view text, std::size_t position, std::string_view piece) {
    return position <= text.size() && text.substr(position, piece.size()) == piece;
}

// A line up to its comment, by the rule as it is documented: "#" at the start of a word.
std::string without_comment(const std::string& line) {
    std::size_t at = 0;
    while (at < line.size()) {
        while (at < line.size() && is_space(line[at])) ++at;
        if (at < line.size() && line[at] == '#') return line.substr(0, at);
        bool quoted = false;
        for (; at < line.size() && (quoted || !is_space(line[at])); ++at)
            if (line[at] == '"') quoted = !quoted;
    }
    return line;
}

std::size_t count_words(std::string_view conf) {
    std::size_t count = 0;
    const std::string text(conf);
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        for (const ReferenceWord& word :
             split_like_the_kernel(without_comment(text.substr(start, end - start))))
            if (word.name.starts_with("pt.")) ++count;
        start = end + 1;
    }
    return count;
}

void check_places(std::string_view conf, std::string_view cmdline, const ReadWords& read) {
    for (const Complaint& complaint : read.complaints) {
        PT_REQUIRE(complaint.fault != Fault::kNone);
        const std::string_view source = complaint.from_conf ? conf : cmdline;
        PT_REQUIRE(stands_at(source, complaint.position, complaint.item));
        std::size_t column = 0;
        const std::size_t line = line_of(source, complaint.position, column);
        PT_REQUIRE(line >= 1 && column >= 1 && column <= complaint.position + 1);
        if (complaint.from_conf) PT_REQUIRE(complaint.item.find('\n') == std::string_view::npos);
    }
    bool command_line_began = false;
    for (const Selector& selector : read.wish.selectors) {
        PT_REQUIRE(
            stands_at(selector.from_conf ? conf : cmdline, selector.position, selector.item));
        PT_REQUIRE(!(selector.from_conf && command_line_began));
        command_line_began = !selector.from_conf;
    }
}

// A word of the conf file means the same on the command line.
void check_same_words(std::string_view conf, const ReadWords& read) {
    if (conf.find_first_of("#\n") != std::string_view::npos) return;
    if (conf.size() >= 500) return;  // where a command line may be cut off
    const ReadWords line = read_words(conf);
    PT_REQUIRE(line.words.size() == read.words.size());
    PT_REQUIRE(line.wish.selectors.size() == read.wish.selectors.size());
    PT_REQUIRE(line.wish.with == read.wish.with && line.wish.driver == read.wish.driver);
    PT_REQUIRE(line.wish.off == read.wish.off && line.wish.debug == read.wish.debug);
    PT_REQUIRE(line.complaints.size() <= read.complaints.size());
}

void check_report(std::string_view conf, ReadWords& read) {
    const Plan plan = make_plan(read.wish, {}, {}, {}, {});
    const Report report{"0", conf, 0, &read.wish, &read.words, &read.complaints, &plan, nullptr, 0};
    for (const Line& line : describe_plan(report)) {
        PT_REQUIRE(is_printable_ascii(line.text));
        PT_REQUIRE(line.text.size() < 900);
    }
    std::string json = to_json(report);
    json.pop_back();
    PT_REQUIRE(is_printable_ascii(json));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view conf = as_text(data, size);
    std::string_view cmdline;
    if (const std::size_t nul = conf.find('\0'); nul != std::string_view::npos) {
        cmdline = conf.substr(nul + 1);
        conf = conf.substr(0, nul);
    }
    ReadWords alone = read_words({}, conf);
    PT_REQUIRE(alone.words.size() == count_words(conf));
    check_same_words(conf, alone);
    ReadWords read = read_words(cmdline, conf);
    check_places(conf, cmdline, read);
    PT_REQUIRE(read.words.size() == alone.words.size() + read_words(cmdline).words.size());
    check_report(conf, read);
    return 0;
}
