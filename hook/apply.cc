// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hook/apply.h"

#include <cerrno>
#include <utility>

#include "hook/supervisor.h"
#include "sys/clock.h"
#include "sys/framebuffers.h"
#include "sys/modules.h"

namespace pt {
namespace {

constexpr char kBackend[] = "vfio_iommu_type1";

// Drivers may probe and remove asynchronously (driver_async_probe=); what sysfs shows then lags.
constexpr std::uint32_t kSettleUs = 500'000;
constexpr std::uint32_t kSettleStepUs = 1'000;

StepResult result_of(int error) {
    StepResult result;
    result.state = error == 0 ? StepResult::State::kDone : StepResult::State::kFailed;
    result.error = error;
    return result;
}

StepResult not_needed() {
    StepResult result;
    result.state = StepResult::State::kNotNeeded;
    return result;
}

// The name of the driver that a device is to get: its variant driver's, if that is registered.
std::string wanted_driver(const Plan& plan, const PlannedDevice& planned, const PciBus& bus,
                          int root) {
    if (!planned.state.variant_module.empty()) {
        std::string name = registered_driver(root, planned.state.variant_module);
        if (!name.empty() && bus.has_driver(name)) return name;
    }
    return std::string(plan.driver);
}

class Worker {
  public:
    Worker(const Plan& plan, const std::vector<Step>& steps, const PciBus& bus,
           const KernelLog& log, const ApplyContext& context)
        : plan_(plan), steps_(steps), bus_(bus), log_(log), context_(context) {}

    // A RunStep for the supervisor.
    static StepResult run(void* worker, std::size_t index, const StepResult* results) {
        return static_cast<Worker*>(worker)->run_step(index, results);
    }

  private:
    StepResult run_step(std::size_t index, const StepResult* results) {
        const Step& step = steps_[index];
        const std::uint64_t begin = now_us();
        StepResult result;
        if ((step.after >= 0 && results[step.after].went_wrong()) ||
            (step.also_after >= 0 && results[step.also_after].went_wrong())) {
            result.state = StepResult::State::kSkipped;
        } else {
            result = dispatch(step);
        }
        result.microseconds = static_cast<std::uint32_t>(now_us() - begin);
        if (context_.debug)
            log_.write(Level::kDebug,
                       describe_step(plan_, step, driver_for(plan_.devices[step.device]), result));
        return result;
    }

    StepResult dispatch(const Step& step) {
        const PlannedDevice& planned = plan_.devices[step.device];
        const PciAddress address = planned.device.address;
        switch (step.kind) {
            case Step::Kind::kLoadVariant:
                return load_variant(planned.state.variant_module);
            case Step::Kind::kLoadDriver:
                return load_driver();
            case Step::Kind::kLoadBackend:
                return load_backend();
            case Step::Kind::kOverride:
                return set_override(address, driver_for(planned));
            case Step::Kind::kUnbind:
                return unbind(address, driver_for(planned));
            case Step::Kind::kBind:
                return bind(address, driver_for(planned));
            case Step::Kind::kReleaseFramebuffer:
                return release(planned.framebuffer);
        }
        return result_of(EINVAL);
    }

    std::string driver_for(const PlannedDevice& planned) const {
        return wanted_driver(plan_, planned, bus_, context_.root);
    }

    // Written at most once: rewriting frees a string that kernels before 6.12.91 read without a
    // lock while a driver registers (drivers/pci/pci-driver.c pci_match_device).
    StepResult set_override(PciAddress address, const std::string& wanted) {
        std::string current;
        int error = bus_.read_override(address, current);
        if (error != 0) return result_of(error);
        if (current == wanted) return not_needed();
        error = bus_.write_override(address, wanted);
        if (error == 0) error = bus_.read_override(address, current);
        if (error == 0 && current != wanted) error = EIO;
        return result_of(error);
    }

    // The driver is read now, not taken from the plan: one that got the device in between either
    // shows here, or has been turned away by the override (kernel: really_probe sets the link
    // before the last match).
    StepResult unbind(PciAddress address, const std::string& wanted) {
        std::string driver;
        int error = bus_.driver_of(address, driver);
        if (error != 0) return result_of(error);
        if (driver.empty() || driver == wanted) return not_needed();
        error = bus_.unbind(address, driver);
        // It let go by itself: turned away by the override in the middle of its probe.
        if (error == ENODEV || error == ENOENT) error = 0;
        if (error == 0 && !settles(address, {})) error = EBUSY;
        return result_of(error);
    }

