// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/inventory.h"

namespace pt::ctl {

// What `ptctl use` is asked for, on this machine.
struct Wanted {
    std::vector<std::size_t> functions;  // that the cards mean, indices into Inventory::functions
    std::vector<std::size_t> taken;      // these and their companions, sorted
    std::vector<std::string> words;      // that select them: "pt.ids=10de:1b06,10de:10ef"
    std::string problem;                 // why it cannot be followed, a whole sentence, or empty
    bool is_refused = false;             // the problem is a device that is never taken
};

// Finds the devices that the texts CARD... mean, and the words for them. A text may also be a word
// of such: "pt.ids=10de:1b06,10de:10ef".
[[nodiscard]] Wanted choose_words(const Inventory& inventory,
                                  const std::vector<std::string>& arguments);

// What the words would do in truth.
struct Foresight {
    std::vector<std::string> problems;  // a device would not be taken; whole sentences
    std::vector<std::string> warnings;  // it would, and something is worth knowing
    std::string lacks_iommu;            // a device has no IOMMU group: a sentence, or empty
    // What the next boot takes by all words, or would if there were an IOMMU, with what is wanted:
    // indices into Inventory::functions, sorted.
    std::vector<std::size_t> taken;
};

// Lets the code that decides at boot decide about the command line, to whose end `words` are to
// be added, and the conf file, and holds that against what is wanted.
[[nodiscard]] Foresight foresee(int root, const Inventory& inventory, const Wanted& wanted,
                                std::string_view cmdline, std::string_view words,
                                std::string_view conf);

}  // namespace pt::ctl
