// SPDX-License-Identifier: LGPL-2.1-or-later
#include <libkmod.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "ctl/doctor/gather.h"
#include "ctl/doctor/quiet_kmod.h"
#include "ctl/inside.h"

namespace pt::ctl {
namespace {

// More than any file of modprobe.d has.
constexpr off_t kModprobeLimit = 1 << 20;

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
// kernel that runs here. Returns 0 or an errno.
int read_entries(const char* path, std::vector<Entry>& entries) {
    const char* const paths[] = {path, nullptr};
    const KmodContext kmod = quiet_kmod("/", paths);
    if (kmod == nullptr) return ENOMEM;
    append(kmod.get(), "options", kmod_config_get_options, entries);
    append(kmod.get(), "blacklist", kmod_config_get_blacklists, entries);
    append(kmod.get(), "softdep", kmod_config_get_softdeps, entries);
    append(kmod.get(), "install", kmod_config_get_install_commands, entries);
    return 0;
}

using FindInText = void (*)(std::string_view text, std::string_view place,
                            std::vector<Leftover>& found);

class Search {
  public:
    Search(int root, Facts& facts) : root_(root), facts_(facts) {
        (void)read_entries(nullptr, of_cmdline_);  // what is missing there is taken out of nothing
    }

    void in_file(const std::string& path, FindInText find) {
        const TextFile file = read_text_file(root_, path);
        if (file.is_read())
            find(file.text, "/" + path, facts_.leftovers);
        else
            leave(path, file.error);
    }

    // In each file of a directory whose name ends so.
    void in_directory(const std::string& directory, std::string_view ending, FindInText find) {
        for (const std::string& name : names(directory))
            if (name.ends_with(ending)) in_file(directory + "/" + name, find);
    }

    void in_modprobe_directory(const std::string& directory) {
        for (const std::string& name : names(directory))
            if (name.ends_with(".conf")) in_modprobe_file(directory + "/" + name);
    }

    void in_driverctl() {
        const std::string directory = "etc/driverctl.d";
        for (const std::string& name : names(directory)) {
            if (!name.starts_with("pci-")) continue;
            const TextFile file = read_text_file(root_, directory + "/" + name);
            if (file.is_read())
                find_in_driverctl(name, file.text, facts_.leftovers);
            else
                leave(directory + "/" + name, file.error);
        }
    }

    void in_scripts() {
        const std::string directory = "etc/initramfs-tools/scripts/init-top";
        for (const std::string& name : names(directory))
            if (name != "pt-hook") in_file(directory + "/" + name, find_in_script);
    }

  private:
    // libkmod opens the file by itself, so it is given the one that was found to be a file. It adds
    // the words of the command line to every configuration: they are taken out again.
    void in_modprobe_file(const std::string& path) {
        Fd file;
        struct stat status {};
        int error = open_regular(root_, path, file);
        if (error == 0 && fstat(file.get(), &status) != 0) error = errno;
        if (error == 0 && status.st_size > kModprobeLimit) error = EFBIG;
        std::vector<Entry> entries;
        if (error == 0)
            error = read_entries(("/proc/self/fd/" + std::to_string(file.get())).c_str(), entries);
        if (error != 0) return leave(path, error);
        for (const Entry& entry : of_cmdline_) {
            const auto same = std::find(entries.begin(), entries.end(), entry);
            if (same != entries.end()) entries.erase(same);
        }
        for (const Entry& entry : entries)
            find_in_modprobe({entry.command, entry.module, entry.value}, "/" + path,
                             facts_.leftovers);
    }

    std::vector<std::string> names(const std::string& directory) {
        int error = 0;
        std::vector<std::string> found = sorted_names(root_, directory, error);
        leave(directory, error);
        return found;
    }

    // Nobody reads the configuration from a directory in the place of a file.
    void leave(const std::string& path, int error) {
        if (error != 0 && error != ENOENT && error != ENOTDIR && error != EISDIR)
            facts_.unread_leftovers.emplace_back("/" + path, error);
    }

    int root_;
    Facts& facts_;
    std::vector<Entry> of_cmdline_;
};

}  // namespace

void gather_leftovers(const Context& context, Facts& facts) {
    const int root = context.root_dir.get();
    Search search(root, facts);
    // What is in /usr/lib is the distribution's own.
    search.in_modprobe_directory("etc/modprobe.d");
    search.in_modprobe_directory("run/modprobe.d");
    // In Debian modules-load.d has a link to /etc/modules.
    std::string link;
    (void)read_link_name(root, "etc/modules-load.d/modules.conf", link);
    if (link.empty()) search.in_file("etc/modules", find_in_module_list);
    search.in_directory("etc/modules-load.d", ".conf", find_in_module_list);
    search.in_file("etc/initramfs-tools/modules", find_in_module_list);
    search.in_file("etc/dracut.conf", find_in_builder_conf);
    search.in_directory("etc/dracut.conf.d", ".conf", find_in_builder_conf);
    search.in_file("etc/mkinitcpio.conf", find_in_builder_conf);
    search.in_directory("etc/mkinitcpio.conf.d", ".conf", find_in_builder_conf);
    search.in_driverctl();
    search.in_scripts();
    find_in_cmdline(facts.cmdline.text, facts.leftovers);
}

}  // namespace pt::ctl
