// SPDX-License-Identifier: LGPL-2.1-or-later
// CLI11 takes as long to compile as ten files of ours, so no other file knows it.
#include "ctl/command_line.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "ctl/commands.h"
#include "ctl/output.h"
#include "ctl/texts.h"

namespace pt::ctl {
namespace {

// Columns before the descriptions of --help, each of which fits into the rest of 80: not every
// version of CLI11 breaks them.
constexpr std::size_t kHelpColumn = 26;

void add_list(CLI::App& app, Run& run) {
    CLI::App* command = app.add_subcommand("list", "List the displays and what selects them");
    const auto all = std::make_shared<bool>(false);
    command->add_flag("--all", *all, "List every PCI function, not only displays");
    command->callback(
        [&run, all] { run = [all](const Context& context) { return list(context, *all); }; });
}

void add_plan(CLI::App& app, Run& run) {
    CLI::App* command = app.add_subcommand("plan", "Show what the next boot would do, and why");
    const auto words = std::make_shared<std::vector<std::string>>();
    command->add_option("words", *words, "Words in place of those of the running command line")
        ->type_name("WORDS");
    command->callback(
        [&run, words] { run = [words](const Context& context) { return plan(context, *words); }; });
}

void add_status(CLI::App& app, Run& run) {
    CLI::App* command =
        app.add_subcommand("status", "Check that the devices are on vfio-pci since the boot");
    const auto as_metrics = std::make_shared<bool>(false);
    command->add_flag("--prometheus", *as_metrics, "Print metrics for Prometheus' text collector");
    command->callback([&app, &run, as_metrics] {
        // As an exclusion of the option it would stand in the help of all commands.
        if (*as_metrics && app.get_option("--json")->count() != 0)
            throw CLI::ExcludesError("--prometheus", "--json");
        run = [as_metrics](const Context& context) { return status(context, *as_metrics); };
    });
}

void add_doctor(CLI::App& app, Run& run) {
    app.add_subcommand("doctor", "Check everything that handing a card over depends on")
        ->callback([&run] { run = doctor; });
}

void add_capture(CLI::App& app, Run& run) {
    CLI::App* command =
        app.add_subcommand("capture", "Write what ptctl reads to an archive, for bug reports");
    const auto file = std::make_shared<std::string>();
    command->add_option("file", *file, "A tar file, compressed if its name ends in .tar.gz")
        ->type_name("FILE")
        ->required();
    command->callback(
        [&run, file] { run = [file](const Context& context) { return capture(context, *file); }; });
}

void add_common(CLI::App& command, UseOptions& options) {
    command.add_flag("-y,--yes", options.yes, "Do it without asking");
    command.add_flag("--print", options.print_only, "Only tell what would be done");
}

void add_use(CLI::App& app, Run& run) {
    const auto options = std::make_shared<UseOptions>();
    CLI::App* command =
        app.add_subcommand("use", "Give these cards to vfio-pci from the next boot on");
    command
        ->add_option("CARD", options->cards,
                     "An address 01:00.0, slot 01:00, path, or ids 10de:1b06")
        ->required();
    add_common(*command, *options);
    command->add_flag("--conf", options->in_conf,
                      "Write to /etc/pt-hook.conf, and rebuild the images");
    command->add_flag("--force", options->force, "Also what may lock you out of the machine");
    command->callback([&run, options] {
        run = [options](const Context& context) { return use(context, *options); };
    });
}

void add_unuse(CLI::App& app, Run& run) {
    const auto options = std::make_shared<UseOptions>();
    CLI::App* command = app.add_subcommand("unuse", "Undo what `use` has done");
    add_common(*command, *options);
    command->callback([&run, options] {
        run = [options](const Context& context) { return unuse(context, *options); };
    });
}

}  // namespace

Run read_command_line(int argc, char** argv, Context& context, int& code) {
    CLI::App app("Shows and chooses the PCI devices that pt-hook gives to vfio-pci at boot.",
                 "ptctl");
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
        return run;
    } catch (const CLI::ParseError& error) {
        code = kExitUsage;
        // CLI11 would say of a command it does not know that one is missing.
        if (app.get_subcommands().empty() && !app.remaining().empty())
            print_error("no such command: '" + printable(app.remaining().front()) +
                        "'; ptctl --help lists them");
        else if (app.exit(error) == 0)
            code = kExitGood;
        return nullptr;
    }
}

}  // namespace pt::ctl
