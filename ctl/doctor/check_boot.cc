// SPDX-License-Identifier: LGPL-2.1-or-later
// What this boot has done, and what has changed since.
#include <algorithm>
#include <utility>

#include "ctl/absence.h"
#include "ctl/doctor/advice.h"
#include "ctl/doctor/check.h"

namespace pt::ctl {
namespace {

bool is_conf_newer(const Facts& facts) {
    return facts.boot.began != 0 && facts.boot.conf_modified > facts.boot.began;
}

// Whether what asks for devices stands in the conf file alone, of which the boot knew only what its
// image had.
bool is_from_conf_alone(const Facts& facts) {
    return facts.cmdline.is_read() && read_words(facts.cmdline.text).wish.selectors.empty();
}

// Adds from when on the words of the conf file count, and what is to be done for it: at boot the
// copy in the image is read.
void add_when_conf_counts(const Facts& facts, Finding& found) {
    const ConfCopies copies = compare_conf(facts);
    if (copies.is_next_outdated) {
        found.text += ": these words count once the image is built anew";
        for (std::string& command : rebuild_commands(facts, copies.outdated))
            found.fixes.push_back(std::move(command));
    } else if (copies.seen == 0) {
        found.text += ": these words count from the next boot if its image has them";
        found.fixes.push_back(rebuild_command(facts, {}));
    } else {
        found.text += ": these words count from the next boot";
    }
    std::erase(found.fixes, "");  // of what nobody here knows
    if (!copies.is_next_outdated || !found.fixes.empty()) found.fixes.emplace_back(kReboot);
}

// What pt-hook did, where the conf file says something else by now.
Finding with_new_words(const Facts& facts, Finding found) {
    const std::vector<std::string> fixes = std::exchange(found.fixes, {});
    found.state = std::max(found.state, State::kWarning);
    found.text += "; /etc/pt-hook.conf has other words than this boot had";
    add_when_conf_counts(facts, found);
    found.fixes.insert(found.fixes.end(), fixes.begin(), fixes.end());
    return found;
}

Finding nothing_asked(const Facts& facts) {
    if (facts.words_are_pending)
        return {State::kNote,
                "the words are not of this boot; they count from the next on",
                {},
                {kReboot}};
    if (facts.boot.has_other_words)
        return with_new_words(facts, {State::kOk, "pt-hook ran, and nothing was asked for"});
    if (facts.boot.has_report) return {State::kOk, "pt-hook ran, and nothing was asked for"};
    return {State::kNote,
            facts.is_this_machine ? "nothing was asked for" : "the tree has no report of a boot"};
}

std::vector<std::string> rebuild_of(const Facts& facts, const std::vector<std::size_t>& images) {
    std::vector<const ImageFacts*> chosen;
    for (const std::size_t image : images) chosen.push_back(&facts.images[image]);
    return rebuild_commands(facts, chosen);
}

// What is to be done about a boot in which pt-hook did not run.
void mend(const Facts& facts, const Absence& absence, Finding& found) {
    switch (absence.cause) {
        case Cause::kSwitchedOff:
            remove_word(facts, absence.mask, found);
            break;
        case Cause::kNotInstalled:
            found.fixes.push_back(install_command(facts));
            break;
        case Cause::kNotInImage:
        case Cause::kNotStarted:
        case Cause::kConfNotInImage:
            found.fixes = rebuild_of(facts, absence.to_rebuild);
            break;
        case Cause::kOtherImage:
            found.fixes = rebuild_of(facts, absence.to_rebuild);
            if (found.fixes.empty()) found.fixes = {"sudo dmesg | grep pt-hook"};
            return;
        case Cause::kUnknown:
            if (absence.needs_root) found.fixes = {"sudo ptctl doctor"};
            return;
        case Cause::kImageRebuilt:
        case Cause::kNone:
            break;
    }
    std::erase(found.fixes, "");  // of those that nobody here knows
    // It mends nothing by itself, but for an image that is right by now.
    const bool is_mended = !found.fixes.empty() || absence.cause == Cause::kImageRebuilt;
    std::erase(found.fixes, kReboot);
    if (is_mended) found.fixes.emplace_back(kReboot);
}

// Whether what asks for devices is newer than this boot, which could not follow it.
bool is_not_to_blame(const Facts& facts, Cause cause) {
    if (!is_from_conf_alone(facts)) return false;
    const bool may_be = cause == Cause::kConfNotInImage || cause == Cause::kUnknown;
    return cause == Cause::kImageRebuilt || (may_be && is_conf_newer(facts));
}

Finding did_not_run(const Facts& facts) {
    const Absence absence = judge_absence(facts);
    if (is_not_to_blame(facts, absence.cause)) {
        Finding found{State::kWarning,
                      std::string("/etc/pt-hook.conf") +
                          (is_conf_newer(facts) ? " was changed" : " got into the image") +
                          " after this boot began"};
        add_when_conf_counts(facts, found);
        if (absence.needs_root) found.fixes = {"sudo ptctl doctor"};
        return found;
    }
    Finding found{State::kFailed, "pt-hook did not run: " + absence.text};
    mend(facts, absence, found);
    return found;
}

// Each reason for which a device that was asked for is not held or not usable, with the device.
std::vector<std::string> reasons_of(const Status& status) {
    std::vector<std::string> reasons;
    const bool needs_vfio = status.driver.find("vfio") != std::string::npos;
    for (const DeviceVerdict& device : status.devices) {
        const bool is_good = needs_vfio ? device.is_usable : device.is_held();
        if (!device.is_asked_for() || is_good) continue;
        for (const std::string& reason : device.reasons)
            reasons.push_back(full_address(device.address) + ": " + reason);
    }
    for (const std::string& complaint : status.complaints)
        reasons.push_back("not followed: " + complaint);
    return reasons;
}

// The worst that became of a device, in the order in which it happens.
std::string what_went_wrong(const Status& status) {
    const auto count = [&](Holding holding) {
        return std::count_if(status.devices.begin(), status.devices.end(),
                             [=](const DeviceVerdict& d) { return d.holding == holding; });
    };
    const auto lost = count(Holding::kTakenAway) + count(Holding::kGone);
    if (status.count_held() + static_cast<std::size_t>(lost) < status.count_asked() ||
        !status.complaints.empty())
        return "pt-hook ran, and not all that was asked for was done";
    if (lost != 0)
        return "pt-hook ran, and since then " + std::to_string(lost) + " device" +
               (lost == 1 ? "" : "s") + " went to another driver or away";
    return "pt-hook ran, and no virtual machine can use all that it holds";
}

Finding ran(const Facts& facts) {
    const Status& status = facts.boot.status;
    Finding found{State::kOk, "pt-hook ran and did all that was asked for"};
    if (status.exit_code() != 0)
        found = {State::kFailed, what_went_wrong(status), reasons_of(status), {"ptctl status"}};
    if (!facts.boot.has_other_words) return found;
    return with_new_words(facts, std::move(found));
}

}  // namespace

Finding check_boot(const Facts& facts) {
    const Status& status = facts.boot.status;
    switch (status.state) {
        case BootState::kNotAsked:
            return nothing_asked(facts);
        case BootState::kSwitchedOff:
            return {State::kNote, "pt-hook was switched off by pt.off"};
        case BootState::kDidNotRun:
            return did_not_run(facts);
        case BootState::kRan:
            return ran(facts);
        case BootState::kUnknown:
            break;
    }
    return {
        State::kUnknown,
        status.problem,
        {},
        facts.is_root ? std::vector<std::string>() : std::vector<std::string>{"sudo ptctl doctor"}};
}

}  // namespace pt::ctl
