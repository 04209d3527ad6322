// SPDX-License-Identifier: LGPL-2.1-or-later
#include <libkmod.h>

#include <algorithm>
#include <memory>

#include "ctl/doctor/gather.h"

namespace pt::ctl {
namespace {

using KmodContext = std::unique_ptr<kmod_ctx, kmod_ctx* (*)(kmod_ctx*)>;

struct Entry {
    std::string command;
    std::string module;
    std::string value;

    bool operator==(const Entry&) const = default;
};

using GetEntries = kmod_config_iter* (*)(const kmod_ctx*);

void append(kmod_ctx* kmod, const char* command, GetEntries get, std::vector<Entry>& entries) {
    const std::unique_ptr<kmod_config_iter, void (*)(kmod_config_iter*)> iterator(
        get(kmod), kmod_config_iter_free_iter);
    while (iterator != nullptr && kmod_config_iter_next(iterator.get())) {
        const char* value = kmod_config_iter_get_value(iterator.get());
        entries.push_back(
            {command, kmod_config_iter_get_key(iterator.get()), value == nullptr ? "" : value});
    }
}

// What libkmod reads from a file of modprobe.d, or without one: from the command line of the
// kernel that runs here.
std::vector<Entry> read_entries(const char* path) {
    const char* const paths[] = {path, nullptr};
    const KmodContext kmod(kmod_new("/", paths), kmod_unref);
    std::vector<Entry> entries;
    if (kmod == nullptr) return entries;
    append(kmod.get(), "options", kmod_config_get_options, entries);
    append(kmod.get(), "blacklist", kmod_config_get_blacklists, entries);
    append(kmod.get(), "softdep", kmod_config_get_softdeps, entries);
    append(kmod.get(), "install", kmod_config_get_install_commands, entries);
    return entries;
}

// libkmod adds the words of the command line to every configuration: they are taken out again.
void find_in_modprobe_file(const std::string& path, const std::string& place,
                           const std::vector<Entry>& of_cmdline, std::vector<Leftover>& found) {
    std::vector<Entry> entries = read_entries(path.c_str());
    for (const Entry& entry : of_cmdline) {
        const auto same = std::find(entries.begin(), entries.end(), entry);
        if (same != entries.end()) entries.erase(same);
    }
    for (const Entry& entry : entries)
        find_in_modprobe({entry.command, entry.module, entry.value}, place, found);
}

using FindInText = void (*)(std::string_view text, std::string_view place,
                            std::vector<Leftover>& found);

void find_in_file(int root, const std::string& path, FindInText find,
                  std::vector<Leftover>& found) {
    const TextFile file = read_text_file(root, path);
    if (file.is_read()) find(file.text, "/" + path, found);
}

void find_in_directory(int root, const std::string& directory, std::string_view ending,
                       FindInText find, std::vector<Leftover>& found) {
    int error = 0;
    for (const std::string& name : sorted_names(root, directory, error))
        if (name.ends_with(ending)) find_in_file(root, directory + "/" + name, find, found);
}

void find_overrides(int root, std::vector<Leftover>& found) {
    int error = 0;
    const std::string directory = "etc/driverctl.d";
    for (const std::string& name : sorted_names(root, directory, error))
        find_in_driverctl(name, read_text_file(root, directory + "/" + name).text, found);
}

void find_scripts(int root, std::vector<Leftover>& found) {
    int error = 0;
    const std::string directory = "etc/initramfs-tools/scripts/init-top";
    for (const std::string& name : sorted_names(root, directory, error))
        if (name != "pt-hook") find_in_file(root, directory + "/" + name, find_in_script, found);
}

}  // namespace

void gather_leftovers(const Context& context, Facts& facts) {
    const int root = context.root_dir.get();
    std::vector<Leftover>& found = facts.leftovers;
    const std::vector<Entry> of_cmdline = read_entries(nullptr);
    // What is in /usr/lib is the distribution's own.
    for (const std::string directory : {"etc/modprobe.d", "run/modprobe.d"}) {
        int error = 0;
        for (const std::string& name : sorted_names(root, directory, error)) {
            if (!name.ends_with(".conf")) continue;
            const std::string path = directory + "/" + name;
            find_in_modprobe_file(context.root + "/" + path, "/" + path, of_cmdline, found);
        }
    }
    // In Debian modules-load.d has a link to /etc/modules.
    std::string link;
    (void)read_link_name(root, "etc/modules-load.d/modules.conf", link);
    if (link.empty()) find_in_file(root, "etc/modules", find_in_module_list, found);
    find_in_directory(root, "etc/modules-load.d", ".conf", find_in_module_list, found);
    find_in_file(root, "etc/initramfs-tools/modules", find_in_module_list, found);
    find_in_file(root, "etc/dracut.conf", find_in_builder_conf, found);
    find_in_directory(root, "etc/dracut.conf.d", ".conf", find_in_builder_conf, found);
    find_in_file(root, "etc/mkinitcpio.conf", find_in_builder_conf, found);
    find_in_directory(root, "etc/mkinitcpio.conf.d", ".conf", find_in_builder_conf, found);
    find_overrides(root, found);
    find_scripts(root, found);
    find_in_cmdline(facts.cmdline.text, found);
}

}  // namespace pt::ctl
