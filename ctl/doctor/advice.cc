// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/doctor/advice.h"

#include <algorithm>

#include "core/text.h"
#include "ctl/shell.h"

namespace pt::ctl {
namespace {

// The value of NAME in a file of shell variables, with or without quotes.
std::string_view variable(std::string_view text, std::string_view name) {
    while (!text.empty()) {
        std::string_view line = cut(text, '\n');
        if (cut(line, '=') != name) continue;
        const bool is_quoted = line.size() >= 2 && (line.front() == '"' || line.front() == '\'') &&
                               line.back() == line.front();
        return is_quoted ? line.substr(1, line.size() - 2) : line;
    }
    return {};
}

Distribution named(std::string_view id) {
    if (id == "debian") return Distribution::kDebian;
    if (id == "ubuntu") return Distribution::kUbuntu;
    if (id == "fedora" || id == "rhel" || id == "centos") return Distribution::kFedora;
    if (id == "arch") return Distribution::kArch;
    return Distribution::kOther;
}

bool is_of_kernel_install(const ImageFacts& image) {
    return image.is_unified || image.path.ends_with("/initrd");
}

// How kernel-install makes the image of a kernel; empty if it would not find that kernel.
std::string kernel_install_of(const Facts& facts, const std::string& kernel) {
    for (const Command& command : facts.loader.kernel_install)
        if (command.size() > 2 && command[2] == kernel) return sudo(command);
    return {};
}

// All images, by the builder that is installed.
std::string rebuild_all(const Facts& facts) {
    const std::string text = then_sudo(facts.loader.rebuild);
    return text.empty() ? text : text.substr(std::string_view(" && ").size());
}

// A text that stands for itself in an extended regular expression between slashes.
std::string literal(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (std::string_view("\\.[]*+?(){}|^$/").find(c) != std::string_view::npos)
            result.push_back('\\');
        result.push_back(c);
    }
    return result;
}

bool has_whole_word(std::string_view text, std::string_view word) {
    constexpr std::string_view kAround = " \t\r\n\"'=";
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string_view::npos; ++at) {
        const std::size_t end = at + word.size();
        if ((at == 0 || kAround.find(text[at - 1]) != std::string_view::npos) &&
            (end == text.size() || kAround.find(text[end]) != std::string_view::npos))
            return true;
    }
    return false;
}

// The lines of a settings file that hold a command line, as an address of sed.
std::string_view lines_of(LoaderKind kind) {
    if (kind == LoaderKind::kGrub) return "/^[[:blank:]]*GRUB_CMDLINE_LINUX/";
    if (kind == LoaderKind::kEntries) return "/^options[[:blank:]]/";
    return "";
}

// Whether a word can be named in a command and found by it as it stands.
bool is_simple(std::string_view word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
        return c > ' ' && c <= '~' && c != '\'' && c != '"';
    });
}

}  // namespace

Distribution distribution_of(std::string_view os_release) {
    const Distribution own = named(variable(os_release, "ID"));
    if (own != Distribution::kOther) return own;
    std::string_view like = variable(os_release, "ID_LIKE");
    while (!like.empty()) {
        const Distribution parent = named(cut(like, ' '));
        if (parent != Distribution::kOther) return parent;
    }
    return Distribution::kOther;
}

std::string sudo(const Command& command) {
    return "sudo " + shell_command(command);
}

std::string then_sudo(const std::vector<Command>& commands) {
    std::string text;
    for (const Command& command : commands) text += " && " + sudo(command);
    return text;
}

std::string rebuild_command(const Facts& facts, const ImageFacts& image) {
    // The images of such a system are made elsewhere, or by rpm-ostree.
    if (facts.loader.kind == LoaderKind::kRpmOstree) return {};
    const Builder builder = image.found.builder;
    const bool is_by_kernel_install = is_of_kernel_install(image);
    // initramfs-tools hands its images to kernel-install by itself.
    if (is_by_kernel_install && builder != Builder::kInitramfsTools &&
        facts.loader.kind != LoaderKind::kUki) {
        const std::string command = kernel_install_of(facts, image.kernel);
        if (!command.empty()) return command;
    }
    switch (builder) {
        case Builder::kInitramfsTools:
            return sudo(
                {"update-initramfs", "-u", "-k", image.kernel.empty() ? "all" : image.kernel});
        case Builder::kMkinitcpio:
            return sudo({"mkinitcpio", "-P"});
        case Builder::kDracut:
            if (image.kernel.empty() || is_by_kernel_install)
                return sudo({"dracut", "--regenerate-all", "--force"});
            return sudo({"dracut", "--force", image.path, image.kernel});
        case Builder::kUnknown:  // one that could not be read
            break;
    }
    return rebuild_all(facts);
}

