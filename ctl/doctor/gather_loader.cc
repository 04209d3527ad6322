// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>

#include "ctl/doctor/advice.h"
#include "ctl/doctor/gather.h"
#include "ctl/inside.h"
#include "ctl/loader.h"
#include "ctl/rebuild.h"
#include "ctl/shell.h"

namespace pt::ctl {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

// Whether the settings of GRUB may be in files of a directory, too.
bool reads_directory(const Loader& loader) {
    return !loader.files.empty() && loader.files.front().find("/grub.d/") != std::string::npos;
}

// How a word that is not ours gets into the command line; empty where nobody here knows.
std::string change_of(const Loader& loader) {
    const std::string file = loader.files.empty() ? "" : loader.files.front();
    const std::string then = then_sudo(loader.commands);
    switch (loader.kind) {
        case LoaderKind::kGrub:
            // $GRUB_CMDLINE_LINUX is for grub-mkconfig to expand.
            if (reads_directory(loader))
                return "echo 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX WORD\"' | sudo tee -a "
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
            return "echo WORD | sudo tee -a /etc/cmdline.d/iommu.conf" + then;
        case LoaderKind::kUnknown:
            break;
    }
    return {};
}

// The files in which a word of the command line may stand, as they are read by the loader's tools.
std::vector<std::string> settings_of(int root, const Loader& loader) {
    std::vector<std::string> paths;
    const auto add_all = [&](const std::string& directory, std::string_view ending) {
        int error = 0;
        for (const std::string& name : sorted_names(root, directory, error))
            if (name.ends_with(ending)) paths.push_back("/" + directory + "/" + name);
    };
    switch (loader.kind) {
        case LoaderKind::kGrub:
            paths = {"/etc/default/grub"};
            if (reads_directory(loader)) add_all("etc/default/grub.d", ".cfg");
            break;
        case LoaderKind::kUki:
            paths = {"/etc/kernel/cmdline"};
            add_all("etc/cmdline.d", ".conf");
            break;
        case LoaderKind::kKernelInstall:
        case LoaderKind::kEntries:
            paths = loader.files;
            break;
        case LoaderKind::kGrubby:
        case LoaderKind::kRpmOstree:
        case LoaderKind::kUnknown:
            break;
    }
    return paths;
}

// Whether a setting was changed, added or removed after the menu was made of them.
bool has_newer_settings(int root, const Loader& loader, const LoaderFacts& facts) {
    if (loader.kind != LoaderKind::kGrub) return false;
    const std::int64_t made = modified_inside(root, loader.cmdline_path.substr(1));
    if (reads_directory(loader) && modified_inside(root, "etc/default/grub.d") > made) return true;
    return std::any_of(facts.settings.begin(), facts.settings.end(), [&](const auto& file) {
        return modified_inside(root, file.first.substr(1)) > made;
    });
}

}  // namespace

void gather_loader(const Context& context, Facts& facts) {
    const int root = context.root_dir.get();
    facts.loader.kernel_install = kernel_install_commands(root);
    facts.loader.rebuild = rebuild_commands(root);
    const Loader loader = find_loader(root);
    if (loader.kind == LoaderKind::kUnknown) return;
    facts.loader.kind = loader.kind;
    facts.loader.commands = loader.commands;
    for (const std::string& path : settings_of(root, loader))
        facts.loader.settings.emplace_back(path, read_text_file(root, path.substr(1)));
    facts.loader.has_newer_settings = has_newer_settings(root, loader, facts.loader);
    facts.loader.name = loader.name;
    facts.loader.place = loader.cmdline_path;
    facts.loader.error = loader.cmdline_error;
    facts.loader.words = joined(loader.cmdline);
    facts.loader.has_fixed_line = loader.kind == LoaderKind::kUki;
    const bool is_there = loader.kind != LoaderKind::kKernelInstall ||
                          exists_inside(root, loader.files.front().substr(1));
    if (is_there && loader.problem.empty()) facts.loader.change = change_of(loader);
}

}  // namespace pt::ctl
