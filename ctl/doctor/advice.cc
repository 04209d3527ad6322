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
    if (id == "debian" || id == "ubuntu") return Distribution::kDebian;
    if (id == "fedora" || id == "rhel" || id == "centos") return Distribution::kFedora;
    if (id == "arch") return Distribution::kArch;
    return Distribution::kOther;
}

// Whether a path names the image where the builder puts the one of this kernel by default, so that
// a command that names no path builds the same file.
bool is_of_kernel_install(const ImageFacts& image) {
    return image.is_unified || image.path.ends_with("/initrd");
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

std::string rebuild_command(const Facts& facts, const ImageFacts& image) {
    const std::string kernel = shell_quoted(image.kernel);
    Builder builder = image.found.builder;
    if (builder == Builder::kUnknown) {  // one that could not be read
        if (facts.distribution == Distribution::kDebian) builder = Builder::kInitramfsTools;
        if (facts.distribution == Distribution::kFedora) builder = Builder::kDracut;
        if (facts.distribution == Distribution::kArch) builder = Builder::kMkinitcpio;
    }
    switch (builder) {
        case Builder::kInitramfsTools:
            return "sudo update-initramfs -u -k " + (image.kernel.empty() ? "all" : kernel);
        case Builder::kMkinitcpio:
            return "sudo mkinitcpio -P";
        case Builder::kDracut:
            if (image.kernel.empty()) return "sudo dracut --force --regenerate-all";
            if (is_of_kernel_install(image))
                return "sudo kernel-install add " + kernel + " /lib/modules/" + kernel + "/vmlinuz";
            return "sudo dracut --force " + shell_quoted(image.path) + " " + kernel;
        case Builder::kUnknown:
            break;
    }
    return {};
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

std::string add_word_command(const Facts& facts, std::string_view word) {
    constexpr std::string_view kPlace = "WORD";
    std::string command = facts.loader.change;
    const std::size_t at = command.find(kPlace);
    if (at == std::string::npos) return {};
    return command.replace(at, kPlace.size(), word);
}

std::string install_command(const Facts& facts) {
    switch (facts.distribution) {
        case Distribution::kDebian:
            return "sudo apt install pt-hook";
        case Distribution::kFedora:
            return "sudo dnf install pt-hook";
        case Distribution::kArch:
            return "sudo pacman -S pt-hook";
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
