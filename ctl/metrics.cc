// SPDX-License-Identifier: LGPL-2.1-or-later
#include <array>

#include "ctl/status.h"
#include "ctl/texts.h"

namespace pt::ctl {
namespace {

// A label's value: a backslash, a quote and a newline are escaped.
std::string label(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '\\' || c == '"') result.push_back('\\');
        if (c == '\n')
            result += "\\n";
        else
            result.push_back(c);
    }
    return result + "\"";
}

class Metrics {
  public:
    void begin(std::string_view name, std::string_view help) {
        name_ = name;
        text_ += "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " gauge\n";
    }
    void add(const std::string& labels, std::int64_t value) {
        text_ +=
            name_ + (labels.empty() ? "" : "{" + labels + "}") + " " + std::to_string(value) + "\n";
    }
    void add_single(std::string_view name, std::string_view help, std::int64_t value) {
        begin(name, help);
        add("", value);
    }
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    std::string name_;
    std::string text_;
};

std::string labels_of(const DeviceVerdict& device) {
    return "address=" + label(full_address(device.address)) +
           ",ids=" + label(printable(device.ids));
}

}  // namespace

std::string to_metrics(const Status& status) {
    Metrics metrics;
    metrics.add_single("pt_hook_status",
                       "Exit code of ptctl status: 0 good, 1 a device is not held or not usable, "
                       "3 nothing is configured, 4 cannot tell.",
                       status.exit_code());
    metrics.begin("pt_hook_boot_state", "1 for what pt-hook did in this boot.");
    for (const BootState state : {BootState::kNotAsked, BootState::kRan, BootState::kSwitchedOff,
                                  BootState::kDidNotRun, BootState::kUnknown})
        metrics.add("state=" + label(name_of(state)), status.state == state ? 1 : 0);
    if (status.cause != Cause::kNone) {
        metrics.begin("pt_hook_did_nothing_info",
                      "1, with the cause for which pt-hook did nothing in this boot.");
        metrics.add("cause=" + label(name_of(status.cause)), 1);
    }
    metrics.add_single("pt_hook_devices_asked", "Devices that were asked for.",
                       static_cast<std::int64_t>(status.count_asked()));
    metrics.add_single("pt_hook_devices_held", "Devices held by the driver that was asked for.",
                       static_cast<std::int64_t>(status.count_held()));
    metrics.add_single("pt_hook_devices_usable", "Devices that a virtual machine can have now.",
                       static_cast<std::int64_t>(status.count_usable()));
    metrics.add_single("pt_hook_complaints", "What was asked for and not followed.",
                       static_cast<std::int64_t>(status.complaints.size()));
    if (status.written != 0)
        metrics.add_single("pt_hook_report_timestamp_seconds",
                           "When pt-hook wrote its report, in seconds since 1970.", status.written);
    if (status.count_asked() == 0) return metrics.text();
    // What changes is a label of this one alone, so that the others keep their series.
    metrics.begin("pt_hook_device_info", "1, with who holds the device and what became of it.");
    for (const DeviceVerdict& device : status.devices)
        metrics.add(labels_of(device) + ",driver=" + label(printable(device.driver)) +
                        ",state=" + label(name_of(device.holding)),
                    1);
    metrics.begin("pt_hook_device_held", "1 if the driver that was asked for holds the device.");
    for (const DeviceVerdict& device : status.devices)
        if (device.is_asked_for()) metrics.add(labels_of(device), device.is_held() ? 1 : 0);
    metrics.begin("pt_hook_device_usable", "1 if a virtual machine can have the device now.");
    for (const DeviceVerdict& device : status.devices)
        if (device.is_asked_for()) metrics.add(labels_of(device), device.is_usable ? 1 : 0);
    return metrics.text();
}

}  // namespace pt::ctl
