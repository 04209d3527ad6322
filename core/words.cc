// SPDX-License-Identifier: LGPL-2.1-or-later
// What decisions, reasons, steps and faults are called.
#include <cerrno>
#include <cstring>

#include "core/report.h"
#include "core/text.h"

namespace pt {
namespace {

// What to switch on so that a device gets an IOMMU group, from what can be seen.
void put_iommu_advice(std::string& out, const Report& report) {
    const IommuFacts& iommu = report.plan->iommu;
    if (!report.wish->iommu_off.empty()) {
        put(out, "take ");
        put_quoted(out, report.wish->iommu_off);
        put(out, " off the kernel command line");
    } else if (iommu.has_groups) {
        put(out, "the IOMMU is on but does not cover this device");
    } else if (iommu.has_dmar && report.wish->iommu_on) {
        put(out, "VT-d is there but off in this boot, although the line says intel_iommu=on");
    } else if (iommu.has_dmar) {
        put(out, "VT-d is there but off: add intel_iommu=on to the kernel command line");
    } else if (iommu.has_ivrs) {
        put(out, "AMD-Vi is there but off: see the kernel log for AMD-Vi messages");
    } else {
        put(out, "switch on VT-d (Intel) or AMD-Vi, also called IOMMU, in the firmware setup");
    }
}

}  // namespace

// The lists below are in the order of their enumerations.

std::string_view name_of(Decision decision) {
    return nth("bind|already|kept|refused", static_cast<std::size_t>(decision));
}

std::string_view name_of(Step::Kind kind) {
    return nth("load_variant|override|unbind|load_driver|load_backend|bind|release_framebuffer",
               static_cast<std::size_t>(kind));
}

std::string_view name_of(StepResult::State state) {
    return nth("not_reached|done|not_needed|skipped|failed|hung|crashed",
               static_cast<std::size_t>(state));
}

std::string_view explain(Fault fault) {
    return nth(
        "|"
        "is empty (white space behind a comma ends the list)|"
        "holds white space|"
        "is no vendor:device pair|"
        "has more than six fields|"
        "has a field that is no hexadecimal number|"
        "has a field with too many digits|"
        "is no address like 0000:01:00.0, nor a path like 00:01.0/00.0|"
        "needs a list, as in pt.ids=10de:1b06|"
        "is neither yes nor no|"
        "is no value that this parameter has|"
        "cannot be the name of a driver|"
        "is no parameter of pt-hook|"
        "ends where the kernel cuts a command line off and may be incomplete|"
        "matches no device of this machine|"
        "names a device that is not at this place",
        static_cast<std::size_t>(fault));
}

void put_error(std::string& out, std::int32_t error) {
    // ours for what could be read and not understood, for which C libraries say "Bad message"
    put(out, error == EBADMSG ? "the text makes no sense" : std::strerror(error));
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
            // the kernel's, which says EBADMSG of a module with a broken signature
            put(out, std::strerror(result.error));
            break;
        case StepResult::State::kHung:
            put(out, "did not return in time, abandoned");
            break;
        case StepResult::State::kCrashed:
            put(out, "crashed");
            break;
    }
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
        case Reason::kGroupUnreadable:
            put(out, "its IOMMU group cannot be read (");
            put_error(out, planned.state.group_error);
            out.push_back(')');
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
        case Reason::kBootDisplay:
            put(out,
                "it is the boot display and others are meant too; "
                "pt.boot_vga=take takes it as well");
            break;
        case Reason::kBesideBootDisplay:
            if (!report.plan->boot_display) break;
            put(out, same_slot(*report.plan->boot_display, planned.device.address) ? "same slot"
                                                                                   : "same card");
            put(out, " as the boot display ");
            put_address(out, *report.plan->boot_display);
            break;
    }
}

}  // namespace pt
