// SPDX-License-Identifier: LGPL-2.1-or-later
// What is asked for, and whether it can be given.
#include <algorithm>
#include <cstring>

#include "core/cmdline.h"
#include "core/report.h"
#include "core/text.h"
#include "ctl/doctor/advice.h"
#include "ctl/doctor/check.h"
#include "ctl/doctor/grub_settings.h"
#include "ctl/inventory.h"
#include "ctl/shell.h"

namespace pt::ctl {
namespace {

std::string address_of(const PciDevice& device) {
    std::string text;
    put_address(text, device.address);
    return text;
}

// "1 device", "2 devices".
std::string count_of(std::size_t count, std::string_view one) {
    return std::to_string(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

bool asks_for_nothing(const Facts& facts) {
    return facts.read.wish.asks_for_nothing();
}

const Finding kNothingAsked = {State::kNote, "no device is asked for, so there is none to look at"};

std::size_t count_acted_on(const Plan& plan) {
    return plan.count(Decision::kBind) + plan.count(Decision::kAlready);
}

// The lines of the plan that tell of something that would not be done.
std::vector<std::string> bad_lines(const Facts& facts) {
    Report report;
    report.wish = &facts.read.wish;
    report.words = &facts.read.words;
    report.complaints = &facts.read.complaints;
    report.plan = &facts.plan;
    report.conf = facts.conf.text;
    report.conf_error = facts.conf.is_absent() ? 0 : facts.conf.error;
    std::vector<std::string> lines;
    for (const Line& line : describe_plan(report)) {
        const bool is_neighbour = line.text.find(" stays with the host") != std::string::npos;
        const bool is_boot_display = line.text.find(" is the boot display") != std::string::npos;
        if (line.level <= Level::kWarning && !is_neighbour && !is_boot_display)
            lines.push_back(line.text);
    }
    return lines;
}

// Our words in a command line, as they stand there.
std::vector<std::string> own_words(std::string_view cmdline) {
    const ReadWords read = read_words(cmdline);
    std::vector<std::string> words;
    for (const SourceWord& word : read.words) {
        std::string text;
        put_printable(text, word.text);
        words.push_back(text);
    }
    return words;
}

std::string list_of(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text.empty() ? "none" : text;
}

const PlannedDevice* owner_of(const Facts& facts, const Facts::FramebufferOf& framebuffer) {
    if (framebuffer.planned >= facts.plan.devices.size()) return nullptr;
    const PlannedDevice& planned = facts.plan.devices[framebuffer.planned];
    return is_acted_on(planned) ? &planned : nullptr;
}

Finding kept(const Facts& facts, const std::string& where) {
    Finding found{State::kWarning,
                  where +
                      " and pt.fb=keep leaves it there: a virtual machine may fail with "
                      "\"BAR 0: can't reserve\""};
    const std::vector<std::string> words = own_words(facts.cmdline.text);
    if (std::find(words.begin(), words.end(), "pt.fb=keep") != words.end())
        remove_word(facts, "pt.fb=keep", found);
    else
        found.details.emplace_back(
            "remove that word from /etc/pt-hook.conf, and build the images again");
    return found;
}

// GRUB's settings with other words than its menu, which alone counts at boot.
bool is_menu_outdated(const Facts& facts, std::vector<std::string>& set) {
    const LoaderFacts& loader = facts.loader;
    if (loader.kind != LoaderKind::kGrub || !loader.has_newer_settings) return false;
    std::vector<std::string_view> files;
    for (const auto& [path, file] : loader.settings) {
        if (!file.is_read() && !file.is_absent()) return false;
        files.emplace_back(file.text);
    }
    const std::optional<std::string> cmdline = grub_settings_cmdline(files);
    if (!cmdline) return false;
    set = own_words(*cmdline);
    return set != own_words(loader.words);
}

// Asks in the configuration for the devices that the words of this boot ask for. What belongs to
// them comes along.
std::string use_command(const Facts& facts) {
    Command command = {"ptctl", "use"};
    for (const PlannedDevice& planned : facts.plan.devices)
        if (is_acted_on(planned) && !planned.companion_of)
            command.push_back(address_of(planned.device));
    return command.size() > 2 ? sudo(command) : std::string();
}

}  // namespace

Finding check_words(const Facts& facts) {
    if (!facts.cmdline.is_read())
        return {State::kUnknown,
                std::string("/proc/cmdline cannot be read: ") + std::strerror(facts.cmdline.error)};
    if (facts.devices_error != 0)
        return {State::kUnknown, std::string("the PCI devices cannot be listed: ") +
                                     std::strerror(facts.devices_error)};
    Finding found;
    if (facts.read.wish.off) {
        found = {State::kWarning, "pt.off switches pt-hook off; remove it when it is not needed"};
    } else if (facts.read.wish.selectors.empty()) {
        found = {State::kNote, "none: no pt. word asks for a device", {}, {"ptctl list"}};
    } else {
        found.text = count_of(count_acted_on(facts.plan), "device");
        if (facts.words_are_pending) found.text += ", by words for the next boot";
    }
    found.details = bad_lines(facts);
    if (found.details.empty()) return found;
    for (const PciAddress address : facts.virtual_functions)
        found.details.push_back(full_address(address) + kIsVirtualFunction);
    const bool is_bad = facts.plan.count(Decision::kRefused) != 0 ||
                        (!asks_for_nothing(facts) && count_acted_on(facts.plan) == 0);
    found.state = is_bad ? State::kFailed : std::max(found.state, State::kWarning);
    if (!asks_for_nothing(facts))
        found.text = count_acted_on(facts.plan) == 0
                         ? "none of what is asked for can be given"
                         : found.text + "; not all that is asked for can be given";
    return found;
}

Finding check_groups(const Facts& facts) {
    if (asks_for_nothing(facts)) return kNothingAsked;
    if (!facts.plan.iommu.has_groups) return {State::kUnknown, "not without an IOMMU; see above"};
    if (facts.plan.neighbours.empty())
        return {State::kOk, "no other device shares a group with those asked for"};
    std::vector<Neighbour> others = facts.plan.neighbours;
    std::erase_if(others, [](const Neighbour& other) {
        return !other.driver.empty() && leaves_dma_alone(other.driver);
    });
    if (others.empty())
        return {State::kOk,
                "no other device that shares a group has a driver which keeps virtual machines "
                "from starting"};
    const bool is_bad = std::any_of(others.begin(), others.end(), [](const Neighbour& other) {
        return !leaves_dma_alone(other.driver);
    });
    Finding found{is_bad ? State::kFailed : State::kWarning,
                  is_bad ? "a device of the host shares a group, so no virtual machine can start"
                         : "a device without a driver shares a group; one that gets a driver keeps "
                           "virtual machines from starting"};
    for (const Neighbour& other : others) {
        std::string line = address_of(other.device);
        line.append(" (").append(class_name(other.device.ids.class_code)).append(")");
        if (!other.driver.empty()) {
            line += ", driver ";
            put_printable(line, other.driver);
        }
        line += ", is in IOMMU group " + std::to_string(other.iommu_group);
        found.details.push_back(line);
    }
    found.details.emplace_back(
        "pt.with=group takes them along; another slot may have a group of its own");
    Command command = {"ptctl", "plan"};
    for (const SourceWord& word : facts.read.words) command.emplace_back(word.text);
    command.emplace_back("pt.with=group");
    found.fixes = {shell_command(command)};  // what that would take
    return found;
}

Finding check_framebuffer(const Facts& facts) {
    if (asks_for_nothing(facts)) return kNothingAsked;
    Finding found{State::kOk, "none on a device that is asked for"};
    bool is_owner_known = true;
    for (const Facts::FramebufferOf& framebuffer : facts.framebuffers) {
        is_owner_known = is_owner_known && framebuffer.is_owner_known;
        const PlannedDevice* owner = owner_of(facts, framebuffer);
        if (owner == nullptr) continue;
        const std::string where = framebuffer.name + " is on " + address_of(owner->device);
        if (facts.read.wish.keep_framebuffer) return kept(facts, where);
        if (owner->decision == Decision::kAlready)
            return {State::kFailed,
                    where +
                        ", which vfio-pci holds: a virtual machine fails with "
                        "\"BAR 0: can't reserve\"",
                    {},
                    {"echo " + framebuffer.name + " | sudo tee /sys/bus/platform/devices/" +
                     framebuffer.name + "/driver/unbind"}};
        found = {State::kNote, where + "; it is released at boot, and the screen stays dark then"};
    }
    const auto is_taken_display = [](const PlannedDevice& planned) {
        return planned.is_boot_display && is_acted_on(planned);
    };
    if (found.state == State::kOk &&
        std::any_of(facts.plan.devices.begin(), facts.plan.devices.end(), is_taken_display))
        found = {State::kNote, "the boot display is asked for: the screen stays dark from then on"};
    if (found.state == State::kOk && !is_owner_known)
        return {State::kUnknown,
                facts.is_root ? "there is one, and its memory belongs to no known device"
                              : "only root sees in whose memory it is",
                {},
                facts.is_root ? std::vector<std::string>()
                              : std::vector<std::string>{"sudo ptctl doctor"}};
    return found;
}

Finding check_pending(const Facts& facts) {
    const LoaderFacts& loader = facts.loader;
    if (loader.name.empty())
        return {State::kUnknown,
                "no boot loader is known here; whether its words are those of "
                "the running command line cannot be told"};
    if (loader.error != 0)
        return {
            State::kUnknown,
            loader.name + ": " + loader.place + " cannot be read: " + std::strerror(loader.error),
            {},
            facts.is_root ? std::vector<std::string>()
                          : std::vector<std::string>{"sudo ptctl doctor"}};
    if (!facts.cmdline.is_read())
        return {State::kUnknown, "/proc/cmdline cannot be read to compare with"};
    const std::vector<std::string> running = own_words(facts.cmdline.text);
    const std::vector<std::string> configured = own_words(loader.words);
    if (std::vector<std::string> set; is_menu_outdated(facts, set)) {
        Finding found{State::kWarning,
                      loader.name + ": its settings have other words than " + loader.place +
                          ", which alone counts at boot and has to be made anew",
                      {"this boot: " + list_of(running),
                       "the next one, by " + loader.place + ": " + list_of(configured),
                       "by the settings below /etc/default: " + list_of(set)}};
        for (const Command& command : loader.commands) found.fixes.push_back(sudo(command));
        found.fixes.emplace_back(kReboot);
        return found;
    }
    if (running == configured)
        return {State::kOk, loader.name + ": " + loader.place + " has the words of this boot"};
    Finding found{State::kWarning, loader.name + ": this boot had other words than the next one"};
    found.details = {"this boot: " + list_of(running),
                     "the next one, by " + loader.place + ": " + list_of(configured)};
    // Where nothing is configured the words were typed in the boot menu, to stay or not.
    if (!configured.empty())
        found.fixes = {kReboot};
    else if (const std::string command = use_command(facts); !command.empty())
        found.fixes = {command};
    return found;
}

}  // namespace pt::ctl
