// SPDX-License-Identifier: LGPL-2.1-or-later
// ptctl use and unuse: the words into what boots this machine, and out of it again.
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/cmdline.h"
#include "core/text.h"
#include "ctl/change.h"
#include "ctl/commands.h"
#include "ctl/edit.h"
#include "ctl/inventory.h"
#include "ctl/lock.h"
#include "ctl/lockout.h"
#include "ctl/output.h"
#include "ctl/rebuild.h"
#include "ctl/shell.h"
#include "ctl/texts.h"
#include "ctl/use_words.h"

namespace pt::ctl {
namespace {

using Json = nlohmann::ordered_json;

// All that is to be said before anything is done.
struct Proposal {
    std::vector<std::string> devices;   // "01:00.0 NVIDIA Corporation GP102 ..."
    std::vector<std::string> words;     // to be added, or to be removed
    std::string place;                  // "GRUB", or the conf file
    std::vector<std::string> warnings;  // whole sentences
    std::vector<std::string> refusals;  // likewise; with any nothing is done
    Change change;
};

void print_files(const Context& context, const Change& change) {
    for (const FileChange& file : change.files) {
        if (file.by_command || file.now == file.after) continue;
        const char* what = !file.now.exists    ? " (a new file)"
                           : file.after.exists ? ""
                                               : " (removed)";
        print_line(toned(context, Tone::kStrong, printable(file.path) + what));
        for (const std::string& line : changed_lines(file.now.text, file.after.text))
            print_line(toned(context,
                             line[0] == '+'   ? Tone::kGood
                             : line[0] == '-' ? Tone::kBad
                                              : Tone::kFaint,
                             printable(line)));
    }
}

// Those for another system are never run here, where they would change this one.
void print_commands(const Context& context, const Change& change) {
    const std::string label = context.is_this_machine ? "run: "
                              : context.is_captured   ? "to be run there: "
                                                      : "to be run: ";
    for (Command command : change.commands) {
        if (!context.is_this_machine && !context.is_captured)
            command.insert(command.begin(), {"chroot", context.root});
        print_line(toned(context, Tone::kStrong, label) + shell_command(command));
    }
}

void print_proposal(const Context& context, const Proposal& proposal) {
    for (const std::string& device : proposal.devices) print_line(printable(device));
    if (!proposal.devices.empty()) print_line("");
    print_wrapped(context, "words  ", 7, join_words(proposal.words));
    print_wrapped(context, "for    ", 7, proposal.place);
    print_line("");
    print_files(context, proposal.change);
    print_commands(context, proposal.change);
    for (const std::string& note : proposal.change.notes)
        print_wrapped(context, "note: ", 6, printable(note));
    for (const std::string& warning : proposal.warnings)
        print_wrapped(context, "warning: ", 9, printable(warning), Tone::kWarning);
}

Json json_of(const FileText& text) {
    return text.exists ? Json(text.text) : Json();
}

void print_proposal_json(const Proposal& proposal, bool is_done, const std::string& problem) {
    Json json{{"version", VERSION}, {"words", proposal.words}, {"place", proposal.place}};
    json["devices"] = proposal.devices;
    json["files"] = Json::array();
    for (const FileChange& file : proposal.change.files)
        if (!file.by_command && file.now != file.after)
            json["files"].push_back({{"path", file.path},
                                     {"before", json_of(file.now)},
                                     {"after", json_of(file.after)}});
    json["commands"] = proposal.change.commands;
    json["notes"] = proposal.change.notes;
    json["warnings"] = proposal.warnings;
    json["refusals"] = proposal.refusals;
    json["done"] = is_done;
    json["problem"] = problem.empty() ? Json() : Json(problem);
    print_json(json);
}

// Whether the user agrees. Sets why nobody can be asked.
bool ask(std::string& problem) {
    if (isatty(STDIN_FILENO) != 1) {
        problem = "Nothing is changed: there is no terminal to ask on, and no --yes.";
        return false;
    }
    std::cout << "\nDo this? [y/N] " << std::flush;
    std::string answer;
    if (!std::getline(std::cin, answer)) std::cout << '\n';  // Ctrl-D leaves the line unended
    if (answer == "y" || answer == "Y" || answer == "yes") return true;
    problem = "Nothing is changed.";
    return false;
}

// What the loader would boot with now, if that is not as it should be: a whole sentence.
std::string check_result(const Context& context, const Proposal& proposal, bool is_use,
                         bool in_conf) {
    if (!context.is_this_machine || in_conf) return {};
    const Loader loader = find_loader(context.root_dir.get());
    if (loader.cmdline_error != 0 || loader.cmdline_path.empty()) return {};
    for (const std::string& word : proposal.words) {
        const bool is_there =
            std::find(loader.cmdline.begin(), loader.cmdline.end(), word) != loader.cmdline.end();
        if (is_there == is_use) continue;
        return loader.cmdline_path + (is_use ? " has not got " : " still has ") + word +
               " all the same: something else sets the command line" +
               (loader.kind == LoaderKind::kGrub
                    ? ", such as another file in /etc/default or /etc/default/grub.d."
                    : ".");
    }
    return {};
}

// What is left to do when all is done.
std::string end_of(const Context& context, const Change& change, bool is_use) {
    if (!context.is_this_machine && !change.commands.empty())
        return "The files are as shown. The commands above are left to you: they work on that "
               "system with its own programs, and most of them need /dev, /proc and /sys there.";
    return is_use ? "Done. Reboot; then 'ptctl status' tells whether the cards are held. "
                    "'ptctl unuse' undoes it."
                  : "Done. After a reboot the cards are the host's again.";
}

std::string run_and_tell(const Command& command) {
    print_error("running: " + shell_command(command));
    return run_command(command);
}

// Shows, asks, does. The result is an exit code.
int carry_out(const Context& context, const UseOptions& options, const Proposal& proposal,
              bool is_use) {
    std::string problem;
    if (!context.json) print_proposal(context, proposal);
    bool is_done = false;
    const bool is_refused = !proposal.refusals.empty();
    if (!is_refused && !options.print_only) {
        if (context.is_captured)
            problem = "Nothing is changed: a captured machine is for looking at; see --print.";
        else if (context.is_this_machine && geteuid() != 0)
            problem = "Nothing is changed: that takes root's rights.";
        else if (!options.yes && context.json)
            problem = "Nothing is changed: with --json nobody is asked, and there is no --yes.";
        else if (options.yes || ask(problem)) {
            const Uninterrupted uninterrupted;
            problem = apply_change(
                context.root_dir.get(), proposal.change,
                context.is_this_machine ? RunCommand(run_and_tell)
                                        : [](const Command&) { return std::string(); });
        }
        is_done = problem.empty();
        if (is_done) problem = check_result(context, proposal, is_use, options.in_conf);
    }
    if (context.json) print_proposal_json(proposal, is_done, problem);
    for (const std::string& refusal : proposal.refusals) print_error("refused: " + refusal);
    if (!problem.empty()) print_error(problem);
    if (is_refused || !problem.empty()) return kExitBad;
    if (is_done && !context.json)
        print_wrapped(context, "", 0, end_of(context, proposal.change, is_use));
    return kExitGood;
}

// The end before there is anything to propose. A program gets its document all the same.
int give_up(const Context& context, const Proposal& proposal, const std::string& problem,
            int code) {
    if (context.json) print_proposal_json(proposal, false, problem);
    for (const std::string& refusal : proposal.refusals) print_error("refused: " + refusal);
    if (!problem.empty()) print_error(problem);
    return code;
}

std::string place_of(const Loader& loader, bool in_conf) {
    return in_conf ? "/etc/pt-hook.conf in the images" : loader.name;
}

std::string read_all(const Context& context, const char* path) {
    FileText text;
    (void)read_text(context.root_dir.get(), path, text);  // what cannot be read asks for nothing
    return text.text;
}

// The command line of the next boot without what `use` has put there.
std::vector<std::string> other_words(const Context& context, const Loader& loader,
                                     const Record& record) {
    std::vector<std::string> words = loader.cmdline_error != 0 || loader.cmdline_path.empty()
                                         ? running_cmdline(context.root_dir.get())
                                         : loader.cmdline;
    const std::vector<std::string> ours = record.added();
    std::erase_if(words, [&](const std::string& word) {
        return std::find(ours.begin(), ours.end(), word) != ours.end();
    });
    return words;
}

constexpr const char* kVtdWord = "intel_iommu=on";

bool says_of_vtd(const std::vector<std::string>& words) {
    return std::any_of(words.begin(), words.end(),
                       [](const std::string& word) { return word.starts_with("intel_iommu="); });
}

// VT-d that is there and only lacks its word (Documentation/admin-guide/kernel-parameters.txt).
bool wants_vtd(const Inventory& inventory, const std::vector<std::string>& others) {
    return !inventory.iommu.has_groups && inventory.iommu.has_dmar && !says_of_vtd(others);
}

// Whether VT-d is on by the word of an earlier `use`, which goes with the words of that.
bool has_vtd_by_us(const Record& record, const std::vector<std::string>& others) {
    const std::vector<std::string> ours = record.added();
    return std::find(ours.begin(), ours.end(), kVtdWord) != ours.end() && !says_of_vtd(others);
}

// Holds the words against what they would do together with all others. The result is what the next
// boot would take, indices into Inventory::functions.
std::vector<std::size_t> look_ahead(const Context& context, const UseOptions& options,
                                    const Inventory& inventory, const Wanted& wanted,
                                    const std::vector<std::string>& others, Proposal& proposal) {
    std::string conf = read_all(context, "/etc/pt-hook.conf");
    for (const FileChange& file : proposal.change.files)
        if (file.path == "/etc/pt-hook.conf") conf = file.after.text;
    const Foresight foresight =
        foresee(context.root_dir.get(), inventory, wanted, join_words(others),
                options.in_conf ? "" : join_words(proposal.words), conf);
    for (const std::string& problem : foresight.problems) proposal.refusals.push_back(problem);
    for (const std::string& warning : foresight.warnings) proposal.warnings.push_back(warning);
    if (foresight.lacks_iommu.empty()) return foresight.taken;
    // A word that this is about to add is no word that has not helped.
    const bool is_vtd = wants_vtd(inventory, others);
    if (is_vtd && !options.in_conf) return foresight.taken;
    proposal.warnings.push_back(foresight.lacks_iommu);
    if (is_vtd)
        proposal.warnings.push_back(
            "intel_iommu=on has to be added to the kernel command line: no file of pt-hook can "
            "switch the IOMMU on.");
    return foresight.taken;
}

}  // namespace

int use(const Context& context, const UseOptions& options) {
    const int root = context.root_dir.get();
    Fd lock;
    if (!options.print_only)
        if (const std::string problem = keep_others_out(context, lock); !problem.empty())
            return give_up(context, {}, problem, kExitBad);
    const Inventory inventory = read_inventory(context);
    const Loader loader = find_loader(root);
    Proposal proposal;
    proposal.place = place_of(loader, options.in_conf);
    if (inventory.error != 0)
        return give_up(
            context, proposal,
            std::string("cannot list the PCI devices: ") + std::strerror(inventory.error),
            kExitCannotTell);
    const Wanted wanted = choose_words(inventory, options.cards);
    if (wanted.is_refused) {
        proposal.refusals = {wanted.problem};
        return give_up(context, proposal, {}, kExitBad);
    }
    if (!wanted.problem.empty()) return give_up(context, proposal, wanted.problem, kExitUsage);
    Record record;
    if (const std::string problem = read_record(root, record); !problem.empty())
        return give_up(context, proposal, problem, kExitCannotTell);

    const std::vector<std::string> others = other_words(context, loader, record);
    for (const std::size_t index : wanted.taken) {
        const Function& function = inventory.functions[index];
        proposal.devices.push_back(short_address(function.device.address) + " " +
                                   full_name(function));
    }
    proposal.words = wanted.words;
    const bool wants_word = wants_vtd(inventory, others);
    if (!options.in_conf && (wants_word || has_vtd_by_us(record, others)))
        proposal.words.emplace_back(kVtdWord);
    else if (has_vtd_by_us(record, others))
        proposal.warnings.push_back(
            "intel_iommu=on goes away with the words that were there before: unless something else "
            "switches the IOMMU on, it has to be added to the kernel command line by hand.");
    if (wants_word && !options.in_conf)
        proposal.warnings.push_back("VT-d is there but off; intel_iommu=on switches it on.");
    proposal.change = plan_use(root, loader, options.in_conf, proposal.words, record);
    if (!proposal.change.problem.empty()) proposal.refusals.push_back(proposal.change.problem);
    const std::vector<std::size_t> taken =
        look_ahead(context, options, inventory, wanted, others, proposal);
    for (const std::string& danger : find_dangers(root, inventory, taken)) {
        if (options.force)
            proposal.warnings.push_back(danger);
        else
            proposal.refusals.push_back(danger + " --force does it all the same.");
    }
    if (proposal.refusals.empty() && proposal.change.does_nothing()) {
        if (context.json)
            print_proposal_json(proposal, false, {});
        else
            print_line("These words are there already: " + join_words(proposal.words));
        return kExitGood;
    }
    return carry_out(context, options, proposal, true);
}

int unuse(const Context& context, const UseOptions& options) {
    const int root = context.root_dir.get();
    Fd lock;
    if (!options.print_only)
        if (const std::string problem = keep_others_out(context, lock); !problem.empty())
            return give_up(context, {}, problem, kExitBad);
    Proposal proposal;
    Record record;
    if (const std::string problem = read_record(root, record); !problem.empty())
        return give_up(context, proposal, problem, kExitCannotTell);
    // That of the record, and not the one that boots the machine by now.
    const bool in_conf = record.kind == "conf";
    const Loader loader =
        record.is_empty() || in_conf ? find_loader(root) : find_loader_of(root, record.kind);
    proposal.place = place_of(loader, in_conf);
    if (record.is_empty()) {
        if (context.json)
            print_proposal_json(proposal, false, {});
        else
            print_line("Nothing to undo: there are no words of 'ptctl use' on this machine.");
        return kExitGood;
    }
    proposal.words = record.added();
    UseOptions with_place = options;
    with_place.in_conf = in_conf;
    proposal.change = plan_unuse(root, record);
    if (!proposal.change.problem.empty()) proposal.refusals.push_back(proposal.change.problem);
    return carry_out(context, with_place, proposal, false);
}

}  // namespace pt::ctl
