// SPDX-License-Identifier: LGPL-2.1-or-later
// pt-hook: gives the PCI devices that the kernel command line names to vfio-pci, before any other
// driver can have them. Read, decide, say, act, read back, report.
#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/report.h"
#include "core/text.h"
#include "core/wish.h"
#include "hook/apply.h"
#include "hook/options.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/kernel_log.h"
#include "sys/pci_bus.h"

namespace {

using namespace pt;

enum ExitCode : int { kExitDone = 0, kExitNotDone = 1, kExitUsage = 2 };

// bootconfig can make a command line longer than the kernel's own limit (lib/bootconfig.c
// XBC_DATA_MAX is 32 KiB).
constexpr std::size_t kCmdlineMax = 65536;

void print(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t length = write(fd, text.data(), text.size());
        if (length <= 0) return;  // nobody reads it any more
        text.remove_prefix(static_cast<std::size_t>(length));
    }
}

int fail_usage(std::string_view message) {
    std::string text("pt-hook: ");
    put(text, message);
    put(text, "\nTry 'pt-hook --help'.\n");
    print(STDERR_FILENO, text);
    return kExitUsage;
}

// Where the lines of a run go: the kernel log at boot, standard output in a dry run.
class Output {
  public:
    Output(const Options& options, const KernelLog& log) : options_(options), log_(log) {}

    void say(const std::vector<Line>& lines) const {
        for (const Line& line : lines) say(line);
    }
    void say(const Line& line) const {
        if (!options_.dry_run) return log_.write(line);
        if (options_.json) return;
        print(STDOUT_FILENO, line.text);
        print(STDOUT_FILENO, "\n");
    }
    void say_error(std::string_view what, int error) const {
        Line line{Level::kError, {}};
        put(line.text, what);
        put(line.text, ": ");
        put(line.text, std::strerror(error));
        put(line.text, ", nothing is done");
        say(line);
    }

  private:
    const Options& options_;
    const KernelLog& log_;
};

Plan plan_for(const Wish& wish, const PciBus& bus, int root, std::vector<Complaint>& complaints,
              int& error) {
    std::vector<PciDevice> devices;
    error = bus.list(devices);
    const Selection selection = select_devices(wish, devices);
    complaints.insert(complaints.end(), selection.complaints.begin(), selection.complaints.end());
    std::vector<DeviceState> states;
    for (const Choice& choice : selection.choices)
        states.push_back(bus.state(devices[choice.device].address));
    return make_plan(wish, devices, selection, states, read_iommu_facts(root));
}

// Does what a command line asks for; it is owned by the caller, for the report points into it.
int run(const Options& options, std::string_view cmdline, int root) {
    const std::uint64_t begin = now_us();
    const KernelLog log(root);
    const Output output(options, log);
    ReadWords words = read_words(cmdline);
    Plan plan;
    Outcome outcome;
    Report report{VERSION, &words.wish, &words.complaints, &plan, nullptr, 0};

    if (words.wish.off) {
        words.complaints.clear();
        output.say({Level::kInfo, "switched off by pt.off, nothing is done"});
    } else if (!words.wish.asks_for_nothing()) {
        const PciBus bus(root);
        int error = 0;
        plan = plan_for(words.wish, bus, root, words.complaints, error);
        if (error != 0) output.say_error("cannot list the PCI devices", error);
        output.say(describe_plan(report));
        if (!options.dry_run) {
            const ApplyContext context{root, std::strcmp(options.root, "/") == 0, words.wish.debug,
                                       options.deadline_ms};
            outcome = apply(plan, bus, log, context);
            report.outcome = &outcome;
            report.elapsed_us = now_us() - begin;
            output.say(describe_outcome(report));
        }
    } else {
        output.say(describe_plan(report));
        if (options.dry_run) output.say({Level::kInfo, "no pt. word asks for a device"});
    }
    report.elapsed_us = now_us() - begin;
    if (options.json) print(STDOUT_FILENO, to_json(report));
    return is_fulfilled(report) ? kExitDone : kExitNotDone;
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse_options({argv + 1, static_cast<std::size_t>(argc - 1)});
    if (!options.error.empty()) return fail_usage(options.error);
    if (options.help || options.version) {
        print(STDOUT_FILENO, options.help ? kUsage : "pt-hook " VERSION "\n");
        return kExitDone;
    }

    Fd root;
    if (const int error = open_directory(AT_FDCWD, options.root, root); error != 0) {
        std::string message("cannot open the root directory ");
        put_quoted(message, options.root);
        put(message, ": ");
        put(message, std::strerror(error));
        return fail_usage(message);
    }
    std::string cmdline;
    if (options.cmdline != nullptr) {
        cmdline = options.cmdline;
    } else if (const int error = read_file(root.get(), "proc/cmdline", kCmdlineMax, cmdline);
               error != 0) {
        const KernelLog log(root.get());
        Output(options, log).say_error("cannot read /proc/cmdline", error);
        return kExitNotDone;
    }
    return run(options, cmdline, root.get());
}
