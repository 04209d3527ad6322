// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/outcome.h"
#include "core/plan.h"
#include "core/wish.h"

namespace pt {

// Levels of the kernel log (include/linux/kern_levels.h).
enum class Level : std::uint8_t { kError = 3, kWarning = 4, kInfo = 6, kDebug = 7 };

struct Line {
    Level level = Level::kInfo;
    std::string text;  // one line, printable, without the program's name and without a newline

    bool operator==(const Line&) const = default;
};

// All that a run knows, to be told as text or as JSON.
struct Report {
    std::string_view version;
    std::string_view conf;        // the text of the conf file
    std::int32_t conf_error = 0;  // errno for which there is none, although the file is there
    const Wish* wish = nullptr;
    const std::vector<SourceWord>* words = nullptr;
    const std::vector<Complaint>* complaints = nullptr;
    const Plan* plan = nullptr;
    const Outcome* outcome = nullptr;  // none for a dry run
    std::uint64_t elapsed_us = 0;
};

// The plan: a line for each complaint, then one for each device, then what to be warned of. Boot
// and dry run both print it.
[[nodiscard]] std::vector<Line> describe_plan(const Report& report);

// What came of it: a line for each device and each module that failed, then the summary.
[[nodiscard]] std::vector<Line> describe_outcome(const Report& report);

// A step that has been carried out, with its time: what pt.debug adds. `driver` is the name of the
// one that the step's device is to get.
[[nodiscard]] std::string describe_step(const Plan& plan, const Step& step, std::string_view driver,
                                        const StepResult& result);

// The same facts as one JSON object and a newline. Its schema is docs/report.schema.json.
[[nodiscard]] std::string to_json(const Report& report);

// Whether all that was asked is done or, without an outcome, would be.
[[nodiscard]] bool is_fulfilled(const Report& report);

// Where the words of the conf file come from, as messages and the report name it.
inline constexpr std::string_view kConfPath = "/etc/pt-hook.conf";

// Names for JSON and for messages.
[[nodiscard]] std::string_view name_of(Decision decision);
[[nodiscard]] std::string_view name_of(Step::Kind kind);
[[nodiscard]] std::string_view name_of(StepResult::State state);
[[nodiscard]] std::string_view explain(Fault fault);
void put_error(std::string& out, std::int32_t error);
// What became of a step.
void put_result(std::string& out, const StepResult& result);
// What a kept or refused device is told; appends nothing for Reason::kNone.
void put_reason(std::string& out, const Report& report, const PlannedDevice& planned);

}  // namespace pt
