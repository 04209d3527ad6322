// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/loader.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "ctl/edit.h"
#include "ctl/inside.h"
#include "ctl/rebuild.h"

namespace pt::ctl {
namespace {

// More than any such file has; a line of 2048 bytes is the longest that x86 takes.
constexpr std::size_t kFileMax = 4 << 20;

// What the loader and the stub of a unified image say of themselves
// (systemd, "The Boot Loader Interface"; GRUB 2.12 and later by its module bli).
constexpr const char* kLoaderInfo =
    "sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
constexpr const char* kStubInfo =
    "sys/firmware/efi/efivars/StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

// Where the boot partition or the EFI system partition may be mounted.
constexpr const char* kBootRoots[] = {"boot", "efi", "boot/efi"};

// The text of a file; empty if it cannot be read, and then `error` says why.
std::string text_of(int root, const std::string& path, int& error) {
    std::string text;
    error = read_inside(root, path, kFileMax, text);
    if (error != 0) text.clear();
    return text;
}

std::string text_of(int root, const std::string& path) {
    int error = 0;
    return text_of(root, path, error);
}

// The names in a directory that end like this, sorted.
std::vector<std::string> names_in(int root, const std::string& directory, std::string_view ending) {
    std::vector<std::string> names;
    std::vector<std::string> result;
    (void)list_inside(root, directory, names);  // what is not there has no names
    for (std::string& name : names)
        if (name.ends_with(ending)) result.push_back(std::move(name));
    std::sort(result.begin(), result.end());
    return result;
}

// The text of an EFI variable: four bytes of attributes, then UTF-16, of which the ASCII counts.
std::string efi_text(int root, const char* path) {
    const std::string bytes = text_of(root, path);
    std::string text;
    for (std::size_t i = 4; i + 1 < bytes.size(); i += 2)
        if (bytes[i] != '\0' && bytes[i + 1] == '\0') text += bytes[i];
    return text;
}

// A boot loader entry (Boot Loader Specification, type #1).
struct Entry {
    std::string path;  // below the root directory, without a leading slash
    std::string text;

