// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/selector.h"

namespace pt {

// Something the user wrote that cannot be followed, with the place where it stands. The views
// point into the text that was read.
struct Complaint {
    Fault fault = Fault::kNone;
    std::string_view parameter;  // "pt.ids", as it was written
    std::string_view item;       // the offending piece, as it was written
    std::size_t position = 0;    // of the item's first byte in the text, from 0

    bool operator==(const Complaint&) const = default;
};

// What the pt.* words ask for.
struct Wish {
    std::vector<Selector> selectors;  // of all lists, in the order of their appearance
    bool off = false;                 // pt.off
    bool debug = false;               // pt.debug

    // A word which is not ours but explains a missing IOMMU, such as "intel_iommu=off".
    std::string_view iommu_off;

    [[nodiscard]] bool asks_for_nothing() const { return off || selectors.empty(); }
};

struct ReadWords {
    Wish wish;
    std::vector<Complaint> complaints;
};

// Reads the words of a kernel command line. It cannot fail as a whole: each bad item becomes a
// complaint and the good ones count. Lists accumulate over repeats, an empty value clears what
// came before it, of switches the last one counts. Words that do not begin with "pt." are others'.
[[nodiscard]] ReadWords read_words(std::string_view text);

}  // namespace pt
