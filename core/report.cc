// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/report.h"

#include <cerrno>
#include <cstring>

#include "core/text.h"

namespace pt {
namespace {

// More than any name that is ours.
constexpr std::size_t kParameterMax = 80;

void put_error(std::string& out, std::int32_t error) {
    put(out, std::strerror(error));
}

// What to switch on so that a device gets an IOMMU group, from what can be seen.
void put_iommu_advice(std::string& out, const Report& report) {
    const IommuFacts& iommu = report.plan->iommu;
    if (!report.wish->iommu_off.empty()) {
        put(out, "take ");
        put_quoted(out, report.wish->iommu_off);
        put(out, " off the kernel command line");
    } else if (iommu.has_groups) {
        put(out, "the IOMMU is on but does not cover this device");
    } else if (iommu.has_dmar) {
        put(out, "VT-d is there but off: add intel_iommu=on to the kernel command line");
    } else if (iommu.has_ivrs) {
        put(out, "AMD-Vi is there but off: see the kernel log for AMD-Vi messages");
    } else {
        put(out, "switch on VT-d (Intel) or AMD-Vi, also called IOMMU, in the firmware setup");
    }
}

Line complaint_line(const Complaint& complaint) {
    Line line{Level::kWarning, {}};
    // A name that is none of ours has any length, and the kernel log refuses long lines.
    put_printable(line.text, complaint.parameter.substr(0, kParameterMax));
    put(line.text, ": ");
    put_quoted(line.text, complaint.item);
    put(line.text, " at column ");
    put_decimal(line.text, complaint.position + 1);
    put(line.text, " ");
    put(line.text, explain(complaint.fault));
    put(line.text, ", ignored");
    return line;
}

void put_intent(std::string& out, const Report& report, const PlannedDevice& planned) {
    switch (planned.decision) {
        case Decision::kBind:
            if (!planned.state.driver.empty()) {
                put(out, "take from ");
                put_printable(out, planned.state.driver);
                put(out, ", ");
            }
            put(out, "bind to ");
            put(out, report.plan->driver);
            break;
        case Decision::kAlready:
            put(out, "already bound to ");
            put(out, report.plan->driver);
            break;
        case Decision::kKept:
            put(out, "left to the host: ");
            break;
        case Decision::kRefused:
            put(out, "refused: ");
            break;
    }
    put_reason(out, report, planned);
}

Line device_line(const Report& report, const PlannedDevice& planned) {
    Line line;
    if (planned.decision == Decision::kRefused) line.level = Level::kError;
    put_address(line.text, planned.device.address);
    if (planned.device.error == 0) {
        line.text.push_back(' ');
        put_hex(line.text, planned.device.ids.vendor, 4);
        line.text.push_back(':');
        put_hex(line.text, planned.device.ids.device, 4);
        put(line.text, " (");
        put(line.text, class_name(planned.device.ids.class_code));
        line.text.push_back(')');
    }
    put(line.text, ": ");
    put_intent(line.text, report, planned);
    if (is_acted_on(planned) && planned.state.iommu_group >= 0) {
        put(line.text, ", IOMMU group ");
        put_decimal(line.text, static_cast<std::uint64_t>(planned.state.iommu_group));
    }
    const Selector& selector = report.wish->selectors[planned.selector];
    put(line.text, ", asked for by ");
    put_printable(line.text, selector.parameter);
    line.text.push_back('=');
    put_printable(line.text, selector.item);
    return line;
}

Line unreadable_line(const PciDevice& device) {
    Line line{Level::kWarning, {}};
    put_address(line.text, device.address);
    put(line.text, ": its ids cannot be read (");
    put_error(line.text, device.error);
    put(line.text, "), so no id can choose it, left alone");
    return line;
}

void put_step_name(std::string& out, const Plan& plan, const Step& step) {
    switch (step.kind) {
        case Step::Kind::kOverride:
            put(out, "setting driver_override");
            break;
        case Step::Kind::kUnbind:
            put(out, "unbinding");
            if (!plan.devices[step.device].state.driver.empty()) {
                put(out, " from ");
                put_printable(out, plan.devices[step.device].state.driver);
            }
            break;
        case Step::Kind::kLoadDriver:
            put(out, "loading ");
            put(out, plan.driver);
            break;
        case Step::Kind::kLoadBackend:
            put(out, "loading vfio_iommu_type1");
            break;
        case Step::Kind::kBind:
            put(out, "binding to ");
            put(out, plan.driver);
            break;
    }
}

void put_result(std::string& out, const StepResult& result) {
    switch (result.state) {
        case StepResult::State::kNotReached:
            put(out, "not reached before the deadline");
            break;
        case StepResult::State::kDone:
            put(out, "done");
            break;
        case StepResult::State::kNotNeeded:
            put(out, "not needed");
            break;
        case StepResult::State::kSkipped:
            put(out, "skipped after an earlier failure");
            break;
        case StepResult::State::kFailed:
            put_error(out, result.error);
            break;
        case StepResult::State::kHung:
            put(out, "did not return in time, abandoned");
            break;
        case StepResult::State::kCrashed:
            put(out, "crashed");
            break;
    }
}

// A failure of loading, in words that say what to look at.
void put_load_advice(std::string& out, const StepResult& result) {
    switch (result.error) {
        case ENOENT:
            put(out, " (no such module in this initramfs, nor built in)");
            break;
        case EPERM:
        case EKEYREJECTED:
            put(out, " (lockdown or Secure Boot: the module's signature is not trusted)");
            break;
        case ENOTSUP:
            put(out, " (below another root no module is loaded)");
            break;
        default:
            break;
    }
}

void put_failed_step(std::string& out, const Report& report, std::int32_t index) {
    if (index < 0) {
        put(out, "no step failed, but the bus shows another driver");
        return;
    }
    const Step& step = report.outcome->steps[static_cast<std::size_t>(index)];
    const StepResult& result = report.outcome->results[static_cast<std::size_t>(index)];
    put_step_name(out, *report.plan, step);
    put(out, ": ");
    put_result(out, result);
    if (step.kind == Step::Kind::kLoadDriver) put_load_advice(out, result);
}

Line failure_line(const Report& report, std::size_t index) {
    const PciAddress address = report.plan->devices[index].device.address;
    const DeviceOutcome& device = report.outcome->devices[index];
    Line line{Level::kError, {}};
    put_address(line.text, address);
    put(line.text, ": not bound to ");
    put(line.text, report.plan->driver);
    put(line.text, ": ");
    put_failed_step(line.text, report, device.failed_step);
    if (!device.driver_after.empty()) {
        put(line.text, "; still held by ");
        put_printable(line.text, device.driver_after);
        return line;
    }
    put(line.text, "; no driver holds it now. To give it back to the host: cd /sys/bus/pci; ");
    put(line.text, "echo > devices/");
    put_address(line.text, address);
    put(line.text, "/driver_override; echo ");
    put_address(line.text, address);
    put(line.text, " > drivers_probe");
    return line;
}

// A missing backend fails no bind, but any use of the devices afterwards.
void describe_backend(const Report& report, std::vector<Line>& lines) {
    for (std::size_t i = 0; i < report.outcome->steps.size(); ++i) {
        const StepResult& result = report.outcome->results[i];
        if (report.outcome->steps[i].kind != Step::Kind::kLoadBackend || !result.went_wrong())
            continue;
        Line line{Level::kError, {}};
        put(line.text, "loading vfio_iommu_type1: ");
        put_result(line.text, result);
        put_load_advice(line.text, result);
        put(line.text, "; virtual machines cannot use the devices until it is loaded");
        lines.push_back(line);
    }
}

bool backend_failed(const Outcome& outcome) {
    for (std::size_t i = 0; i < outcome.steps.size(); ++i)
        if (outcome.steps[i].kind == Step::Kind::kLoadBackend && outcome.results[i].went_wrong())
            return true;
    return false;
}

Line summary_line(const Report& report) {
    const Plan& plan = *report.plan;
    const std::size_t acted = plan.count(Decision::kBind) + plan.count(Decision::kAlready);
    Line line{is_fulfilled(report) ? Level::kInfo : Level::kError, {}};
    put_decimal(line.text, report.outcome->count_bound(plan));
    put(line.text, " of ");
    put_decimal(line.text, acted + plan.count(Decision::kRefused));
    put(line.text, " devices on ");
    put(line.text, plan.driver);
    put(line.text, ", ");
    put_decimal(line.text, report.outcome->count_failed(plan));
    put(line.text, " failed, ");
    put_decimal(line.text, plan.count(Decision::kRefused));
    put(line.text, " refused, ");
    put_decimal(line.text, plan.count(Decision::kKept));
    put(line.text, " left to the host, ");
    put_decimal(line.text, report.complaints->size());
    put(line.text, " complaints, ");
    put_decimal(line.text, report.elapsed_us);
    put(line.text, " us");
    return line;
}

}  // namespace

std::string_view name_of(Decision decision) {
    switch (decision) {
        case Decision::kBind:
            return "bind";
        case Decision::kAlready:
            return "already";
        case Decision::kKept:
            return "kept";
        case Decision::kRefused:
            return "refused";
    }
    return "";
}

std::string_view explain(Fault fault) {
    switch (fault) {
        case Fault::kNone:
            return "";
        case Fault::kEmptyItem:
            return "is empty (white space behind a comma ends the list)";
        case Fault::kWhiteSpace:
            return "holds white space";
        case Fault::kNoDevice:
            return "is no vendor:device pair";
        case Fault::kTooManyFields:
            return "has more than six fields";
        case Fault::kNotHex:
            return "has a field that is no hexadecimal number";
        case Fault::kTooLong:
            return "has a field with too many digits";
        case Fault::kBadAddress:
            return "is no address like 0000:01:00.0";
        case Fault::kNeedsValue:
            return "needs a list, as in pt.ids=10de:1b06";
        case Fault::kBadSwitch:
            return "is neither yes nor no";
        case Fault::kUnknownParameter:
            return "is no parameter of pt-hook";
        case Fault::kMaybeTruncated:
            return "ends where the kernel cuts a command line off and may be incomplete";
        case Fault::kNoMatch:
            return "matches no device of this machine";
    }
    return "";
}

void put_reason(std::string& out, const Report& report, const PlannedDevice& planned) {
    switch (planned.reason) {
        case Reason::kNone:
            break;
        case Reason::kBridge:
            put(out, "it is a bridge, and other devices live behind it");
            break;
        case Reason::kNotNamed:
            put(out, "a device of this class is taken only by its full id or address");
            break;
        case Reason::kNoIommuGroup:
            put(out, "it has no IOMMU group, without which no virtual machine can have it; ");
            put_iommu_advice(out, report);
            break;
        case Reason::kUnreadable:
            put(out, "what it is cannot be read (");
            put_error(out, planned.device.error);
            out.push_back(')');
            break;
        case Reason::kVanished:
            put(out, "it cannot be read any more (");
            put_error(out, planned.state.error);
            out.push_back(')');
            break;
    }
}

std::vector<Line> describe_plan(const Report& report) {
    std::vector<Line> lines;
    for (const Complaint& complaint : *report.complaints)
        lines.push_back(complaint_line(complaint));
    for (const PciDevice& device : report.plan->unreadable)
        lines.push_back(unreadable_line(device));
    for (const PlannedDevice& planned : report.plan->devices)
        lines.push_back(device_line(report, planned));
    return lines;
}

std::vector<Line> describe_outcome(const Report& report) {
    std::vector<Line> lines;
    for (std::size_t i = 0; i < report.plan->devices.size(); ++i)
        if (is_acted_on(report.plan->devices[i]) && !report.outcome->devices[i].bound)
            lines.push_back(failure_line(report, i));
    describe_backend(report, lines);
    lines.push_back(summary_line(report));
    return lines;
}

std::string describe_step(const Plan& plan, const Step& step, const StepResult& result) {
    std::string text;
    if (step.kind != Step::Kind::kLoadDriver && step.kind != Step::Kind::kLoadBackend) {
        put_address(text, plan.devices[step.device].device.address);
        put(text, ": ");
    }
    put_step_name(text, plan, step);
    put(text, ": ");
    put_result(text, result);
    put(text, ", ");
    put_decimal(text, result.microseconds);
    put(text, " us");
    return text;
}

bool is_fulfilled(const Report& report) {
    if (!report.complaints->empty() || report.plan->count(Decision::kRefused) != 0) return false;
    if (report.outcome == nullptr) return true;
    return report.outcome->count_failed(*report.plan) == 0 && !backend_failed(*report.outcome);
}

}  // namespace pt