std::vector<std::string> rebuild_commands(const Facts& facts,
                                          const std::vector<const ImageFacts*>& images) {
    std::vector<std::string> commands;
    std::size_t of_initramfs_tools = 0;
    for (const ImageFacts* image : images) {
        const std::string command = rebuild_command(facts, *image);
        if (command.empty()) continue;
        if (command.starts_with("sudo update-initramfs") && ++of_initramfs_tools > 1) continue;
        if (std::find(commands.begin(), commands.end(), command) == commands.end())
            commands.push_back(command);
    }
    if (of_initramfs_tools > 1)
        for (std::string& command : commands)
            if (command.starts_with("sudo update-initramfs"))
                command = "sudo update-initramfs -u -k all";
    return commands;
}

std::string for_root(std::string command, const std::string& root) {
    for (const std::string_view start : {"ptctl ", "sudo ptctl "})
        if (command.starts_with(start))
            return command.insert(start.size(), "--root " + shell_quoted(root) + " ");
    return command;
}

std::string add_word_command(const Facts& facts, std::string_view word) {
    constexpr std::string_view kPlace = "WORD";
    std::string command = facts.loader.change;
    const std::size_t at = command.find(kPlace);
    if (at == std::string::npos) return {};
    return command.replace(at, kPlace.size(), word);
}

void remove_word(const Facts& facts, const std::string& word, Finding& found) {
    const LoaderFacts& loader = facts.loader;
    if (!is_simple(word)) return;
    const bool is_known = loader.kind != LoaderKind::kUnknown && loader.error == 0;
    if (is_known && !loader.words.empty() && !has_whole_word(loader.words, word)) {
        found.details.push_back(word + " is only in this boot, not in " + loader.place);
        found.fixes.emplace_back(kReboot);
        return;
    }
    if (loader.kind == LoaderKind::kGrubby) {
        found.fixes.push_back(sudo({"grubby", "--update-kernel=ALL", "--remove-args=" + word}));
        return;
    }
    if (loader.kind == LoaderKind::kRpmOstree) {
        found.fixes.push_back(sudo({"rpm-ostree", "kargs", "--delete-if-present=" + word}));
        return;
    }
    const std::string expression = std::string(lines_of(loader.kind)) + "s/(^|[[:blank:]=\"'])" +
                                   literal(word) + "([[:blank:]\"']|$)/\\1\\2/g";
    Command command = {"sed", "-Ei", expression};
    for (const auto& [path, file] : loader.settings)
        if (has_whole_word(file.text, word)) command.push_back(path);
    if (command.size() == 3) return;  // it comes from where nobody here looked
    found.fixes.push_back(sudo(command) + then_sudo(loader.commands));
}

std::string module_package_command(const Facts& facts, const KernelFacts& kernel) {
    const std::string& version = kernel.version;
    switch (facts.distribution) {
        case Distribution::kDebian:
            // The flavour for clouds has no vfio; all others have it in the image's package.
            if (version.find("-cloud-") != std::string::npos)
                return sudo(
                    {"apt", "install", "linux-image-" + version.substr(version.rfind('-') + 1)});
            return sudo({"apt", "install", "--reinstall", "linux-image-" + version});
        case Distribution::kUbuntu:
            return sudo({"apt", "install", "linux-modules-extra-" + version});
        case Distribution::kFedora:
            return sudo({"dnf", "install", "kernel-modules-" + version});
        case Distribution::kArch:
            if (!kernel.package.empty()) return sudo({"pacman", "-S", kernel.package});
            break;
        case Distribution::kOther:
            break;
    }
    return {};
}

// The package is a file that the user has: no distribution carries it. The shell finds its name.
std::string install_command(const Facts& facts) {
    switch (facts.distribution) {
        case Distribution::kDebian:
        case Distribution::kUbuntu:
            return "sudo apt install ./pt-hook_*.deb";
        case Distribution::kFedora:
            return "sudo dnf install ./pt-hook-*.rpm";
        case Distribution::kArch:
            return "sudo pacman -U ./pt-hook-*.pkg.tar.*";
        case Distribution::kOther:
            break;
    }
    return {};
}

std::string comment_out_command(std::string_view path, std::string_view pattern) {
    return "sudo sed -Ei " + shell_quoted("\\," + std::string(pattern) + ",s,^,# ,") + " " +
           shell_quoted(path);
}

}  // namespace pt::ctl
