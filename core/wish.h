// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
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
    std::size_t position = 0;    // of the item's first byte in its source, from 0
    bool from_conf{};            // the source is the conf file, else the command line

    bool operator==(const Complaint&) const = default;
};

// Which functions come along with a chosen one (pt.with).
enum class With : std::uint8_t {
    kGpu,  // with a display those of its slot and its vendor: audio, USB-C, UCSI
    kNone,
    kSlot,   // all functions of the slot
    kGroup,  // all endpoints of the IOMMU group
};

// What the pt.* words ask for.
struct Wish {
    std::vector<Selector> selectors;  // of all lists, in the order of their appearance
    With with = With::kGpu;
    // The name under which the driver registers on the bus (pt.driver).
    std::string_view driver = "vfio-pci";
    bool variant_driver = false;     // pt.driver=auto: the best variant of vfio-pci for each device
    bool take_boot_display = false;  // pt.boot_vga=take
    bool keep_framebuffer = false;   // pt.fb=keep
    bool stop_on_error = false;      // pt.on_error=stop
    bool off = false;                // pt.off
    bool debug = false;              // pt.debug

    // A word which is not ours but explains a missing IOMMU, such as "intel_iommu=off".
    std::string_view iommu_off;
    bool iommu_on = false;  // intel_iommu=on

    [[nodiscard]] bool asks_for_nothing() const { return off || selectors.empty(); }
    // Whether a path has to be followed, so that the bridges above each device count.
    [[nodiscard]] bool needs_parents() const;
};

// One of our words as it was read.
struct SourceWord {
    std::string_view text;  // "pt.ids=10de:1b06"
    bool from_conf = false;
};

struct ReadWords {
    Wish wish;
    std::vector<SourceWord> words;
    std::vector<Complaint> complaints;
};

// Reads the words of the conf file, if there is one, and then those of a kernel command line. It
// cannot fail as a whole: each bad item becomes a complaint and the good ones count. Lists
// accumulate over repeats and over both sources, an empty value clears what came before it, of the
// others the last one counts. Words of the command line that do not begin with "pt." are others'.
// In the conf file a word ends with its line at the latest, and "#" at the start of a word begins a
// comment that goes to the end of the line.
[[nodiscard]] ReadWords read_words(std::string_view cmdline, std::string_view conf = {});

// The line of a byte of a text, from 1; `column` becomes its place in that line, from 1.
[[nodiscard]] std::size_t line_of(std::string_view text, std::size_t position, std::size_t& column);

}  // namespace pt
