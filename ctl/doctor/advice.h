// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

#include "ctl/doctor/facts.h"

namespace pt::ctl {

// Commands to paste into a shell of the distribution at hand. Each may be empty: then nobody here
// knows the command.

// Builds one image again, by the builder that built it.
[[nodiscard]] std::string rebuild_command(const Facts& facts, const ImageFacts& image);

// Builds all images again that a set of them is made of: one command if one does it.
[[nodiscard]] std::vector<std::string> rebuild_commands(
    const Facts& facts, const std::vector<const ImageFacts*>& images);

// Adds a word that is not one of ours, such as "intel_iommu=on", to the command line of the next
// boot.
[[nodiscard]] std::string add_word_command(const Facts& facts, std::string_view word);

// Installs pt-hook itself.
[[nodiscard]] std::string install_command(const Facts& facts);

// Turns the matching lines of a file into comments. `pattern` is an extended regular expression
// without ',', which separates the parts of the command.
[[nodiscard]] std::string comment_out_command(std::string_view path, std::string_view pattern);

}  // namespace pt::ctl
