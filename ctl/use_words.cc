// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/use_words.h"

#include <algorithm>

#include "core/cmdline.h"
#include "core/report.h"
#include "core/text.h"
#include "core/wish.h"
#include "ctl/edit.h"
#include "ctl/lockout.h"
#include "ctl/virtual_functions.h"
#include "sys/file.h"

namespace pt::ctl {
namespace {

bool has(const std::vector<std::size_t>& numbers, std::size_t number) {
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

void add(std::vector<std::size_t>& numbers, std::size_t number) {
    if (!has(numbers, number)) numbers.push_back(number);
}

// Puts a word like "pt.ids=10de:1b06" with others of the same list.
void add_word(std::vector<std::string>& words, const std::string& word) {
    const std::size_t equals = word.find('=') + 1;
    for (std::string& other : words) {
        if (other.compare(0, equals, word, 0, equals) != 0) continue;
        other += ',' + word.substr(equals);
        return;
    }
    words.push_back(word);
}

// "01:00.0 NVIDIA Corporation GP102 [GeForce GTX 1080 Ti]"
std::string title_of(const Function& function) {
    return short_address(function.device.address) + " " + full_name(function);
}

std::string group_warning(const Inventory& inventory, const Neighbour& neighbour) {
    const Function* function = inventory.find(neighbour.device.address);
    return (function != nullptr ? title_of(*function) : full_address(neighbour.device.address)) +
           " shares IOMMU group " + std::to_string(neighbour.iommu_group) +
           " and stays with the host" +
           (neighbour.driver.empty() ? "" : " (driver " + neighbour.driver + ")") +
           ": while a driver holds it no virtual machine can start with the card.";
}

std::string why_never(const Function& function) {
    if (function.is_virtual_function) return kIsVirtualFunction;
    if (is_bridge(function.device))
        return " is a bridge, and bridges are never taken: other devices live behind it";
    return " cannot be selected by any word on this machine";
}

class Comparison {
  public:
    Comparison(const Inventory& inventory, const Wanted& wanted, const Report& report)
        : inventory_(inventory), wanted_(wanted), report_(report) {}

    Foresight make() {
        foresight_.taken = wanted_.taken;
        for (const std::size_t index : wanted_.taken) compare(index);
        for (const std::size_t index : taken_by(*report_.plan, inventory_))
            add(foresight_.taken, index);
        for (const PlannedDevice& planned : report_.plan->devices) look_at_other(planned);
        for (const Neighbour& neighbour : report_.plan->neighbours)
            if (neighbour.driver.empty() || !leaves_dma_alone(neighbour.driver))
                foresight_.warnings.push_back(group_warning(inventory_, neighbour));
        std::sort(foresight_.taken.begin(), foresight_.taken.end());
        return std::move(foresight_);
    }

  private:
    void compare(std::size_t index) {
        const Function& function = inventory_.functions[index];
        const auto planned =
            std::find_if(report_.plan->devices.begin(), report_.plan->devices.end(),
                         [&](const PlannedDevice& other) {
                             return other.device.address == function.device.address;
                         });
        std::string reason = "no word asks for it";
        if (report_.wish->off) reason = "the command line says pt.off";
        if (planned != report_.plan->devices.end()) {
            if (is_acted_on(*planned)) return warn_of_boot_display(function);
            reason.clear();
            put_reason(reason, report_, *planned);
            if (planned->reason == Reason::kNoIommuGroup) return warn_of_iommu(function, reason);
        }
        const std::string text = title_of(function) + " would not be taken: " + reason + ".";
        (has(wanted_.functions, index) ? foresight_.problems : foresight_.warnings).push_back(text);
    }
    void warn_of_boot_display(const Function& function) {
        if (function.is_boot_display)
            foresight_.warnings.push_back(title_of(function) +
                                          " shows the boot: its screen stays dark from then on.");
    }
    // One warning for all: the advice is the machine's.
    void warn_of_iommu(const Function& function, const std::string& reason) {
        if (foresight_.lacks_iommu.empty())
            foresight_.lacks_iommu =
                title_of(function) + " would be refused as things are now: " + reason + ".";
    }
    void look_at_other(const PlannedDevice& planned) {
        const Function* function = inventory_.find(planned.device.address);
        if (function == nullptr || function->is_virtual_function) return;
        const std::size_t index = static_cast<std::size_t>(function - inventory_.functions.data());
        if (is_acted_on(planned) && !has(wanted_.taken, index))
            foresight_.warnings.push_back(title_of(*function) +
                                          " is taken too, by words that are there already.");
    }

    const Inventory& inventory_;
    const Wanted& wanted_;
    const Report& report_;
    Foresight foresight_;
};

// The cards in an argument of `use`: one, or those in a word such as `ptctl list` prints it.
std::vector<std::string> cards_in(std::string_view text) {
    const std::string_view name = text.substr(0, text.find('=') + 1);
    if (name != "pt.ids=" && name != "pt.addrs=") return {std::string(text)};
    std::vector<std::string> cards;
    std::string_view rest = text.substr(name.size());
    do cards.emplace_back(cut(rest, ','));
    while (!rest.empty());
    return cards;
}

// What the loader puts in front of its line, as far as the running one shows it.
std::size_t loader_part(int root) {
    std::string running;
    // What is not there shows nothing.
    (void)read_file(root, "proc/cmdline", 2 * kCommandLineSize, running);
    std::size_t size = 0;
    for (const std::string& word : split_words(running))
        if (word.starts_with("BOOT_IMAGE=") || word.starts_with("initrd=")) size += word.size() + 1;
    return size;
}

// Why words do not fit into the kernel's command line, a whole sentence; empty if they do. One that
// is full to the last byte cannot be told from one that is cut off.
std::string why_too_long(int root, std::string_view cmdline) {
    const std::size_t size = cmdline.size() + loader_part(root);
    if (size + 1 < kCommandLineSize) return {};
    return "The command line would have " + std::to_string(size) +
           " bytes, and the kernel cuts it off at " + std::to_string(kCommandLineSize - 1) +
           ": the words at its end would be lost. With --conf they go to /etc/pt-hook.conf.";
}

}  // namespace

Wanted choose_words(const Inventory& inventory, const std::vector<std::string>& arguments) {
    Wanted wanted;
    std::vector<std::string> cards;
    for (const std::string& argument : arguments)
        for (std::string& card : cards_in(argument)) cards.push_back(std::move(card));
    for (const std::string& card : cards) {
        const Resolved resolved = resolve_card(inventory, card);
        if (!resolved.problem.empty()) {
            wanted.problem = resolved.problem;
            return wanted;
        }
        // Ids and a slot may be those of a card with its virtual functions: then it is the card.
        const auto is_virtual = [&](std::size_t index) {
            return inventory.functions[index].is_virtual_function;
        };
        const bool only_virtual =
            std::all_of(resolved.functions.begin(), resolved.functions.end(), is_virtual);
        for (const std::size_t index : resolved.functions)
            if (only_virtual || !is_virtual(index)) add(wanted.functions, index);
    }
    for (const std::size_t index : wanted.functions) {
        const Function& function = inventory.functions[index];
        if (function.words.empty()) {
            wanted.is_refused = true;
            wanted.problem = title_of(function) + why_never(function);
            return wanted;
        }
    }
    // Displays first: a function that comes along with one needs no words of its own.
    std::vector<std::size_t> order = wanted.functions;
    std::stable_partition(order.begin(), order.end(), [&](std::size_t index) {
        return is_display(inventory.functions[index].device);
    });
    for (const std::size_t index : order) {
        if (has(wanted.taken, index)) continue;
        add_word(wanted.words, inventory.functions[index].words[0]);
        add(wanted.taken, index);
        for (const std::size_t companion : inventory.functions[index].companions)
            add(wanted.taken, companion);
    }
    std::sort(wanted.taken.begin(), wanted.taken.end());
    return wanted;
}

Foresight foresee(int root, const Inventory& inventory, const Wanted& wanted,
                  std::string_view cmdline, std::string_view words, std::string_view conf) {
    std::string all(cmdline);
    if (!words.empty()) (all += ' ') += words;
    ReadWords read = read_words(all, conf);
    int error = 0;
    Plan plan;
    std::vector<PciAddress> virtual_functions;  // which use refuses by itself
    if (!read.wish.asks_for_nothing())
        plan = plan_boot(read.wish, root, read.complaints, error, virtual_functions);
    const Report report{VERSION,          conf,  0,       &read.wish, &read.words,
                        &read.complaints, &plan, nullptr, 0};
    Foresight foresight = Comparison(inventory, wanted, report).make();
    if (const std::string problem = words.empty() ? "" : why_too_long(root, all); !problem.empty())
        foresight.problems.push_back(problem);
    return foresight;
}

}  // namespace pt::ctl
