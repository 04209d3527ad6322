// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "core/wish.h"
#include "ctl/context.h"

namespace pt::ctl {

// Where the user's words stand on this machine, as pt-hook reads them.
struct Texts {
    std::string conf;
    int conf_error = 0;  // errno for which there is no text although the file may be there
    std::string cmdline;
    int cmdline_error = 0;

    // What is read refers to these texts.
    [[nodiscard]] ReadWords read() const { return read_words(cmdline, conf); }
};

[[nodiscard]] Texts read_texts(const Context& context);

// A text of the machine in which anything may stand, for people: what could drive a terminal, or
// make a line look like another one, becomes \xNN for each of its bytes. That is all but printable
// ASCII and the characters of UTF-8 that are neither control nor format characters. What went
// through this once stays as it is.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace pt::ctl
