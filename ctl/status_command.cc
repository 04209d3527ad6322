// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <ctime>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "ctl/absence.h"
#include "ctl/commands.h"
#include "ctl/next_boot.h"
#include "ctl/output.h"
#include "ctl/rebuild.h"
#include "ctl/status.h"
#include "ctl/texts.h"

namespace pt::ctl {
namespace {

using Json = nlohmann::ordered_json;

// For people, by their clock: "2026-01-02 03:04".
std::string local_time(std::int64_t seconds) {
    const std::time_t time = seconds;
    std::tm parts{};
    char text[32];
    if (localtime_r(&time, &parts) == nullptr) return "unknown";
    return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts));
}

// For programs (RFC 3339): "2026-01-02T03:04:05Z".
std::string utc_time(std::int64_t seconds) {
    const std::time_t time = seconds;
    std::tm parts{};
    char text[32];
    if (gmtime_r(&time, &parts) == nullptr) return {};
    return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts));
}

std::string state_text(const DeviceVerdict& device, bool needs_vfio) {
    switch (device.holding) {
        case Holding::kHeld:
            return device.is_usable ? "usable" : needs_vfio ? "not usable" : "held";
        case Holding::kTakenAway:
            return "taken away since boot";
        case Holding::kNotBound:
            return "could not be bound";
        case Holding::kRefused:
            return "refused";
        case Holding::kNotTried:
            return "not taken";
        case Holding::kGone:
            return "gone";
        case Holding::kKept:
            break;
    }
    return "left to the host";
}

std::string since_text(const Status& status, const DeviceVerdict& device) {
    if (!device.is_held()) return "-";
    return device.since_boot ? local_time(status.written) : "not by pt-hook";
}

std::string summary(const Status& status) {
    const std::string words = "pt. words ask for devices";
    switch (status.state) {
        case BootState::kNotAsked:
            if (status.is_asked_since)
                return "No pt. word asked for a device in this boot; those that do now count from "
                       "the next one on.";
            return "No pt. word asks for a device, neither on the command line nor in "
                   "/etc/pt-hook.conf.";
        case BootState::kSwitchedOff:
            return "pt-hook was switched off by pt.off in this boot, although " + words + ".";
        case BootState::kDidNotRun:
            return "pt-hook did not run in this boot, although " + words + ": " + status.problem +
                   ".";
        case BootState::kUnknown:
            return "It cannot be told: " + status.problem + ".";
        case BootState::kRan:
            break;
    }
    return std::to_string(status.count_held()) + " of " + std::to_string(status.count_asked()) +
           " devices asked for are held by " + printable(status.driver) + ", " +
           std::to_string(status.count_usable()) + " usable by a virtual machine.";
}

Tone tone_of(const DeviceVerdict& device, bool needs_vfio) {
    if (!device.is_asked_for()) return Tone::kFaint;
    const bool is_good = needs_vfio ? device.is_usable : device.is_held();
    return is_good ? Tone::kGood : Tone::kBad;
}

// Each reason once, with the devices that it is told for.
std::vector<std::pair<std::string, std::string>> reasons_of(const Status& status) {
    std::vector<std::pair<std::string, std::string>> reasons;
    for (const DeviceVerdict& device : status.devices)
        for (const std::string& reason : device.reasons) {
            const auto known = std::find_if(reasons.begin(), reasons.end(),
                                            [&](const auto& r) { return r.first == reason; });
            if (known == reasons.end())
                reasons.emplace_back(reason, full_address(device.address));
            else
                known->second += ", " + full_address(device.address);
        }
    return reasons;
}

void print_devices(const Context& context, const Status& status) {
    const bool needs_vfio = status.driver.find("vfio") != std::string::npos;
    print_line("");
    Table table({"ADDRESS", "IDS", "DRIVER", "SINCE", "STATE"});
    for (const DeviceVerdict& device : status.devices)
        table.add({full_address(device.address), device.ids.empty() ? "-" : device.ids,
                   device.driver.empty() ? "-" : printable(device.driver),
                   since_text(status, device), state_text(device, needs_vfio)},
                  tone_of(device, needs_vfio));
    table.print(context);
    const std::vector<std::pair<std::string, std::string>> reasons = reasons_of(status);
    if (!reasons.empty()) print_line("");
    for (const auto& [reason, addresses] : reasons)
        print_wrapped(context, addresses + ": ", 2, reason);
}

void print_text(const Context& context, const Status& status) {
    const int code = status.exit_code();
    const Tone tone = code == kExitGood  ? Tone::kGood
                      : code == kExitBad ? Tone::kBad
                                         : Tone::kWarning;
    print_wrapped(context, "", 0, summary(status), tone);
    if (!status.devices.empty()) print_devices(context, status);
    if (!status.complaints.empty() || !status.notes.empty()) print_line("");
    for (const std::string& complaint : status.complaints)
        print_wrapped(context, "not followed: ", 2, printable(complaint), Tone::kBad);
    for (const std::string& note : status.notes)
        print_wrapped(context, "note: ", 2, note, Tone::kWarning);
}

Json to_json(const Status& status, const DeviceVerdict& device) {
    Json json;
    json["address"] = full_address(device.address);
    json["ids"] = device.ids.empty() ? Json() : Json(device.ids);
    json["selected_by"] = device.selected_by;
    json["state"] = name_of(device.holding);
    json["driver"] = device.driver.empty() ? Json() : Json(device.driver);
    json["since"] = device.since_boot ? Json(utc_time(status.written)) : Json();
    json["usable"] = device.is_usable;
    json["reasons"] = device.reasons;
    return json;
}

Json to_json(const Status& status) {
    Json json;
    json["version"] = VERSION;
    json["exit_code"] = status.exit_code();
    json["state"] = name_of(status.state);
    json["cause"] = status.cause == Cause::kNone ? Json() : Json(name_of(status.cause));
    json["problem"] = status.problem.empty() ? Json() : Json(status.problem);
    json["report"] = nullptr;
    if (!status.report_version.empty())
        json["report"] = {{"version", status.report_version},
                          {"written", utc_time(status.written)}};
    json["driver"] = status.driver;
    json["devices"] = Json::array();
    for (const DeviceVerdict& device : status.devices)
        json["devices"].push_back(to_json(status, device));
    json["complaints"] = status.complaints;
    json["notes"] = status.notes;
    json["totals"] = {{"asked", status.count_asked()},
                      {"held", status.count_held()},
                      {"usable", status.count_usable()}};
    return json;
}

void note_next_boot(const Context& context, Status& status) {
    const int root = context.root_dir.get();
    // The running command line is that of another system then.
    if (status.state == BootState::kUnknown || is_another_running(root)) return;
    std::string note = note_of_next_boot(read_texts(context).cmdline, find_loader(root));
    if (!note.empty()) status.notes.push_back(std::move(note));
}

}  // namespace

int status(const Context& context, bool as_metrics) {
    Status status = read_status(context);
    if (status.state == BootState::kDidNotRun) {
        Absence absence = explain_absence(context);
        status.cause = absence.cause;
        status.problem = std::move(absence.text);
    }
    note_next_boot(context, status);
    if (as_metrics)
        std::cout << to_metrics(status);
    else if (context.json)
        print_json(to_json(status));
    else if (status.state == BootState::kUnknown)
        print_error("cannot tell: " + status.problem);
    else
        print_text(context, status);
    return status.exit_code();
}

}  // namespace pt::ctl
