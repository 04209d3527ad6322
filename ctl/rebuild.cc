// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/rebuild.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "ctl/edit.h"
#include "ctl/inside.h"

namespace pt::ctl {
namespace {

constexpr std::size_t kFileMax = 1 << 20;

std::string text_of(int root, const std::string& path) {
    std::string text;
    if (read_inside(root, path, kFileMax, text) != 0) text.clear();
    return text;
}

bool is_mounted_from_kernel(int root, const char* path) {
    Fd directory;
    struct statfs status {};
    return open_inside(root, path, O_PATH, directory) == 0 &&
           fstatfs(directory.get(), &status) == 0 &&
           (status.f_type == SYSFS_MAGIC || status.f_type == PROC_SUPER_MAGIC);
}

// The last value of layout= in a text.
void read_layout(const std::string& text, std::string& layout) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const std::vector<std::string> words = split_words(line);
        if (words.empty() || !words[0].starts_with("layout=")) continue;
        layout = words[0].substr(words[0].find('=') + 1);
        std::erase_if(layout, [](char c) { return c == '"' || c == '\''; });
    }
}

}  // namespace

bool has_program(int root, const std::string& name) {
    for (const char* directory : {"usr/sbin/", "usr/bin/", "sbin/", "bin/"})
        if (exists_inside(root, directory + name)) return true;
    return false;
}

bool is_image_based(int root) {
    return exists_inside(root, "ostree/repo");
}

std::vector<Command> kernel_install_commands(int root) {
    std::vector<Command> commands;
    std::vector<std::string> versions;
    const char* modules =
        exists_inside(root, "usr/lib/modules") ? "usr/lib/modules" : "lib/modules";
    (void)list_inside(root, modules, versions);
    std::sort(versions.begin(), versions.end());
    for (const std::string& version : versions) {
        const std::string inside = std::string(modules) + "/" + version + "/vmlinuz";
        const std::string outside = "boot/vmlinuz-" + version;
        for (const std::string& image : {inside, outside}) {
            if (!exists_inside(root, image)) continue;
            commands.push_back({"kernel-install", "add", version, "/" + image});
            break;
        }
    }
    return commands;
}

std::string kernel_install_layout(int root) {
    std::string layout;
    for (const std::string directory : {"etc/kernel/", "run/kernel/", "usr/lib/kernel/"}) {
        if (!exists_inside(root, directory + "install.conf")) continue;
        read_layout(text_of(root, directory + "install.conf"), layout);
        break;
    }
    // Those that are added count more, in the order of their names, wherever they are.
    std::vector<std::pair<std::string, std::string>> added;
    for (const std::string directory : {"etc/kernel/", "run/kernel/", "usr/lib/kernel/"}) {
        std::vector<std::string> names;
        (void)list_inside(root, directory + "install.conf.d", names);  // mostly there is none
        for (const std::string& name : names)
            if (name.ends_with(".conf") &&
                std::none_of(added.begin(), added.end(),
                             [&](const auto& other) { return other.first == name; }))
                added.emplace_back(name, directory + "install.conf.d/" + name);
    }
    std::sort(added.begin(), added.end());
    for (const auto& [name, path] : added) read_layout(text_of(root, path), layout);
    return layout;
}

std::vector<Command> rebuild_commands(int root) {
    if (is_image_based(root)) return {};
    // Debian's has kernel-install take the new image where that is used.
    if (has_program(root, "update-initramfs")) return {{"update-initramfs", "-u", "-k", "all"}};
    const Loader loader = find_loader(root);
    if (loader.kind == LoaderKind::kKernelInstall && !loader.commands.empty())
        return loader.commands;
    std::vector<std::string> presets;
    (void)list_inside(root, "etc/mkinitcpio.d", presets);  // none without mkinitcpio
    const bool has_presets = std::any_of(
        presets.begin(), presets.end(), [](const auto& name) { return name.ends_with(".preset"); });
    if (has_program(root, "mkinitcpio") && has_presets) return {{"mkinitcpio", "-P"}};
    if (has_program(root, "dracut")) return {{"dracut", "--regenerate-all", "--force"}};
    if (has_program(root, "mkinitcpio")) return {{"mkinitcpio", "-P"}};
    return {};
}

bool is_another_running(int root) {
    struct stat own {};
    struct stat slash {};
    struct stat running {};
    const auto is_same = [](const struct stat& a, const struct stat& b) {
        return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    };
    if (fstat(root, &own) != 0 || stat("/", &slash) != 0) return false;
    if (is_same(own, slash)) return stat("/proc/1/root", &running) == 0 && !is_same(own, running);
    return is_mounted_from_kernel(root, "sys") || is_mounted_from_kernel(root, "proc");
}

std::vector<std::string> running_cmdline(int root) {
    if (is_another_running(root)) return {};
    std::vector<std::string> words = split_words(text_of(root, "proc/cmdline"));
    std::erase_if(words, [](const std::string& word) {
        return word.starts_with("BOOT_IMAGE=") || word.starts_with("initrd=");
    });
    return words;
}

}  // namespace pt::ctl
