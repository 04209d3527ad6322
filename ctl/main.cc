// SPDX-License-Identifier: LGPL-2.1-or-later
// ptctl: what pt-hook sees, would do and has done, from the running system.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "ctl/archive.h"
#include "ctl/commands.h"
#include "ctl/output.h"
#include "ctl/texts.h"
#include "ctl/this_machine.h"

namespace {

using namespace pt;
using namespace pt::ctl;

// Columns before the descriptions of --help, each of which fits into the rest of 80: not every
// version of CLI11 breaks them.
constexpr std::size_t kHelpColumn = 26;

// Colours only for a person who wants them (https://no-color.org), in a terminal that says what it
// is.
bool may_use_colour() {
    const char* no_color = std::getenv("NO_COLOR");
    const char* term = std::getenv("TERM");
    return (no_color == nullptr || *no_color == '\0') && term != nullptr && *term != '\0' &&
           std::strcmp(term, "dumb") != 0;
}

// The columns of the terminal, or of one if standard output is none.
std::size_t output_width() {
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefaultWidth;
    return size.ws_col;
}

// Runs a command on the root directory, or on the archive that stands in for it.
int run_on(Context& context, const Run& run) {
    TemporaryTree tree;
    std::error_code ignored;  // what is no file is a directory, or fails as one
    if (std::filesystem::is_regular_file(context.root, ignored)) {
        if (const std::string problem = tree.unpack(context.root); !problem.empty()) {
            print_error("cannot read the captured machine '" + context.root + "': " + problem);
            return kExitUsage;
        }
        context.root = tree.path();
        context.is_captured = true;
    }
    if (const int error = open_directory(AT_FDCWD, context.root.c_str(), context.root_dir);
        error != 0) {
        print_error("cannot open the root directory '" + context.root + "'", error);
        return kExitUsage;
    }
    context.is_this_machine =
        !context.is_captured && is_root_of_this_machine(context.root_dir.get(), context.root);
    if (context.is_this_machine) context.root = "/";
    return run(context);
}

// The exit code, unless what was printed does not arrive: on a full disk, a file that was cut off
// must not look like an answer.
int with_output_written(int code) {
    const bool was_good = std::cout.good();
    std::cout.flush();
    if (std::cout.good()) return code;
    if (was_good)
        print_error("cannot write the output", errno);
    else  // an earlier write, whose reason is not known any more
        print_error("cannot write the output");
    return kExitCannotTell;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Shows and chooses the PCI devices that pt-hook gives to vfio-pci at boot.",
                 "ptctl");
    Context context;
    context.is_terminal = isatty(STDOUT_FILENO) == 1;
    context.colour = context.is_terminal && may_use_colour();
    context.width = output_width();
    app.get_formatter()->column_width(kHelpColumn);
    app.set_version_flag("--version", "ptctl " VERSION);
    app.add_option("--root", context.root, "Read the machine below a directory, or a captured one")
        ->type_name("DIR|FILE");
    app.add_flag("--json", context.json, "Print one JSON document");
    app.require_subcommand(1);
    app.fallthrough();

    Run run;
    add_list(app, run);
    add_plan(app, run);
    add_status(app, run);
    add_doctor(app, run);
    add_capture(app, run);
    add_use(app, run);
    add_unuse(app, run);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // CLI11 would say of a command it does not know that one is missing.
        if (app.get_subcommands().empty() && !app.remaining().empty()) {
            print_error("no such command: '" + printable(app.remaining().front()) +
                        "'; ptctl --help lists them");
            return kExitUsage;
        }
        return with_output_written(app.exit(error) == 0 ? kExitGood : kExitUsage);
    }
    try {
        return with_output_written(run_on(context, run));
    } catch (const std::exception& error) {
        print_error(error.what());
        return kExitCannotTell;
    }
}
