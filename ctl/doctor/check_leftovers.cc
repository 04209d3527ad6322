// SPDX-License-Identifier: LGPL-2.1-or-later
// What older ways to hand a card over have left behind.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/report.h"
#include "core/text.h"
#include "ctl/doctor/advice.h"
#include "ctl/doctor/check.h"
#include "ctl/shell.h"
#include "ctl/texts.h"

namespace pt::ctl {
namespace {

const PlannedDevice* find_planned(const Facts& facts, std::string_view device) {
    const std::optional<PciAddress> address = parse_address(device);
    if (!address) return nullptr;
    for (const PlannedDevice& planned : facts.plan.devices)
        if (planned.device.address == *address) return &planned;
    return nullptr;
}

struct Judgement {
    State state = State::kNote;
    std::string_view what;
};

Judgement judge_override(const Facts& facts, const Leftover& leftover) {
    const PlannedDevice* planned = find_planned(facts, leftover.device);
    if (planned == nullptr)
        return {State::kNote, "is what driverctl binds a device to that is not asked for"};
    if (planned->decision == Decision::kKept)
        return {State::kNote, "is what driverctl binds a device to that is left to the host"};
    if (leftover.driver != facts.plan.driver)
        return {State::kFailed, "is what driverctl binds a device to that is asked for"};
    if (planned->decision == Decision::kRefused)
        return {State::kNote, "is what driverctl binds the device to, which pt-hook refuses"};
    return {State::kNote,
            "is what driverctl binds the device to later in the boot; it is not needed"};
}

Judgement judge(const Facts& facts, const Leftover& leftover) {
    using Kind = Leftover::Kind;
    switch (leftover.kind) {
        case Kind::kIds:
            return {State::kWarning, "takes every device with these ids, twins that stay included"};
        case Kind::kBlacklist:
            return {State::kNote, "is not needed, and a card of the host may lack its driver"};
        case Kind::kBlockedVfio:
            return {State::kWarning, "keeps others from loading vfio-pci, such as libvirt"};
        case Kind::kSoftdep:
            return {State::kNote, "is not needed"};
        case Kind::kInstall:
            return {State::kWarning, "runs a command where a module should be loaded"};
        case Kind::kEarlyLoad:
            return {State::kNote, "is not needed: pt-hook loads vfio-pci"};
        case Kind::kOverride:
            return judge_override(facts, leftover);
        case Kind::kScript:
            break;
    }
    return {State::kWarning, "binds devices by itself at boot"};
}

// A module's name, or the word before it, for an extended regular expression.
std::string either_dash(std::string_view name) {
    std::string pattern;
    for (const char c : name)
        pattern += c == '_' || c == '-' ? std::string("[_-]") : std::string(1, c);
    return pattern;
}

// Whether the command to remove it is printed: for what fights with us, and for what names vfio-pci
// alone. What does no harm otherwise may be there for another reason.
bool is_to_remove(const Leftover& leftover, State state) {
    return state != State::kNote || leftover.kind == Leftover::Kind::kSoftdep;
}

std::string remove_command(const Leftover& leftover) {
    using Kind = Leftover::Kind;
    if (leftover.place == kCommandLinePlace) return {};
    if (leftover.kind == Kind::kOverride)
        return "sudo driverctl unset-override " + shell_quoted(leftover.device);
    if (leftover.kind == Kind::kScript) return "sudo rm " + shell_quoted(leftover.place);
    // The words that begin the line; libkmod has made the dashes of a module's name underscores.
    std::string_view rest = leftover.text;
    std::string pattern = "^[[:blank:]]*" + either_dash(cut(rest, ' '));
    const bool is_modprobe = leftover.place.find("modprobe.d/") != std::string::npos;
    if (is_modprobe) pattern += "[[:blank:]]+" + either_dash(cut(rest, ' '));
    // Other options of the same module stay, and what else it depends on.
    pattern += leftover.kind == Kind::kIds       ? "[[:blank:]](.*[[:blank:]])?ids="
               : leftover.kind == Kind::kSoftdep ? "[[:blank:]].*[[:blank:]]vfio"
                                                 : "([[:blank:]]|$)";
    return comment_out_command(leftover.place, pattern);
}

// What keeps a file from being searched, as the end of a sentence.
std::string obstacle(int error) {
    if (error == EINVAL) return "is no regular file, so it was not opened";
    if (error == EFBIG) return "is too large to be such a file";
    return std::string("cannot be read: ") + std::strerror(error);
}

// Adds what could not be searched. It weighs more than what does no harm, and less than what does.
void add_unread(const Facts& facts, Finding& found) {
    std::vector<std::pair<std::string, int>> unread = facts.unread_leftovers;
    if (!facts.cmdline.is_read()) unread.emplace_back("/proc/cmdline", facts.cmdline.error);
    if (unread.empty()) return;
    for (const auto& [path, error] : unread)
        found.details.push_back(printable(path) + " " + obstacle(error));
    if (found.state > State::kNote) return;
    found.state = State::kUnknown;
    found.text = "not everything could be searched for them";
    const bool is_for_root = std::any_of(unread.begin(), unread.end(), [](const auto& file) {
        return file.second == EACCES || file.second == EPERM;
    });
    if (is_for_root && !facts.is_root) found.fixes = {"sudo ptctl doctor"};
}

}  // namespace

Finding check_leftovers(const Facts& facts) {
    Finding found{State::kOk, "none"};
    std::vector<const ImageFacts*> images;
    bool is_in_images = false;
    for (const Leftover& leftover : facts.leftovers) {
        const auto [state, what] = judge(facts, leftover);
        found.state = std::max(found.state, state);
        std::string line = leftover.place + ": ";
        put_quoted(line, leftover.text);
        line.append(" ").append(what);
        found.details.push_back(line);
        if (!is_to_remove(leftover, state)) continue;
        if (leftover.place == kCommandLinePlace) remove_word(facts, leftover.text, found);
        const std::string command = remove_command(leftover);
        // One command may do for several lines of a file.
        if (std::find(found.fixes.begin(), found.fixes.end(), command) == found.fixes.end() &&
            !command.empty())
            found.fixes.push_back(command);
        is_in_images =
            is_in_images || (!command.empty() && leftover.kind != Leftover::Kind::kOverride);
    }
    if (found.details.empty() && facts.is_captured)
        return {State::kUnknown, "a captured machine comes without the files to look for them in"};
    if (found.details.empty()) {
        add_unread(facts, found);
        return found;
    }
    found.text = found.state == State::kNote      ? "something that does no harm is left of one"
                 : found.state == State::kWarning ? "something is left that can get in the way"
                                                  : "something is left that gets in the way";
    if (is_in_images) {
        for (const ImageFacts& image : facts.images) images.push_back(&image);
        for (std::string& command : rebuild_commands(facts, images))
            found.fixes.push_back(std::move(command));
    }
    // Last, for what comes after it would not be done.
    if (std::erase(found.fixes, kReboot) != 0) found.fixes.emplace_back(kReboot);
    add_unread(facts, found);
    return found;
}

}  // namespace pt::ctl
