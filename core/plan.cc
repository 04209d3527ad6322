// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/plan.h"

#include <algorithm>

#include "core/range.h"

namespace pt {
namespace {

// Devices that the host may need to live are taken only by somebody who says exactly which.
Reason keep_reason(const PciDevice& device, bool exact, bool of_card) {
    const std::uint32_t class_code = device.ids.class_code;
    if (base_class(class_code) == kBaseClassBridge) {
        if (class_code >> 8 != kClassBridgeOther) return Reason::kBridge;
        return exact ? Reason::kNone : Reason::kNotNamed;
    }
    if (base_class(class_code) == kBaseClassStorage && !exact) return Reason::kNotNamed;
    // The keyboard may hang on it. What comes along with a card is a part of it, or was asked for.
    if (class_code >> 8 == kClassUsb && !exact && !of_card) return Reason::kNotNamed;
    return Reason::kNone;
}

void decide(PlannedDevice& planned, Reason kept, bool exact, bool of_card, const Plan& plan) {
    const std::string& variant = planned.state.variant_driver;
    const std::string_view driver = variant.empty() ? plan.driver : std::string_view(variant);
    // How a variant that is not loaded will call itself is not known, but the device is not its.
    const bool may_be_held = variant.empty() == planned.state.variant_module.empty();
    planned.reason = kept;
    if (planned.reason == Reason::kNone && planned.device.error != 0)
        planned.reason = Reason::kUnreadable;
    if (planned.reason == Reason::kNone)
        planned.reason = keep_reason(planned.device, exact, of_card);

    if (planned.reason != Reason::kNone) {
        planned.decision = exact && kept == Reason::kNone ? Decision::kRefused : Decision::kKept;
    } else if (planned.state.error != 0) {
        planned.decision = Decision::kRefused;
        planned.reason = Reason::kVanished;
    } else if (planned.state.driver == driver && may_be_held) {
        planned.decision = Decision::kAlready;
    } else if (planned.state.iommu_group < 0 && plan.is_vfio()) {
        planned.decision = Decision::kRefused;
        planned.reason =
            planned.state.group_error != 0 ? Reason::kGroupUnreadable : Reason::kNoIommuGroup;
    } else {
        planned.decision = Decision::kBind;
    }
}

std::string framebuffer_of(const Wish& wish, const Machine& machine, std::size_t device) {
    if (!wish.keep_framebuffer)
        for (const Framebuffer& framebuffer : machine.framebuffers)
            if (framebuffer.owner == device) return framebuffer.device;
    return {};
}

class StepList {
  public:
    explicit StepList(const Plan& plan) : plan_(plan), last_(plan.devices.size(), -1) {}

    void add_for(Step::Kind kind, std::size_t index, std::int32_t also_after = -1) {
        steps.push_back({kind, index, last_[index], also_after});
        last_[index] = last_step();
    }
    // One step for each device with this decision, the boot display left out.
    void add_for_all(Step::Kind kind, Decision decision, std::int32_t also_after = -1) {
        for (std::size_t i = 0; i < plan_.devices.size(); ++i)
            if (plan_.devices[i].decision == decision && !plan_.devices[i].is_boot_display)
                add_for(kind, i, also_after);
    }
    void add_variants() {
        for (std::size_t i = 0; i < plan_.devices.size(); ++i) {
            const std::string& module = plan_.devices[i].state.variant_module;
            if (module.empty() || !is_acted_on(plan_.devices[i])) continue;
            const bool known = any_of(steps, [&](const Step& step) {
                return plan_.devices[step.device].state.variant_module == module;
            });
            if (!known) steps.push_back({Step::Kind::kLoadVariant, i, -1, -1});
        }
    }
    void add_release(std::size_t index) {
        if (!plan_.devices[index].framebuffer.empty() && is_acted_on(plan_.devices[index]))
            add_for(Step::Kind::kReleaseFramebuffer, index);
    }
    [[nodiscard]] std::int32_t last_step() const {
        return static_cast<std::int32_t>(steps.size()) - 1;
    }

    std::vector<Step> steps;

