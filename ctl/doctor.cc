// SPDX-License-Identifier: LGPL-2.1-or-later
// ptctl doctor: every link of the chain from the firmware to the device on vfio-pci.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "ctl/commands.h"
#include "ctl/doctor/advice.h"
#include "ctl/doctor/check.h"
#include "ctl/doctor/gather.h"
#include "ctl/output.h"
#include "ctl/texts.h"

namespace pt::ctl {
namespace {

Tone tone_of(State state) {
    switch (state) {
        case State::kOk:
            return Tone::kGood;
        case State::kNote:
            return Tone::kPlain;
        case State::kWarning:
        case State::kUnknown:
            return Tone::kWarning;
        case State::kFailed:
            break;
    }
    return Tone::kBad;
}

// Columns of the state and of the title, each with the space behind it.
constexpr std::size_t kStateWidth = 9;
constexpr std::size_t kTitleWidth = 21;

std::string padded(std::string_view text, std::size_t width) {
    std::string result(text);
    if (result.size() < width) result.append(width - result.size(), ' ');
    return result;
}

// The last column: text broken at the width, behind a head that colours may make longer than it
// looks.
void print_column(const Context& context, std::string head, std::size_t indent,
                  std::string_view text) {
    constexpr std::size_t kLeastWidth = 20;
    const std::size_t width =
        std::max(kLeastWidth, context.width - std::min(indent, context.width));
    for (const std::string& line : wrapped(printable(text), width)) {
        print_line(head + line);
        head.assign(indent, ' ');
    }
}

void print_finding(const Context& context, const Check& check, const Finding& finding) {
    const std::string state = padded(name_of(finding.state), kStateWidth);
    print_column(context,
                 toned(context, tone_of(finding.state), state) + padded(check.title, kTitleWidth),
                 kStateWidth + kTitleWidth, finding.text);
    const std::string margin(kStateWidth, ' ');
    for (const std::string& detail : finding.details)
        print_column(context, margin + "- ", kStateWidth + 2, detail);
    // A command is not broken: it is there to be pasted.
    for (const std::string& fix : finding.fixes)
        print_line(margin + toned(context, Tone::kStrong, "$ " + printable(fix)));
}

std::string summary_of(std::span<const Finding> findings) {
    constexpr std::size_t kStates = 5;
    std::size_t counts[kStates] = {};
    for (const Finding& finding : findings) ++counts[static_cast<std::size_t>(finding.state)];
    std::string text = std::to_string(findings.size()) + " checks";
    for (std::size_t i = 0; i < kStates; ++i)
        text +=
            ", " + std::to_string(counts[i]) + " " + std::string(name_of(static_cast<State>(i)));
    return text;
}

nlohmann::ordered_json to_json(std::span<const Finding> findings) {
    nlohmann::ordered_json checks = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < findings.size(); ++i) {
        const Check& check = all_checks()[i];
        checks.push_back({{"name", check.name},
                          {"title", check.title},
                          {"essential", check.is_essential},
                          {"state", name_of(findings[i].state)},
                          {"text", findings[i].text},
                          {"details", findings[i].details},
                          {"fixes", findings[i].fixes}});
    }
    return {{"version", VERSION}, {"exit_code", exit_code_of(findings)}, {"checks", checks}};
}

// Commands to paste are for the machine that was looked at, and could harm this one.
void print_where_to_run(const Context& context, std::span<const Finding> findings) {
    const bool has_any = std::any_of(findings.begin(), findings.end(),
                                     [](const Finding& finding) { return !finding.fixes.empty(); });
    if (context.is_this_machine || !has_any) return;
    print_wrapped(
        context, "", 0,
        context.is_captured
            ? "The commands are for the machine that was captured: run them there."
            : "The commands, except those of ptctl, are for the system below the directory "
              "of --root: run them there, with chroot(8) or when it is booted.",
        Tone::kWarning);
}

}  // namespace

int doctor(const Context& context) {
    Facts facts;
    gather_facts(context, facts);
    std::vector<Finding> findings;
    for (const Check& check : all_checks()) findings.push_back(check.judge(facts));
    if (!context.is_this_machine && !context.is_captured)
        for (Finding& finding : findings)
            for (std::string& fix : finding.fixes) fix = for_root(std::move(fix), context.root);
    if (context.json) {
        print_json(to_json(findings));
        return exit_code_of(findings);
    }
    for (std::size_t i = 0; i < findings.size(); ++i)
        print_finding(context, all_checks()[i], findings[i]);
    print_where_to_run(context, findings);
    print_line(summary_of(findings));
    return exit_code_of(findings);
}

}  // namespace pt::ctl
