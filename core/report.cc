// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/report.h"

#include <algorithm>
#include <cerrno>

#include "core/range.h"
#include "core/text.h"

namespace pt {
namespace {

// More than any name that is ours.
constexpr std::size_t kParameterMax = 80;

// For what was asked for and cannot be done, while the rest goes on. Where it stops the boot, the
// screen of a quiet boot has to say why, and that shows errors alone.
Level level_of_loss(const Report& report) {
    return report.wish->stop_on_error ? Level::kError : Level::kWarning;
}

Line complaint_line(const Report& report, const Complaint& complaint) {
    Line line{level_of_loss(report), {}};
    // A name that is none of ours has any length, and the kernel log refuses long lines.
    put_printable(line.text, complaint.parameter.substr(0, kParameterMax));
    put(line.text, ": ");
    put_quoted(line.text, complaint.item);
    std::size_t column = complaint.position + 1;
    if (complaint.from_conf) {
        put(line.text, " in ");
        put(line.text, kConfPath);
        put(line.text, " line ");
        put_decimal(line.text, line_of(report.conf, complaint.position, column));
    }
    put(line.text, " at column ");
    put_decimal(line.text, column);
    put(line.text, " ");
    put(line.text, explain(complaint.fault));
    put(line.text, ", ignored");
    return line;
}

void put_driver(std::string& out, const Report& report, const PlannedDevice& planned) {
    const DeviceState& state = planned.state;
    if (!state.variant_driver.empty()) {
        put_printable(out, state.variant_driver);
    } else if (!state.variant_module.empty()) {
        put(out, "the driver of module ");
        put_printable(out, state.variant_module);
    } else {
        put(out, report.plan->driver);
    }
}

void put_device_name(std::string& out, const PciDevice& device) {
    put_address(out, device.address);
    if (device.error != 0) return;
    out.push_back(' ');
    put_hex(out, device.ids.vendor, 4);
    out.push_back(':');
    put_hex(out, device.ids.device, 4);
    put(out, " (");
    put(out, class_name(device.ids.class_code));
    out.push_back(')');
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
            put_driver(out, report, planned);
            break;
        case Decision::kAlready:
            put(out, "already bound to ");
            put_driver(out, report, planned);
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
    put_device_name(line.text, planned.device);
    put(line.text, ": ");
    put_intent(line.text, report, planned);
    if (is_acted_on(planned) && planned.state.iommu_group >= 0) {
        put(line.text, ", IOMMU group ");
        put_decimal(line.text, static_cast<std::uint64_t>(planned.state.iommu_group));
    }
    if (planned.companion_of) {
        put(line.text, ", companion of ");
        put_address(line.text, *planned.companion_of);
    }
    const Selector& selector = report.wish->selectors[planned.selector];
    put(line.text, ", asked for by ");
    put_printable(line.text, selector.parameter);
    line.text.push_back('=');
    put_printable(line.text, selector.item);
    return line;
}

Line boot_display_line(const PlannedDevice& planned) {
    Line line{Level::kWarning, {}};
    put_address(line.text, planned.device.address);
    put(line.text, " is the boot display: it is taken last of all, and then shows nothing more");
    return line;
}

Line neighbour_line(const Neighbour& neighbour) {
    const bool is_harmless = !neighbour.driver.empty() && leaves_dma_alone(neighbour.driver);
    Line line{is_harmless ? Level::kInfo : Level::kWarning, {}};
    put_device_name(line.text, neighbour.device);
    put(line.text, ": stays with the host");
    if (!neighbour.driver.empty()) {
        put(line.text, " (driver ");
        put_printable(line.text, neighbour.driver);
        line.text.push_back(')');
    }
    put(line.text, " in IOMMU group ");
    put_decimal(line.text, static_cast<std::uint64_t>(neighbour.iommu_group));
    put(line.text, is_harmless ? "; that driver keeps no virtual machine from that group"
                               : "; while a driver holds it no virtual machine can use that group");
    return line;
}

Line lost_line(std::string_view file, std::int32_t error, std::string_view consequence,
               Level level = Level::kWarning) {
    Line line{level, {}};
    put(line.text, file);
    put(line.text, " cannot be read: ");
    put_error(line.text, error);
    put(line.text, consequence);
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

// `driver` is the name of the one that the step's device is to get.
void put_step_name(std::string& out, const Plan& plan, const Step& step, std::string_view driver) {
    switch (step.kind) {
        case Step::Kind::kLoadVariant:
            put(out, "loading ");
            put_printable(out, plan.devices[step.device].state.variant_module);
            break;
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
            put_printable(out, driver);
            break;
        case Step::Kind::kReleaseFramebuffer:
            put(out, "releasing ");
            put_printable(out, plan.devices[step.device].framebuffer);
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
            put(out, " (signature not trusted by lockdown or Secure Boot, or modules forbidden)");
            break;
        case ENOSYS:
            put(out, " (compressed, which this kernel does not unpack, and modprobe failed)");
            break;
        case ENOTSUP:
            put(out, " (below another root no module is loaded)");
            break;
        default:
            break;
    }
}

void put_failed_step(std::string& out, const Report& report, std::int32_t index,
                     std::string_view driver) {
    if (index < 0) {
        put(out, "no step failed, but the bus shows another driver");
        return;
    }
    const Step& step = report.outcome->steps[static_cast<std::size_t>(index)];
    const StepResult& result = report.outcome->results[static_cast<std::size_t>(index)];
    put_step_name(out, *report.plan, step, driver);
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
    put_printable(line.text, device.driver_wanted);
    put(line.text, ": ");
    put_failed_step(line.text, report, device.failed_step, device.driver_wanted);
    if (device.is_stuck) {
        put(line.text, "; a driver may be stuck in it, and then only a new boot frees it");
        return line;
    }
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

// What fails no bind, but a use of the devices afterwards.
void describe_side_effects(const Report& report, std::vector<Line>& lines) {
    for (std::size_t i = 0; i < report.outcome->steps.size(); ++i) {
        const Step& step = report.outcome->steps[i];
        const StepResult& result = report.outcome->results[i];
        // What was skipped is told with the device that failed before it.
        if (!result.went_wrong() || result.state == StepResult::State::kSkipped) continue;
        Line line{Level::kError, {}};
        // A device that is bound in spite of it.
        const bool is_override =
            step.kind == Step::Kind::kOverride && report.outcome->devices[step.device].bound;
        if (step.kind == Step::Kind::kReleaseFramebuffer || is_override) {
            put_address(line.text, report.plan->devices[step.device].device.address);
            put(line.text, ": ");
        }
        put_step_name(line.text, *report.plan, step, {});
        put(line.text, ": ");
        put_result(line.text, result);
        if (step.kind == Step::Kind::kLoadBackend) {
            put_load_advice(line.text, result);
            put(line.text, "; virtual machines cannot use the devices until it is loaded");
        } else if (step.kind == Step::Kind::kLoadVariant) {
            put(line.text, ", vfio-pci serves instead");
        } else if (step.kind == Step::Kind::kReleaseFramebuffer) {
            put(line.text, "; a virtual machine may fail with \"BAR: can't reserve\"");
            if (report.plan->devices[step.device].framebuffer.starts_with("simple-"))
                put(line.text, ", unless initcall_blacklist=sysfb_init is on the command line");
        } else if (is_override) {
            put(line.text, "; once it is unbound another driver may take it");
        } else {
            continue;
        }
        lines.push_back(line);
    }
}

// The drivers that the devices were to get, each once: a variant of vfio-pci is another driver.
void put_drivers(std::string& out, const Report& report) {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < report.plan->devices.size(); ++i) {
        const std::string_view name = report.outcome->devices[i].driver_wanted;
        if (!is_acted_on(report.plan->devices[i]) || contains(names, name)) continue;
        if (!names.empty()) put(out, " or ");
        put_printable(out, name);
        names.push_back(name);
    }
    if (names.empty()) put(out, report.plan->driver);
}

Line summary_line(const Report& report) {
    const Plan& plan = *report.plan;
    const std::size_t acted = plan.count(Decision::kBind) + plan.count(Decision::kAlready);
    Line line{is_fulfilled(report) ? Level::kInfo : Level::kError, {}};
    put_decimal(line.text, report.outcome->count_bound(plan));
    put(line.text, " of ");
    put_decimal(line.text, acted + plan.count(Decision::kRefused));
    put(line.text, " devices on ");
    put_drivers(line.text, report);
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

std::vector<Line> describe_plan(const Report& report) {
    std::vector<Line> lines;
    if (report.conf_error != 0)
        lines.push_back(lost_line(kConfPath, report.conf_error, ", its words are missing",
                                  level_of_loss(report)));
    if (report.plan->alias_error != 0)
        lines.push_back(lost_line("pt.driver=auto: modules.alias", report.plan->alias_error,
                                  ", vfio-pci serves for all"));
    if (report.plan->boot_vga_error != 0) {
        std::string file;
        put_address(file, *report.plan->boot_display);
        put(file, "/boot_vga");
        lines.push_back(
            lost_line(file, report.plan->boot_vga_error, ", so it counts as the boot display"));
    }
    if (report.plan->unread.error != 0)
        lines.push_back(lost_line(report.plan->unread.file, report.plan->unread.error,
                                  ", so something may have been missed", level_of_loss(report)));
    for (const Complaint& complaint : *report.complaints)
        lines.push_back(complaint_line(report, complaint));
    for (const PciDevice& device : report.plan->unreadable)
        lines.push_back(unreadable_line(device));
    for (const PlannedDevice& planned : report.plan->devices)
        lines.push_back(device_line(report, planned));
    for (const PlannedDevice& planned : report.plan->devices)
        if (planned.is_boot_display && planned.decision == Decision::kBind)
            lines.push_back(boot_display_line(planned));
    for (const Neighbour& neighbour : report.plan->neighbours)
        lines.push_back(neighbour_line(neighbour));
    return lines;
}

std::vector<Line> describe_outcome(const Report& report) {
    std::vector<Line> lines;
    for (std::size_t i = 0; i < report.plan->devices.size(); ++i)
        if (is_acted_on(report.plan->devices[i]) && !report.outcome->devices[i].bound)
            lines.push_back(failure_line(report, i));
    describe_side_effects(report, lines);
    lines.push_back(summary_line(report));
    return lines;
}

std::string describe_step(const Plan& plan, const Step& step, std::string_view driver,
                          const StepResult& result) {
    std::string text;
    if (step.kind != Step::Kind::kLoadDriver && step.kind != Step::Kind::kLoadBackend &&
        step.kind != Step::Kind::kLoadVariant) {
        put_address(text, plan.devices[step.device].device.address);
        put(text, ": ");
    }
    put_step_name(text, plan, step, driver);
    put(text, ": ");
    put_result(text, result);
    put(text, ", ");
    put_decimal(text, result.microseconds);
    put(text, " us");
    return text;
}

bool is_fulfilled(const Report& report) {
    if (!report.complaints->empty() || report.conf_error != 0) return false;
    if (report.plan->count(Decision::kRefused) != 0 || report.plan->unread.error != 0) return false;
    if (report.outcome == nullptr) return true;
    return report.outcome->count_failed(*report.plan) == 0 && report.outcome->is_complete();
}

}  // namespace pt
