// SPDX-License-Identifier: LGPL-2.1-or-later
// This boot's report against the machine as it is now.
#include "ctl/status.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "ctl/texts.h"
#include "ctl/virtual_functions.h"
#include "sys/file.h"

namespace pt::ctl {
namespace {

VfioFacts read_vfio(int root) {
    VfioFacts facts;
    facts.has_backend =
        exists(root, "sys/module/vfio_iommu_type1") || exists(root, "sys/module/iommufd");
    std::vector<std::string> names;
    facts.error = list_directory(root, "dev/vfio", names);
    if (facts.error == ENOENT) facts.error = 0;  // without it no group has a node
    for (const std::string& name : names) {
        std::int32_t group = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), group);
        if (error == std::errc() && *end == '\0') facts.groups.push_back(group);
    }
    return facts;
}

// The devices that the words would take, when there is no report to tell them.
void judge_words(const Context& context, const Inventory& inventory, const Texts& texts,
                 ReadWords& read, Status& status) {
    Wish wish = read.wish;
    wish.off = false;
    int error = 0;
    const int root = context.root_dir.get();
    std::vector<PciAddress> virtual_functions;
    const Plan plan = plan_boot(wish, root, read.complaints, error, virtual_functions);
    for (const PciAddress address : virtual_functions)
        status.notes.push_back(full_address(address) + kIsVirtualFunction);
    const Report report{VERSION,          texts.conf, texts.conf_error, &wish, &read.words,
                        &read.complaints, &plan,      nullptr,          0};
    status.driver = std::string(plan.driver);
    status.devices = judge_plan(report, inventory, read_vfio(root));
    for (const Complaint& complaint : read.complaints)
        status.complaints.push_back(std::string(complaint.parameter) + ": '" +
                                    printable(complaint.item) + "' " +
                                    std::string(explain(complaint.fault)));
}

bool has_same_words(const BootReport& report, const ReadWords& read) {
    return std::equal(
        report.words.begin(), report.words.end(), read.words.begin(), read.words.end(),
        [](const std::string& before, const SourceWord& now) { return before == now.text; });
}

// Of what makes a boot less than was asked for, a report tells all but the conf file's error.
bool has_lost_conf(const BootReport& report) {
    return !report.fulfilled && report.complaints.empty() && report.failures.empty() &&
           std::none_of(report.devices.begin(), report.devices.end(), [](const auto& device) {
               return device.decision == "refused" ||
                      (device.decision == "bind" && device.result != "bound");
           });
}

void use_report(const Inventory& inventory, const Context& context, const FoundReport& found,
                const Texts& texts, const ReadWords& read, Status& status) {
    const BootReport& report = *found.report;
    status.state = BootState::kRan;
    status.driver = report.driver;
    status.devices = judge_report(report, inventory, read_vfio(context.root_dir.get()));
    status.complaints = report.complaints;
    for (const std::string& failure : report.failures)
        if (failure.find("release_framebuffer") != std::string::npos)
            status.complaints.push_back(failure);
    if (has_lost_conf(report))
        status.complaints.emplace_back(
            "/etc/pt-hook.conf, which the boot could not read: its words were missing");
    const bool asks_for_something = !report.devices.empty() || !status.complaints.empty();
    if (!asks_for_something) {
        status.state = BootState::kNotAsked;
        status.is_asked_since = !read.wish.selectors.empty();
    }
    if (texts.conf_error == 0 && !has_same_words(report, read))
        status.notes.push_back(
            "/etc/pt-hook.conf is not what it was in the image of this boot; ptctl plan shows "
            "what the next boot would do, once the image is built anew");
}

bool comes_from_conf_alone(const Wish& wish) {
    return std::all_of(wish.selectors.begin(), wish.selectors.end(),
                       [](const Selector& selector) { return selector.from_conf; });
}

}  // namespace

std::size_t Status::count_asked() const {
    return static_cast<std::size_t>(std::count_if(devices.begin(), devices.end(),
                                                  [](const auto& d) { return d.is_asked_for(); }));
}

std::size_t Status::count_held() const {
    return static_cast<std::size_t>(
        std::count_if(devices.begin(), devices.end(), [](const auto& d) { return d.is_held(); }));
}

std::size_t Status::count_usable() const {
    return static_cast<std::size_t>(
        std::count_if(devices.begin(), devices.end(), [](const auto& d) { return d.is_usable; }));
}

int Status::exit_code() const {
    if (state == BootState::kUnknown) return kExitCannotTell;
    if (state == BootState::kNotAsked) return kExitNotConfigured;
    // A stub driver has no use for groups.
    const bool needs_vfio = driver.find("vfio") != std::string::npos;
    const std::size_t good = needs_vfio ? count_usable() : count_held();
    return good == count_asked() && complaints.empty() ? kExitGood : kExitBad;
}

Status read_status(const Context& context) {
    Status status;
    const Texts texts = read_texts(context);
    const Inventory inventory = read_inventory(context);
    const FoundReport found = read_boot_report(context);
    if (inventory.error != 0) {
        status.problem =
            std::string("the PCI devices cannot be listed: ") + std::strerror(inventory.error);
        return status;
    }
    if (found.is_there && !found.report) {
        status.problem = "/run/pt-hook/report.json: " + found.problem;
        return status;
    }
    if (texts.cmdline_error != 0) {
        status.problem =
            std::string("/proc/cmdline cannot be read: ") + std::strerror(texts.cmdline_error);
        return status;
    }
    ReadWords read = texts.read();
    if (found.report) {
        status.report_version = found.report->version;
        status.written = found.written;
    }
    if (found.report && !found.report->off) {
        use_report(inventory, context, found, texts, read, status);
    } else if (read.wish.selectors.empty()) {
        status.state = BootState::kNotAsked;
    } else {
        const bool is_off = found.report ? found.report->off : read.wish.off;
        status.state = is_off ? BootState::kSwitchedOff : BootState::kDidNotRun;
        status.cause = is_off ? Cause::kSwitchedOff : Cause::kUnknown;
        if (is_off) status.problem = "switched off by pt.off";
        if (!is_off && comes_from_conf_alone(read.wish))
            status.notes.push_back("only /etc/pt-hook.conf asks for devices, not the command line");
        judge_words(context, inventory, texts, read, status);
    }
    if (texts.conf_error == 0) return status;
    const std::string unread =
        std::string("/etc/pt-hook.conf cannot be read: ") + std::strerror(texts.conf_error);
    if (status.state == BootState::kNotAsked) {
        // the only file that could ask for a device
        status.state = BootState::kUnknown;
        status.problem = unread;
    } else {
        status.notes.push_back(unread);
    }
    return status;
}

std::string_view name_of(Cause cause) {
    switch (cause) {
        case Cause::kNone:
            return "none";
        case Cause::kSwitchedOff:
            return "switched_off";
        case Cause::kNotInstalled:
            return "not_installed";
        case Cause::kNotInImage:
            return "not_in_image";
        case Cause::kNotStarted:
            return "not_started";
        case Cause::kConfNotInImage:
            return "conf_not_in_image";
        case Cause::kImageRebuilt:
            return "image_rebuilt";
        case Cause::kOtherImage:
            return "other_image";
        case Cause::kUnknown:
            break;
    }
    return "unknown";
}

}  // namespace pt::ctl
