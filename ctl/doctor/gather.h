// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "ctl/context.h"
#include "ctl/doctor/facts.h"

namespace pt::ctl {

// Fills in all facts. What cannot be read is told in them; nothing of the machine is changed.
void gather_facts(const Context& context, Facts& facts);

enum class Which : std::uint8_t { kAll, kOfRunningKernel };

// Its parts. The first one has what the others look at: the running kernel, when this boot began.
void gather_machine(const Context& context, Facts& facts);
void gather_kernels(const Context& context, Facts& facts);
// Images whose path tells another kernel are left out if those of the running one are wanted.
void gather_images(const Context& context, Facts& facts, Which which = Which::kAll);
void gather_loader(const Context& context, Facts& facts);
void gather_leftovers(const Context& context, Facts& facts);

[[nodiscard]] TextFile read_text_file(int dir, const std::string& path);
// The names in a directory, sorted; none if it cannot be read, which `error` then tells.
[[nodiscard]] std::vector<std::string> sorted_names(int dir, const std::string& path, int& error);

}  // namespace pt::ctl