    StepResult load_variant(const std::string& module) {
        if (!registered_driver(context_.root, module).empty()) return not_needed();
        int error = load(module.c_str());
        if (error == 0 && registered_driver(context_.root, module).empty()) error = ENODEV;
        return result_of(error);
    }

    StepResult load_driver() {
        if (bus_.has_driver(plan_.driver)) return not_needed();
        const std::string name(plan_.driver);
        int error = load(name.c_str());
        if (error == 0 && !bus_.has_driver(plan_.driver)) error = ENODEV;
        return result_of(error);
    }

    StepResult load_backend() {
        // Built in, it has this directory too, for it has parameters.
        if (exists(context_.root, "sys/module/vfio_iommu_type1")) return not_needed();
        return result_of(load(kBackend));
    }

    int load(const char* name) { return context_.may_load_modules ? modules_.load(name) : ENOTSUP; }

    StepResult bind(PciAddress address, const std::string& wanted) {
        std::string driver;
        int error = bus_.driver_of(address, driver);
        if (error != 0) return result_of(error);
        if (driver == wanted) return not_needed();
        error = bus_.bind(address, wanted);
        // EBUSY: somebody binds it right now; EAGAIN: its probe is deferred and will be retried.
        const bool may_settle = error == 0 || error == EBUSY || error == EAGAIN;
        if (may_settle && settles(address, wanted)) return result_of(0);
        return result_of(error == 0 ? EIO : error);
    }

    StepResult release(const std::string& framebuffer) {
        std::string driver;
        int error = platform_driver_of(context_.root, framebuffer, driver);
        const bool is_held = error == 0 && !driver.empty();
        if (is_held) {
            error = unbind_platform_device(context_.root, framebuffer);
            if (error == 0) error = platform_driver_of(context_.root, framebuffer, driver);
            if (error == 0 && !driver.empty()) error = EBUSY;
        }
        if (error == 0 && keeps_memory(context_.root, framebuffer)) error = EBUSY;
        // Binding vfio-pci removes the framebuffer of a display of class 0x0300.
        return is_held || error != 0 ? result_of(error) : not_needed();
    }

    // Waits a little until the device is held by this driver.
    bool settles(PciAddress address, std::string_view driver) {
        std::string current;
        for (std::uint32_t waited = 0;; waited += kSettleStepUs) {
            if (bus_.driver_of(address, current) == 0 && current == driver) return true;
            if (waited >= kSettleUs) return false;
            sleep_us(kSettleStepUs);
        }
    }

    const Plan& plan_;
    const std::vector<Step>& steps_;
    const PciBus& bus_;
    const KernelLog& log_;
    const ApplyContext& context_;
    Modules modules_;
};

// The steps whose end the child could not tell.
void log_unreturned(const Plan& plan, const Outcome& outcome, const KernelLog& log) {
    using State = StepResult::State;
    for (std::size_t i = 0; i < outcome.steps.size(); ++i) {
        const Step& step = outcome.steps[i];
        const StepResult& result = outcome.results[i];
        if (result.state != State::kHung && result.state != State::kCrashed &&
            result.state != State::kNotReached)
            continue;
        const std::string_view driver = outcome.devices[step.device].driver_wanted;
        log.write(Level::kDebug, describe_step(plan, step, driver, result));
    }
}

}  // namespace

Outcome apply(const Plan& plan, const PciBus& bus, const KernelLog& log,
              const ApplyContext& context) {
    std::vector<Step> steps = make_steps(plan);
    Worker worker(plan, steps, bus, log, context);
    const Supervision limits{context.deadline_ms / 3, context.deadline_ms};
    const std::vector<StepResult> results =
        run_supervised(steps.size(), limits, Worker::run, &worker);

    std::vector<DriverNames> drivers(plan.devices.size());
    for (std::size_t i = 0; i < drivers.size(); ++i) {
        drivers[i].wanted = wanted_driver(plan, plan.devices[i], bus, context.root);
        // What cannot be read is not held by the driver, and is reported so.
        (void)bus.driver_of(plan.devices[i].device.address, drivers[i].found);
    }
    Outcome outcome = make_outcome(plan, std::move(steps), results, drivers);
    if (context.debug) log_unreturned(plan, outcome, log);
    return outcome;
}

}  // namespace pt
