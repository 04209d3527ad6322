// SPDX-License-Identifier: LGPL-2.1-or-later
// What the next boot would do, in the words of the boot.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/cmdline.h"
#include "core/report.h"
#include "core/selector.h"
#include "ctl/commands.h"
#include "ctl/inventory.h"
#include "ctl/known_driver.h"
#include "ctl/lockout.h"
#include "ctl/output.h"
#include "ctl/texts.h"
#include "ctl/virtual_functions.h"

namespace pt::ctl {
namespace {

using Json = nlohmann::ordered_json;

// What differs at the next boot from what a look at the machine as it is now suggests.
struct Difference {
    PciAddress address;
    std::string driver;  // that holds it now
    std::string text;
};

std::vector<Difference> differences(const Plan& plan, const Inventory& inventory) {
    std::vector<Difference> found;
    for (const PlannedDevice& planned : plan.devices) {
        const std::string& driver = planned.state.driver;
        if (planned.decision == Decision::kBind && !driver.empty())
            found.push_back({planned.device.address, driver,
                             "held by " + printable(driver) +
                                 " now; at boot pt-hook comes first, unless that is built in"});
        else if (planned.decision == Decision::kAlready)
            found.push_back({planned.device.address, driver,
                             "held by " + printable(driver) + " now, and bound anew at boot"});
    }
    for (const Function& function : inventory.functions) {
        const bool is_planned = std::any_of(
            plan.devices.begin(), plan.devices.end(), [&](const PlannedDevice& planned) {
                return is_acted_on(planned) && planned.device.address == function.device.address;
            });
        if (!is_planned && !function.is_virtual_function && function.driver == plan.driver)
            found.push_back({function.device.address, function.driver,
                             "held by " + printable(function.driver) +
                                 " now, and nothing asks for it: the next boot leaves it to "
                                 "the host"});
    }
    return found;
}

// The words of a new command line, separated as there.
std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

Tone tone_of(Level level) {
    switch (level) {
        case Level::kError:
            return Tone::kBad;
        case Level::kWarning:
            return Tone::kWarning;
        case Level::kInfo:
        case Level::kDebug:
            break;
    }
    return Tone::kPlain;
}

std::string count_of(std::size_t number, std::string_view what) {
    return std::to_string(number) + " " + std::string(what);
}

void print_differences(const Context& context, const std::vector<Difference>& found) {
    for (const Difference& difference : found)
        print_wrapped(context, full_address(difference.address) + ": ", 2, difference.text,
                      Tone::kFaint);
}

void print_notes(const Context& context, const std::vector<std::string>& notes) {
    for (const std::string& note : notes) print_wrapped(context, "note: ", 2, note, Tone::kWarning);
}

void print_text(const Context& context, const Report& report, const std::vector<Difference>& found,
                const std::vector<std::string>& notes) {
    for (const Line& line : describe_plan(report)) {
        // As in the kernel log, where each is one line, for those who search in it.
        if (context.is_terminal)
            print_wrapped(context, "", 0, line.text, tone_of(line.level));
        else
            print_line(line.text);
    }
    if (report.wish->asks_for_nothing()) {
        print_line("no pt. word asks for a device");
        print_differences(context, found);
        return;
    }
    print_differences(context, found);
    print_notes(context, notes);
    const Plan& plan = *report.plan;
    const bool good = is_fulfilled(report);
    const std::size_t bound = plan.count(Decision::kBind) + plan.count(Decision::kAlready);
    print_wrapped(context, "", 0,
                  "Next boot: " + count_of(bound, "on ") + std::string(plan.driver) + ", " +
                      count_of(plan.count(Decision::kRefused), "refused, ") +
                      count_of(plan.count(Decision::kKept), "left to the host, ") +
                      count_of(report.complaints->size(), "complaints"),
                  good ? Tone::kGood : Tone::kBad);
}

Json to_document(const Report& report, const std::vector<Difference>& found,
                 const std::vector<std::string>& notes, bool is_good) {
    Json json;
    json["version"] = VERSION;
    json["fulfilled"] = is_good;
    json["plan"] = Json::parse(to_json(report));
    json["now"] = Json::array();
    for (const Difference& difference : found)
        json["now"].push_back({{"address", full_address(difference.address)},
                               {"driver", difference.driver},
                               {"text", difference.text}});
    json["notes"] = notes;
    return json;
}

// What to write for a word that is none of pt-hook, where that can be seen.
std::string advice_for(const std::string& word) {
    Selector selector;
    if (parse_address_item(word + ".*", selector) == Fault::kNone)
        return "; write pt.addrs=" + word + ".*";
    if (parse_address_item(word, selector) == Fault::kNone) {
        const bool is_plain = selector.where.path.empty() && !selector.where.any_function;
        return "; write pt.addrs=" + (is_plain ? full_address(selector.where.start) : word);
    }
    if (parse_id(word, selector) == Fault::kNone) return "; write pt.ids=" + word;
    return ", such as pt.ids=10de:1b06";
}

// What is wrong with the words of ptctl's own command line: other programs' words are not planned
// with, and a card alone is what `use` takes. Empty if all are good.
std::string problem_of(const std::vector<std::string>& words) {
    for (const std::string& text : words) {
        CmdlineReader reader(text);
        for (Word word; reader.next(word);)
            if (!word.name.starts_with("pt."))
                return "'" + std::string(word.text) + "' is no pt. word" +
                       advice_for(std::string(word.text));
    }
    return {};
}

}  // namespace

int plan(const Context& context, const std::vector<std::string>& words) {
    if (const std::string problem = problem_of(words); !problem.empty()) {
        print_problem(context, problem);
        return kExitUsage;
    }
    Texts texts = read_texts(context);
    if (!words.empty()) {
        texts.cmdline = joined(words);
        texts.cmdline_error = 0;
    }
    if (texts.cmdline_error != 0) {
        print_problem(context, "cannot read /proc/cmdline", texts.cmdline_error);
        return kExitCannotTell;
    }
    const Inventory inventory = read_inventory(context);
    if (inventory.error != 0) {
        print_problem(context, "cannot list the PCI devices", inventory.error);
        return kExitCannotTell;
    }
    ReadWords read = texts.read();
    Plan plan;
    std::vector<PciAddress> not_there_yet;
    if (!read.wish.asks_for_nothing()) {
        int error = 0;
        plan = plan_boot(read.wish, context.root_dir.get(), read.complaints, error, not_there_yet);
    } else if (read.wish.off) {
        read.complaints.clear();
        texts.conf_error = 0;
    }
    const Report report{VERSION,          texts.conf, texts.conf_error, &read.wish, &read.words,
                        &read.complaints, &plan,      nullptr,          0};
    const bool is_switched_off = read.wish.off && !read.wish.selectors.empty();
    const bool is_good = is_fulfilled(report) && !is_switched_off;
    const std::vector<Difference> found = differences(plan, inventory);
    std::vector<std::string> notes;
    if (std::any_of(plan.devices.begin(), plan.devices.end(), is_acted_on))
        notes = find_dangers(context.root_dir.get(), inventory, taken_by(plan, inventory));
    for (const PciAddress address : not_there_yet)
        notes.push_back(full_address(address) + kIsVirtualFunction);
    if (!plan.devices.empty() && is_driver_unknown(context.root_dir.get(), plan.driver))
        notes.push_back("no module or driver of the name " + printable(plan.driver) +
                        " is found for the running kernel; the module of a driver may have another "
                        "name");
    if (context.json)
        print_json(to_document(report, found, notes, is_good));
    else if (read.wish.off)
        print_line("switched off by pt.off, nothing is done");
    else
        print_text(context, report, found, notes);
    if (inventory.is_boot_display_uncertain && !context.json)
        print_error("the boot display can only be told with root's rights");
    if (!is_good) return kExitBad;
    return read.wish.selectors.empty() ? kExitNotConfigured : kExitGood;
}

}  // namespace pt::ctl