  private:
    const Plan& plan_;
    std::vector<std::int32_t> last_;  // step of each device
};

}  // namespace

std::size_t Plan::count(Decision decision) const {
    return static_cast<std::size_t>(std::count_if(
        devices.begin(), devices.end(),
        [decision](const PlannedDevice& planned) { return planned.decision == decision; }));
}

bool Plan::is_vfio() const {
    return driver.find("vfio") != std::string_view::npos;
}

bool leaves_dma_alone(std::string_view driver) {
    return driver.empty() || driver.find("vfio") != std::string_view::npos ||
           driver == "pci-stub" || driver == "pcieport";
}

Plan make_plan(const Wish& wish, const Machine& machine, const Selection& selection,
               std::span<const DeviceState> states, const IommuFacts& iommu) {
    Plan plan;
    plan.driver = wish.driver;
    plan.iommu = iommu;
    if (machine.boot_display != kNobody)
        plan.boot_display = machine.devices[machine.boot_display].address;
    plan.boot_vga_error = machine.boot_vga_error;
    plan.unread = machine.unread;
    for (std::size_t device : selection.unreadable)
        plan.unreadable.push_back(machine.devices[device]);
    plan.devices.resize(selection.choices.size());
    for (std::size_t i = 0; i < selection.choices.size(); ++i) {
        const Choice& choice = selection.choices[i];
        PlannedDevice& planned = plan.devices[i];
        planned.device = machine.devices[choice.device];
        planned.selector = choice.selector;
        planned.state = states[i];
        planned.is_boot_display = choice.device == machine.boot_display;
        planned.framebuffer = framebuffer_of(wish, machine, choice.device);
        const bool companion = choice.companion_of != kNobody;
        if (companion) planned.companion_of = machine.devices[choice.companion_of].address;
        const bool of_card = companion && is_display(machine.devices[choice.companion_of]);
        decide(planned, choice.kept, !companion && wish.selectors[choice.selector].is_exact(),
               of_card, plan);
        if (planned.decision == Decision::kAlready)  // any other is refused for it
            plan.unread.add("an IOMMU group", planned.state.group_error);
        // It might be the other card that an id means, for which the boot display would stay.
        if (planned.is_boot_display && is_acted_on(planned) && !plan.unreadable.empty())
            plan.unread.add("what a device is", plan.unreadable.front().error);
    }
    return plan;
}

bool is_left_to_host(const Plan& plan, const PciDevice& device) {
    if (device.error == 0 && base_class(device.ids.class_code) == kBaseClassBridge) return false;
    return !any_of(plan.devices, [&](const PlannedDevice& other) {
        return is_acted_on(other) && other.device.address == device.address;
    });
}

std::vector<Step> make_steps(const Plan& plan) {
    using Kind = Step::Kind;
    StepList list(plan);
    if (plan.count(Decision::kBind) + plan.count(Decision::kAlready) == 0) return {};
    list.add_variants();
    std::size_t boot = kNobody;
    for (std::size_t i = 0; i < plan.devices.size(); ++i) {
        if (!is_acted_on(plan.devices[i])) continue;
        list.add_for(Kind::kOverride, i);
        if (plan.devices[i].is_boot_display) boot = i;
    }
    list.steps.push_back({Kind::kLoadDriver, 0, -1, -1});
    const std::int32_t loaded = list.last_step();
    if (plan.is_vfio()) list.steps.push_back({Kind::kLoadBackend, 0, -1, -1});
    list.add_for_all(Kind::kUnbind, Decision::kBind, loaded);
    list.add_for_all(Kind::kBind, Decision::kBind);
    for (std::size_t i = 0; i < plan.devices.size(); ++i)
        if (i != boot) list.add_release(i);
    if (boot == kNobody) return std::move(list.steps);
    if (plan.devices[boot].decision == Decision::kBind) {
        list.add_for(Kind::kUnbind, boot, loaded);
        list.add_for(Kind::kBind, boot);
    }
    list.add_release(boot);
    return std::move(list.steps);
}

}  // namespace pt
