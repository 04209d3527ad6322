// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/plan.h"

namespace pt {
namespace {

constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

// The selector that chooses this device: the first exact one, for it has more rights, else the
// first. Marks each one that means the device as used.
std::size_t find_selector(const std::vector<Selector>& selectors, const PciDevice& device,
                          std::vector<char>& used) {
    std::size_t found = kNobody;
    for (std::size_t i = 0; i < selectors.size(); ++i) {
        if (!matches(selectors[i], device)) continue;
        used[i] = 1;
        if (found == kNobody || (selectors[i].is_exact() && !selectors[found].is_exact()))
            found = i;
    }
    return found;
}

// Devices that the host may need to live are taken only by somebody who says exactly which.
Reason keep_reason(const PciDevice& device, bool exact) {
    const std::uint32_t class_code = device.ids.class_code;
    if (base_class(class_code) == kBaseClassBridge) {
        if (class_code >> 8 != kClassBridgeOther) return Reason::kBridge;
        return exact ? Reason::kNone : Reason::kNotNamed;
    }
    if (base_class(class_code) == kBaseClassStorage && !exact) return Reason::kNotNamed;
    return Reason::kNone;
}

void decide(PlannedDevice& planned, const Selector& selector, std::string_view driver) {
    const bool exact = selector.is_exact();
    if (planned.device.error != 0) {
        planned.reason = Reason::kUnreadable;
    } else {
        planned.reason = keep_reason(planned.device, exact);
    }
    if (planned.reason != Reason::kNone) {
        planned.decision = exact ? Decision::kRefused : Decision::kKept;
    } else if (planned.state.error != 0) {
        planned.decision = Decision::kRefused;
        planned.reason = Reason::kVanished;
    } else if (planned.state.driver == driver) {
        planned.decision = Decision::kAlready;
    } else if (planned.state.iommu_group < 0) {
        planned.decision = Decision::kRefused;
        planned.reason = Reason::kNoIommuGroup;
    } else {
        planned.decision = Decision::kBind;
    }
}

}  // namespace

Selection select_devices(const Wish& wish, std::span<const PciDevice> devices) {
    Selection selection;
    std::vector<char> used(wish.selectors.size(), 0);
    bool asks_by_id = false;
    for (const Selector& selector : wish.selectors)
        asks_by_id = asks_by_id || selector.kind == Selector::Kind::kId;

    for (std::size_t i = 0; i < devices.size(); ++i) {
        const std::size_t selector = find_selector(wish.selectors, devices[i], used);
        if (selector != kNobody) {
            selection.choices.push_back({i, selector});
        } else if (asks_by_id && devices[i].error != 0) {
            selection.unreadable.push_back(i);
        }
    }
    for (std::size_t i = 0; i < wish.selectors.size(); ++i) {
        const Selector& selector = wish.selectors[i];
        if (used[i] == 0)
            selection.complaints.push_back(
                {Fault::kNoMatch, selector.parameter, selector.item, selector.position});
    }
    return selection;
}

std::size_t Plan::count(Decision decision) const {
    std::size_t number = 0;
    for (const PlannedDevice& planned : devices) number += planned.decision == decision ? 1 : 0;
    return number;
}

Plan make_plan(const Wish& wish, std::span<const PciDevice> devices, const Selection& selection,
               std::span<const DeviceState> states, const IommuFacts& iommu) {
    Plan plan;
    plan.iommu = iommu;
    for (std::size_t device : selection.unreadable) plan.unreadable.push_back(devices[device]);
    plan.devices.reserve(selection.choices.size());
    for (std::size_t i = 0; i < selection.choices.size(); ++i) {
        const Choice& choice = selection.choices[i];
        PlannedDevice planned;
        planned.device = devices[choice.device];
        planned.selector = choice.selector;
        planned.state = states[i];
        decide(planned, wish.selectors[choice.selector], plan.driver);
        plan.devices.push_back(planned);
    }
    return plan;
}

std::vector<Step> make_steps(const Plan& plan) {
    std::vector<Step> steps;
    std::vector<std::int32_t> last(plan.devices.size(), -1);
    const auto add_for = [&](Step::Kind kind, bool also_already) {
        for (std::size_t i = 0; i < plan.devices.size(); ++i) {
            const Decision decision = plan.devices[i].decision;
            if (decision != Decision::kBind && !(also_already && decision == Decision::kAlready))
                continue;
            steps.push_back({kind, i, last[i]});
            last[i] = static_cast<std::int32_t>(steps.size() - 1);
        }
    };
    add_for(Step::Kind::kOverride, true);
    if (steps.empty()) return steps;
    add_for(Step::Kind::kUnbind, false);
    steps.push_back({Step::Kind::kLoadDriver, 0, -1});
    steps.push_back({Step::Kind::kLoadBackend, 0, -1});
    add_for(Step::Kind::kBind, false);
    return steps;
}

}  // namespace pt
