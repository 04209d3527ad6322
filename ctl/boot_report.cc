// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/boot_report.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/text.h"
#include "ctl/texts.h"
#include "sys/file.h"

namespace pt::ctl {
namespace {

using nlohmann::json;

constexpr char kReportPath[] = "run/pt-hook/report.json";

// A report has about 600 bytes for each device and each of its steps.
constexpr std::size_t kReportMax = 16 << 20;

std::string text_or_empty(const json& value) {
    return value.is_null() ? std::string() : value.get<std::string>();
}

// A list that has to be there: iterating over what is none would find nothing in it.
const json& list_of(const json& value, const char* member) {
    const json& list = value.at(member);
    if (!list.is_array())
        throw std::runtime_error("it is no report of pt-hook: " + std::string(member) +
                                 " must be an array, but is " + list.type_name());
    return list;
}

PciAddress address_of(const json& value) {
    const std::string text = value.get<std::string>();
    const std::optional<PciAddress> address = parse_address(text);
    if (!address) throw std::runtime_error("no address: " + printable(text));
    return *address;
}

ReportedDevice device_of(const json& value) {
    ReportedDevice device;
    device.address = address_of(value.at("address"));
    device.ids = text_or_empty(value.at("ids"));
    device.class_code = text_or_empty(value.at("class"));
    device.selected_by = value.at("selected_by").get<std::string>();
    if (!value.at("companion_of").is_null())
        device.companion_of = address_of(value.at("companion_of"));
    device.decision = value.at("decision").get<std::string>();
    device.reason = text_or_empty(value.at("reason"));
    device.driver_after = text_or_empty(value.at("driver_after"));
    device.result = text_or_empty(value.at("result"));
    return device;
}

std::string complaint_of(const json& value) {
    return value.at("parameter").get<std::string>() + ": '" + value.at("item").get<std::string>() +
           "' " + value.at("reason").get<std::string>();
}

// What went wrong in a step, empty for nothing. What was skipped is told with what it waited for.
std::string failure_of(const json& value) {
    const std::string state = value.at("state").get<std::string>();
    if (state == "done" || state == "not_needed" || state == "skipped") return {};
    std::string text = text_or_empty(value.at("address"));
    if (!text.empty()) text += ": ";
    text += value.at("step").get<std::string>() + " " + state;
    const std::string error = text_or_empty(value.at("error"));
    return error.empty() ? text : text + ": " + error;
}

std::string major_of(std::string_view version) {
    return std::string(version.substr(0, version.find('.')));
}

BootReport report_of(const json& value) {
    BootReport report;
    report.version = value.at("version").get<std::string>();
    if (major_of(report.version) != major_of(VERSION))
        throw std::runtime_error("it was written by pt-hook " + printable(report.version) +
                                 ", which ptctl " VERSION " does not know");
    report.driver = value.at("driver").get<std::string>();
    report.off = value.at("off").get<bool>();
    report.fulfilled = value.at("fulfilled").get<bool>();
    for (const json& word : list_of(value, "words"))
        report.words.push_back(word.at("text").get<std::string>());
    for (const json& device : list_of(value, "devices"))
        report.devices.push_back(device_of(device));
    for (const json& complaint : list_of(value, "complaints"))
        report.complaints.push_back(complaint_of(complaint));
    if (value.contains("steps"))
        for (const json& step : list_of(value, "steps"))
            if (std::string failure = failure_of(step); !failure.empty())
                report.failures.push_back(std::move(failure));
    return report;
}

}  // namespace

std::optional<BootReport> parse_boot_report(std::string_view text, std::string& problem) {
    try {
        return report_of(json::parse(text));
    } catch (const json::parse_error&) {
        problem = text.empty() ? "it is empty" : "it is no JSON, or was cut off";
    } catch (const json::exception& error) {
        // "[json.exception.out_of_range.403] key 'off' not found"
        const std::string_view what = error.what();
        problem = "it is no report of pt-hook: " + printable(what.substr(what.find(' ') + 1));
    } catch (const std::runtime_error& error) {
        problem = error.what();
    }
    return std::nullopt;
}

FoundReport read_boot_report(const Context& context) {
    FoundReport found;
    std::string text;
    const int error = read_file(context.root_dir.get(), kReportPath, kReportMax, text);
    if (error == ENOENT) return found;
    found.is_there = true;
    if (error != 0) {
        found.problem = std::strerror(error);
        return found;
    }
    struct stat status {};
    if (fstatat(context.root_dir.get(), kReportPath, &status, 0) == 0)
        found.written = status.st_mtim.tv_sec;
    found.report = parse_boot_report(text, found.problem);
    return found;
}

}  // namespace pt::ctl
