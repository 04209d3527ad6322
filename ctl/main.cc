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
#include "ctl/command_line.h"
#include "ctl/output.h"
#include "ctl/texts.h"
#include "ctl/this_machine.h"

namespace {

using namespace pt;
using namespace pt::ctl;

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
    Context context;
    context.is_terminal = isatty(STDOUT_FILENO) == 1;
    context.colour = context.is_terminal && may_use_colour();
    context.width = output_width();
    int code = kExitGood;
    const Run run = read_command_line(argc, argv, context, code);
    if (!run) return with_output_written(code);
    try {
        return with_output_written(run_on(context, run));
    } catch (const std::exception& error) {
        print_error(error.what());
        return kExitCannotTell;
    }
}
