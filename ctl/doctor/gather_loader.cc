// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/doctor/gather.h"
#include "ctl/loader.h"
#include "ctl/shell.h"

namespace pt::ctl {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

// "sudo a && sudo b", with " && " in front.
std::string then_run(const std::vector<Command>& commands) {
    std::string text;
    for (const Command& command : commands) text += " && sudo " + shell_command(command);
    return text;
}

// How a word that is not ours gets into the command line; empty where nobody here knows.
std::string change_of(const Loader& loader) {
    const std::string file = loader.files.empty() ? "" : loader.files.front();
    const std::string then = then_run(loader.commands);
    switch (loader.kind) {
        case LoaderKind::kGrub:
            // $GRUB_CMDLINE_LINUX is for grub-mkconfig to expand.
            if (file.find("/grub.d/") != std::string::npos)
                return "echo 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX WORD\"' | sudo tee "
                       "/etc/default/grub.d/iommu.cfg" +
                       then;
            return "sudo sed -i '/^GRUB_CMDLINE_LINUX=/s/\"$/ WORD\"/' " + shell_quoted(file) +
                   then;
        case LoaderKind::kGrubby:
            return "sudo grubby --update-kernel=ALL --args=WORD";
        case LoaderKind::kRpmOstree:
            return "sudo rpm-ostree kargs --append-if-missing=WORD";
        case LoaderKind::kKernelInstall:
            return "sudo sed -i 's/$/ WORD/' " + shell_quoted(file) + then;
        case LoaderKind::kEntries: {
            std::string command = "sudo sed -i '/^options/s/$/ WORD/'";
            for (const std::string& entry : loader.files) command += " " + shell_quoted(entry);
            return loader.files.empty() ? "" : command;
        }
        case LoaderKind::kUki:
            return "echo WORD | sudo tee /etc/cmdline.d/iommu.conf" + then;
        case LoaderKind::kUnknown:
            break;
    }
    return {};
}

}  // namespace

void gather_loader(const Context& context, Facts& facts) {
    const int root = context.root_dir.get();
    const Loader loader = find_loader(root);
    if (loader.kind == LoaderKind::kUnknown) return;
    facts.loader.name = loader.name;
    facts.loader.place = loader.cmdline_path;
    facts.loader.error = loader.cmdline_error;
    facts.loader.words = joined(loader.cmdline);
    facts.loader.has_fixed_line = loader.kind == LoaderKind::kUki;
    const bool is_there = loader.kind != LoaderKind::kKernelInstall ||
                          exists(root, loader.files.front().substr(1).c_str());
    if (is_there && loader.problem.empty()) facts.loader.change = change_of(loader);
}

}  // namespace pt::ctl
