// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/verdict.h"

#include <algorithm>
#include <cstring>

#include "core/text.h"
#include "ctl/texts.h"

namespace pt::ctl {
namespace {

bool is_vfio(std::string_view driver) {
    return driver.find("vfio") != std::string_view::npos;
}

std::string kind_of(const Function& function) {
    return function.device.error != 0 ? std::string("unknown")
                                      : std::string(class_name(function.device.ids.class_code));
}

std::string held_now(const Function& function) {
    return function.driver.empty() ? "no driver holds it now"
                                   : printable(function.driver) + " holds it now";
}

// The failed steps of one device, or of all devices, in the report's words.
std::vector<std::string> failures_of(const BootReport& report, const std::string& address) {
    std::vector<std::string> found;
    for (const std::string& failure : report.failures)
        if (failure.starts_with(address + ": "))
            found.push_back(failure.substr(address.size() + 2));
    if (!found.empty()) return found;
    for (const std::string& failure : report.failures)
        if (failure.starts_with("load_driver ")) found.push_back(failure);
    return found;
}

void add_usability(DeviceVerdict& verdict, const Function& function, const Inventory& inventory,
                   const VfioFacts& vfio) {
    std::vector<std::string> reasons = why_unusable(function, inventory, vfio);
    verdict.is_usable = reasons.empty();
    verdict.reasons = std::move(reasons);
}

void judge_held(DeviceVerdict& verdict, const ReportedDevice& device, const Function& function,
                const BootReport& report) {
    const bool was_bound = device.result == "bound";
    const std::string& wanted = was_bound ? device.driver_after : report.driver;
    if (function.driver == wanted) {
        verdict.holding = Holding::kHeld;
        verdict.since_boot = was_bound;
        return;
    }
    if (device.decision == "refused") {
        verdict.holding = Holding::kRefused;
        verdict.reasons.push_back("refused at boot: " + printable(device.reason));
    } else if (was_bound) {
        verdict.holding = Holding::kTakenAway;
        verdict.reasons.push_back(
            printable(wanted) +
            " held it when the boot was over, and it was taken away since: " + held_now(function));
    } else {
        verdict.holding = Holding::kNotBound;
        std::string text = "could not be bound at boot, " + held_now(function);
        for (const std::string& failure : failures_of(report, full_address(device.address)))
            text += "; " + printable(failure);
        verdict.reasons.push_back(text);
    }
}

}  // namespace

std::vector<std::string> why_unusable(const Function& function, const Inventory& inventory,
                                      const VfioFacts& vfio) {
    if (!is_vfio(function.driver)) return {printable(function.driver) + " is no driver of VFIO"};
    if (function.group_error != 0)
        return {std::string("its IOMMU group cannot be read: ") +
                std::strerror(function.group_error)};
    if (function.iommu_group < 0) return {"it has no IOMMU group"};
    std::vector<std::string> reasons;
    std::string others;
    for (const std::size_t i : function.neighbours) {
        const Function& other = inventory.functions[i];
        if (leaves_dma_alone(other.driver)) continue;
        others += (others.empty() ? "" : ", ") + full_address(other.device.address) + " (" +
                  kind_of(other) + ", " + printable(other.driver) + ")";
    }
    if (!others.empty())
        reasons.push_back("IOMMU group " + std::to_string(function.iommu_group) +
                          " is not viable while drivers of the host hold " + others);
    if (std::find(vfio.groups.begin(), vfio.groups.end(), function.iommu_group) ==
        vfio.groups.end())
        reasons.push_back(vfio.error == 0
                              ? "there is no /dev/vfio/" + std::to_string(function.iommu_group)
                              : std::string("/dev/vfio cannot be read: ") +
                                    std::strerror(vfio.error));
    if (!vfio.has_backend)
        reasons.push_back("vfio_iommu_type1 is not loaded: modprobe vfio_iommu_type1");
    return reasons;
}

std::vector<DeviceVerdict> judge_report(const BootReport& report, const Inventory& inventory,
                                        const VfioFacts& vfio) {
    std::vector<DeviceVerdict> verdicts;
    for (const ReportedDevice& device : report.devices) {
        DeviceVerdict verdict;
        verdict.address = device.address;
        verdict.ids = device.ids;
        verdict.selected_by = device.selected_by;
        const Function* function = inventory.find(device.address);
        if (function != nullptr) verdict.driver = function->driver;
        if (device.decision == "kept") {
            verdict.holding = Holding::kKept;
            verdict.reasons.push_back("left to the host: " + printable(device.reason));
        } else if (function == nullptr) {
            verdict.holding = Holding::kGone;
            verdict.reasons.push_back("it is not on the bus any more");
        } else {
            judge_held(verdict, device, *function, report);
            if (verdict.is_held()) add_usability(verdict, *function, inventory, vfio);
        }
        verdicts.push_back(std::move(verdict));
    }
    return verdicts;
}

std::vector<DeviceVerdict> judge_plan(const Report& report, const Inventory& inventory,
                                      const VfioFacts& vfio) {
    std::vector<DeviceVerdict> verdicts;
    for (const PlannedDevice& planned : report.plan->devices) {
        DeviceVerdict verdict;
        verdict.address = planned.device.address;
        if (planned.device.error == 0) verdict.ids = ids_of(planned.device);
        const Selector& selector = report.wish->selectors[planned.selector];
        verdict.selected_by = std::string(selector.parameter) + "=" + std::string(selector.item);
        verdict.driver = planned.state.driver;
        std::string reason;
        put_reason(reason, report, planned);
        const Function* function = inventory.find(planned.device.address);
        if (planned.decision == Decision::kAlready && function != nullptr) {
            add_usability(verdict, *function, inventory, vfio);
        } else if (planned.decision == Decision::kKept) {
            verdict.holding = Holding::kKept;
            verdict.reasons.push_back("it would be left to the host: " + reason);
        } else {
            verdict.holding = Holding::kNotTried;
            if (!reason.empty()) verdict.reasons.push_back("it would be refused: " + reason);
        }
        verdicts.push_back(std::move(verdict));
    }
    return verdicts;
}

std::string_view name_of(BootState state) {
    switch (state) {
        case BootState::kNotAsked:
            return "not_asked";
        case BootState::kRan:
            return "ran";
        case BootState::kSwitchedOff:
            return "switched_off";
        case BootState::kDidNotRun:
            return "did_not_run";
        case BootState::kUnknown:
            break;
    }
    return "unknown";
}

std::string_view name_of(Holding holding) {
    switch (holding) {
        case Holding::kHeld:
            return "held";
        case Holding::kTakenAway:
            return "taken_away";
        case Holding::kNotBound:
            return "not_bound";
        case Holding::kRefused:
            return "refused";
        case Holding::kNotTried:
            return "not_tried";
        case Holding::kGone:
            return "gone";
        case Holding::kKept:
            break;
    }
    return "kept";
}

}  // namespace pt::ctl
