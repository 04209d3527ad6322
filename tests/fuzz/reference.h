// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

// The rules of the kernel's command line once more, as plainly as they can be put: each step makes
// a copy, and no position is known.
struct ReferenceWord {
    std::string name;
    std::string value;
    bool has_value = false;
    bool ends_text = false;
};

// What separates words, to the kernel.
bool is_space(char c);

std::vector<ReferenceWord> split_like_the_kernel(std::string text);
