// SPDX-License-Identifier: LGPL-2.1-or-later
// pt-hook: gives the PCI devices that the kernel command line names to vfio-pci, before any other
// driver can have them. Read, decide, say, act, read back, report.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
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
#include "sys/survey.h"

namespace {

using namespace pt;

enum ExitCode : int { kExitDone = 0, kExitNotDone = 1, kExitUsage = 2, kExitStop = 3 };

// bootconfig can make a command line longer than the kernel's own limit (lib/bootconfig.c
// XBC_DATA_MAX is 32 KiB).
constexpr std::size_t kCmdlineMax = 65536;

constexpr std::size_t kConfMax = 65536;

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
    void say_error(std::string_view what, int error,
                   std::string_view consequence = "nothing is done") const {
        Line line{Level::kError, {}};
        put(line.text, what);
        put(line.text, ": ");
        put(line.text, std::strerror(error));
        put(line.text, ", ");
        put(line.text, consequence);
        if (!options_.dry_run || !options_.json) return say(line);
        line.text.push_back('\n');
        print(STDERR_FILENO, line.text);
    }

  private:
    const Options& options_;
    const KernelLog& log_;
};

// What the user wrote: the texts are referred to by all that is read from them.
struct Texts {
    std::string conf;
    int conf_error = 0;
    std::string cmdline;
};

int write_report(int root, const Report& report) {
    int error = make_directory(root, "run/pt-hook");
    if (error == 0) error = replace_file(root, "run/pt-hook/report.json", to_json(report));
    return error;
}

// Does what the words ask for.
int run(const Options& options, const Texts& texts, int root) {
    const std::uint64_t begin = now_us();
    const KernelLog log(root);
    const Output output(options, log);
    ReadWords read = read_words(texts.cmdline, texts.conf);
    Plan plan;
    Outcome outcome;
    Report report{VERSION,          texts.conf, texts.conf_error, &read.wish, &read.words,
                  &read.complaints, &plan,      nullptr,          0};

    // The kernel that saves the memory of a crashed one (fs/proc/vmcore.c) has the words of that
    // one, and may need a device that they name to write to.
    const bool is_crash_kernel = !read.wish.asks_for_nothing() && exists(root, "proc/vmcore");
    if (read.wish.off || is_crash_kernel) {
        read.wish.off = true;
        read.complaints.clear();
        report.conf_error = 0;
        output.say({Level::kInfo, is_crash_kernel ? "a kernel that saves a crash, nothing is done"
                                                  : "switched off by pt.off, nothing is done"});
    } else if (!read.wish.asks_for_nothing()) {
        const PciBus bus(root);
        int error = 0;
        plan = plan_for(read.wish, bus, root, read.complaints, error);
        if (error != 0) output.say_error("cannot list the PCI devices", error);
        output.say(describe_plan(report));
        if (!options.dry_run) {
            const ApplyContext context{root, std::strcmp(options.root, "/") == 0, read.wish.debug,
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
    const bool says_something =
        !read.words.empty() || !read.complaints.empty() || report.conf_error != 0;
    if (!options.dry_run && says_something)
        if (const int error = write_report(root, report); error != 0)
            output.say_error("cannot write /run/pt-hook/report.json", error, "the work is done");
    if (is_fulfilled(report)) return kExitDone;
    return read.wish.stop_on_error && !options.dry_run ? kExitStop : kExitNotDone;
}

// Reads the sources of the words; returns 0, or the errno for which there is no command line.
int read_texts(const Options& options, int root, Texts& texts) {
    texts.conf_error = read_whole_file(root, kConfPath.substr(1).data(), kConfMax, texts.conf);
    if (texts.conf_error == ENOENT) texts.conf_error = 0;
    if (options.cmdline == nullptr)
        return read_file(root, "proc/cmdline", kCmdlineMax, texts.cmdline);
    texts.cmdline = options.cmdline;
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    // Nobody reading what is printed is no reason to stop in the middle of the work.
    (void)signal(SIGPIPE, SIG_IGN);
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
    Texts texts;
    if (const int error = read_texts(options, root.get(), texts); error != 0) {
        const KernelLog log(root.get());
        Output(options, log).say_error("cannot read /proc/cmdline", error);
        const bool stops = read_words({}, texts.conf).wish.stop_on_error;
        return stops && !options.dry_run ? kExitStop : kExitNotDone;
    }
    return run(options, texts, root.get());
}
