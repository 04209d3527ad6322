// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

#include "ctl/doctor/check.h"

namespace pt::ctl {

// Commands to paste into a shell of the distribution at hand. Each may be empty: then nobody here
// knows the command.

// Builds one image again, by the builder that built it.
[[nodiscard]] std::string rebuild_command(const Facts& facts, const ImageFacts& image);

// Builds all images again that a set of them is made of: one command if one does it.
[[nodiscard]] std::vector<std::string> rebuild_commands(
    const Facts& facts, const std::vector<const ImageFacts*>& images);

// A command of a fix for a system that is not the one at hand, but below a root directory: ptctl
// itself looks there from here, all else stays as it is.
[[nodiscard]] std::string for_root(std::string command, const std::string& root);

// Adds a word that is not one of ours, such as "intel_iommu=on", to the command line of the next
// boot.
[[nodiscard]] std::string add_word_command(const Facts& facts, std::string_view word);

// Takes a word off the command line: adds the command to `found`, or that the next boot is without
// it anyway.
void remove_word(const Facts& facts, const std::string& word, Finding& found);

// Installs the package that has the modules of a kernel that lacks some.
[[nodiscard]] std::string module_package_command(const Facts& facts, const KernelFacts& kernel);

// Installs pt-hook itself, from a package in the directory at hand.
[[nodiscard]] std::string install_command(const Facts& facts);

// "sudo a b", and the same of several with " && " in front of each.
[[nodiscard]] std::string sudo(const Command& command);
[[nodiscard]] std::string then_sudo(const std::vector<Command>& commands);

inline constexpr const char* kReboot = "sudo systemctl reboot";

// Turns the matching lines of a file into comments. `pattern` is an extended regular expression
// without ',', which separates the parts of the command.
[[nodiscard]] std::string comment_out_command(std::string_view path, std::string_view pattern);

}  // namespace pt::ctl