    // Whether kernel-install wrote it and will write it anew.
    [[nodiscard]] bool is_generated() const {
        return text.find("90-loaderentry.install") != text.npos ||
               entry_value(text, "linux").ends_with("/" + entry_value(text, "version") + "/linux");
    }
    // What people boot when the usual entry does not work stays without our words.
    [[nodiscard]] bool is_for_rescue() const {
        const std::string title = path + entry_value(text, "title");
        for (const char* word : {"fallback", "rescue", "recovery"})
            if (fnmatch((std::string("*") + word + "*").c_str(), title.c_str(), FNM_CASEFOLD) == 0)
                return true;
        return false;
    }
};

// Whether no file of this identity has been seen; what cannot be looked at has none.
bool is_first(int root, const std::string& path, std::vector<std::pair<dev_t, ino_t>>& seen) {
    Fd file;
    struct stat status {};
    if (open_inside(root, path, O_PATH, file) != 0 || fstat(file.get(), &status) != 0) return true;
    const std::pair identity(status.st_dev, status.st_ino);
    if (std::find(seen.begin(), seen.end(), identity) != seen.end()) return false;
    seen.push_back(identity);
    return true;
}

// All entries that boot Linux, in the order of their names; what cannot be read is left out.
std::vector<Entry> read_entries(int root) {
    std::vector<Entry> entries;
    std::vector<std::pair<dev_t, ino_t>> seen;
    for (const std::string boot : kBootRoots) {
        const std::string directory = boot + "/loader/entries/";
        for (const std::string& name : names_in(root, directory, ".conf")) {
            const std::string path = directory + name;
            // A partition may be mounted in two places, and a directory be a link to another.
            if (!is_first(root, path, seen)) continue;
            Entry entry{path, text_of(root, path)};
            if (!entry_value(entry.text, "linux").empty()) entries.push_back(std::move(entry));
        }
    }
    return entries;
}

// The entry that is booted unless somebody chooses another one: what loader.conf names, else the
// last by name, which is the newest kernel's.
const Entry* default_entry(int root, const std::vector<Entry>& entries) {
    const Entry* result = nullptr;
    for (const Entry& entry : entries)
        if (result == nullptr || !entry.is_for_rescue()) result = &entry;
    for (const std::string boot : kBootRoots) {
        const std::string wanted =
            entry_value(text_of(root, boot + "/loader/loader.conf"), "default");
        for (const Entry& entry : entries) {
            const std::string name = entry.path.substr(entry.path.rfind('/') + 1);
            if (!wanted.empty() && (fnmatch(wanted.c_str(), name.c_str(), 0) == 0 ||
                                    fnmatch((wanted + ".conf").c_str(), name.c_str(), 0) == 0))
                return &entry;
        }
    }
    return result;
}

void take_cmdline(Loader& loader, int root, const std::vector<Entry>& entries) {
    const Entry* entry = default_entry(root, entries);
    if (entry == nullptr) {
        loader.cmdline_error = ENOENT;
        return;
    }
    loader.cmdline_path = "/" + entry->path;
    loader.cmdline = entry_options(entry->text);
    // Entries of Fedora 30 to 33 and RHEL 8 name a variable of GRUB's environment.
    for (const char* environment : {"boot/grub2/grubenv", "boot/efi/EFI/fedora/grubenv"}) {
        const std::string text = text_of(root, environment);
        const std::size_t at = text.find("\nkernelopts=");
        const auto place = std::find(loader.cmdline.begin(), loader.cmdline.end(), "$kernelopts");
        if (at == text.npos || place == loader.cmdline.end()) continue;
        const std::size_t begin = at + std::string_view("\nkernelopts=").size();
        const std::vector<std::string> words =
            split_words(std::string_view(text).substr(begin, text.find('\n', begin) - begin));
        loader.cmdline.insert(loader.cmdline.erase(place), words.begin(), words.end());
    }
}

// The text that mkinitcpio's presets say, without comments.
std::string preset_text(int root) {
    std::string result;
    for (const std::string& name : names_in(root, "etc/mkinitcpio.d", ".preset")) {
        const std::string text = text_of(root, "etc/mkinitcpio.d/" + name);
        std::string_view rest = text;
        while (!rest.empty()) {
            const std::string_view line = rest.substr(0, rest.find('\n'));
            const std::size_t begin = line.find_first_not_of(" \t");
            if (begin != line.npos && line[begin] != '#') result.append(line) += '\n';
            rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        }
    }
    return result;
}

// Files of which mkinitcpio makes the command line of a unified image, in its order (mkinitcpio(8),
// --cmdline).
std::vector<std::string> uki_cmdline_files(int root) {
    std::vector<std::string> files;
    for (const char* path : {"etc/kernel/cmdline", "usr/lib/kernel/cmdline"}) {
        if (!exists_inside(root, path)) continue;
        files.emplace_back(path);
        break;
    }
    for (const std::string& name : names_in(root, "etc/cmdline.d", ".conf"))
        files.push_back("etc/cmdline.d/" + name);
    return files;
}

Loader uki(int root, const std::string& presets) {
    Loader loader;
    loader.kind = LoaderKind::kUki;
    loader.name = "unified kernel images by mkinitcpio";
    loader.files = {"/etc/cmdline.d/pt-hook.conf"};
    loader.commands = {{"mkinitcpio", "-P"}};
    loader.cmdline_path = "/etc/cmdline.d";
    for (const std::string& path : uki_cmdline_files(root)) {
        const std::string text = text_of(root, path);
        std::string_view rest = text;
        while (!rest.empty()) {
            const std::string_view line = rest.substr(0, rest.find('\n'));
            if (!line.starts_with('#'))
                for (std::string& word : split_words(line))
                    loader.cmdline.push_back(std::move(word));
            rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        }
    }
    if (presets.find("cmdline") != presets.npos)
        loader.problem = "a preset in /etc/mkinitcpio.d names a command line of its own";
    return loader;
}

Loader kernel_install(int root, const std::vector<Entry>& entries) {
    Loader loader;
    loader.kind = LoaderKind::kKernelInstall;
    loader.name = "systemd-boot with kernel-install";
    loader.files = {"/etc/kernel/cmdline"};
    loader.commands = kernel_install_commands(root);
    if (exists_inside(root, "etc/kernel/proxmox-boot-uuids") &&
        has_program(root, "proxmox-boot-tool"))
        loader.commands = {{"proxmox-boot-tool", "refresh"}};
    if (loader.commands.empty())
        loader.problem = "no kernel is found that kernel-install could add";
    take_cmdline(loader, root, entries);
    if (loader.cmdline_error != 0) {
        loader.cmdline_path = loader.files.front();
        loader.cmdline =
            split_words(text_of(root, loader.cmdline_path.substr(1), loader.cmdline_error));
    }
    return loader;
}

Loader uki_by_kernel_install(int root) {
    Loader loader = kernel_install(root, {});
    loader.name = "unified kernel images by kernel-install";
    return loader;
}

// Why there is no entry in which words could be added.
std::string why_no_entry(int root) {
    for (const std::string boot : kBootRoots) {
        std::vector<std::string> names;
        const int error = list_inside(root, boot + "/loader/entries", names);
        if (error == EACCES || error == EPERM)
            return "its entries cannot be read: that takes root's rights";
    }
    return "it has no entry in loader/entries that boots Linux and is not for rescue; the command "
           "line of a unified kernel image is inside of it, and what built that is not known";
}

Loader entries_by_hand(int root, const std::vector<Entry>& entries) {
    Loader loader;
    loader.kind = LoaderKind::kEntries;
    loader.name = "systemd-boot";
    for (const Entry& entry : entries)
        if (!entry.is_for_rescue()) loader.files.push_back("/" + entry.path);
    if (loader.files.empty()) loader.problem = why_no_entry(root);
    // What writes all entries anew would lose the words.
    if (has_program(root, "sdboot-manage") && exists_inside(root, "etc/sdboot-manage.conf"))
        loader.problem =
            "sdboot-manage makes its entries anew from LINUX_OPTIONS in /etc/sdboot-manage.conf; "
            "add the words there, and run 'sdboot-manage gen'";
    if (has_program(root, "kernelstub"))
        loader.problem =
            "kernelstub makes its entries anew; add the words by 'kernelstub --add-options'";
    take_cmdline(loader, root, entries);
    return loader;
}

Loader systemd_boot(int root) {
    const std::vector<Entry> entries = read_entries(root);
    const bool is_generated = std::any_of(entries.begin(), entries.end(),
                                          [](const Entry& entry) { return entry.is_generated(); });
    const bool has_settings =
        exists_inside(root, "etc/kernel/cmdline") || exists_inside(root, "etc/kernel/entry-token");
    if (is_generated || (entries.empty() && has_settings)) return kernel_install(root, entries);
    return entries_by_hand(root, entries);
}

Loader grubby(int root) {
    Loader loader;
    loader.kind = LoaderKind::kGrubby;
    loader.name = "GRUB with grubby";
    take_cmdline(loader, root, read_entries(root));
    return loader;
}

// Its entries are written anew for each deployment, from what the command has been told
// (rpm-ostree(1), kargs).
Loader ostree(int root) {
    Loader loader;
    if (has_program(root, "rpm-ostree")) {
        loader.kind = LoaderKind::kRpmOstree;
        loader.name = "rpm-ostree";
    } else {
        loader.name = "an image-based system (ostree)";
        loader.problem = "what changes its command line is not known; rpm-ostree is not installed";
    }
    take_cmdline(loader, root, read_entries(root));
    return loader;
}

Loader grub(int root, const std::string& menu, const std::string& mkconfig) {
    Loader loader;
    loader.kind = LoaderKind::kGrub;
    loader.name = "GRUB";
    // Debian and its kin read the files of a directory too; upstream's GRUB does not.
    const bool has_directory =
        text_of(root, "usr/sbin/" + mkconfig).find("default/grub.d/") != std::string::npos;
    loader.files = {has_directory ? "/etc/default/grub.d/pt-hook.cfg" : "/etc/default/grub"};
    loader.commands = {{mkconfig, "-o", "/" + menu}};
    if (has_program(root, "update-grub")) loader.commands = {{"update-grub"}};
    loader.cmdline_path = "/" + menu;
    const std::string text = text_of(root, menu, loader.cmdline_error);
    loader.cmdline = grub_menu_words(text);
    if (loader.cmdline.empty() && text.find("blscfg") != text.npos)
        loader.problem =
            "its menu is made of boot loader entries, and grubby, which changes these, "
            "is not installed";
    return loader;
}

bool find_grub(int root, Loader& loader) {
    for (const std::string name : {"grub", "grub2"}) {
        const std::string menu = "boot/" + name + "/grub.cfg";
        if (!exists_inside(root, menu) || !has_program(root, name + "-mkconfig")) continue;
        loader = grub(root, menu, name + "-mkconfig");
        return true;
    }
    return false;
}

}  // namespace

std::string_view name_of(LoaderKind kind) {
    switch (kind) {
        case LoaderKind::kGrub:
            return "grub";
        case LoaderKind::kGrubby:
            return "grubby";
        case LoaderKind::kRpmOstree:
            return "rpm-ostree";
        case LoaderKind::kKernelInstall:
            return "kernel-install";
        case LoaderKind::kEntries:
            return "entries";
        case LoaderKind::kUki:
            return "uki";
        case LoaderKind::kUnknown:
            break;
    }
    return "unknown";
}

std::vector<std::string> entry_files(int root) {
    std::vector<std::string> files;
    for (const Entry& entry : read_entries(root)) files.push_back("/" + entry.path);
    return files;
}

Loader find_loader(int root) {
    Loader loader;
    if (is_image_based(root)) return ostree(root);
    // What another system that runs now was booted by says nothing of this one.
    const bool is_booted = !is_another_running(root);
    const bool is_systemd_boot =
        is_booted && efi_text(root, kLoaderInfo).starts_with("systemd-boot");
    const std::string presets = preset_text(root);
    if (presets.find("_uki=") != presets.npos) return uki(root, presets);
    if (kernel_install_layout(root) == "uki") return uki_by_kernel_install(root);
    if (is_systemd_boot) return systemd_boot(root);
    if (is_booted && !efi_text(root, kStubInfo).empty()) {
        loader.name = "a unified kernel image";
        loader.problem = "its command line is fixed, and what built it is not known";
        return loader;
    }
    if (has_program(root, "grubby") &&
        (exists_inside(root, "boot/grub2") || exists_inside(root, "boot/loader/entries")))
        return grubby(root);
    if (find_grub(root, loader)) return loader;
    for (const std::string boot : kBootRoots)
        if (exists_inside(root, boot + "/loader/loader.conf")) return systemd_boot(root);
    loader.name = "a boot loader that ptctl does not know";
    loader.problem = "neither GRUB nor systemd-boot nor unified kernel images are found";
    return loader;
}

Loader find_loader_of(int root, std::string_view kind) {
    Loader loader = find_loader(root);
    if (name_of(loader.kind) == kind) return loader;
    if (kind == name_of(LoaderKind::kGrub) && find_grub(root, loader)) return loader;
    if (kind == name_of(LoaderKind::kKernelInstall)) return kernel_install(root, {});
    if (kind == name_of(LoaderKind::kUki)) return uki(root, preset_text(root));
    if (kind == name_of(LoaderKind::kEntries)) return entries_by_hand(root, read_entries(root));
    loader = {};
    loader.name = "a boot loader that is not found any more (" + std::string(kind) + ")";
    return loader;
}

}  // namespace pt::ctl
