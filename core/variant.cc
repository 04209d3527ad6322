// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/variant.h"

#include <algorithm>

#include "core/text.h"

namespace pt {
namespace {

// Takes `prefix` and either "*" or `digits` hexadecimal digits off the front of `rest`; returns
// whether they are there and fit `value`.
bool take_matching(std::string_view& rest, std::string_view prefix, std::size_t digits,
                   std::uint32_t value) {
    if (!rest.starts_with(prefix)) return false;
    rest.remove_prefix(prefix.size());
    if (rest.starts_with('*')) {
        rest.remove_prefix(1);
        return true;
    }
    const std::string_view field = rest.substr(0, digits);
    rest.remove_prefix(field.size());
    return field.size() == digits && parse_hex(field, digits) == value;
}

// file2alias.c do_pci_entry() writes each field as a number or as "*".
bool fits(std::string_view alias, const PciIds& ids) {
    const std::uint32_t class_code = ids.class_code;
    return take_matching(alias, "vfio_pci:v", 8, ids.vendor) &&
           take_matching(alias, "d", 8, ids.device) &&
           take_matching(alias, "sv", 8, ids.subvendor) &&
           take_matching(alias, "sd", 8, ids.subdevice) &&
           take_matching(alias, "bc", 2, class_code >> 16) &&
           take_matching(alias, "sc", 2, class_code >> 8 & 0xff) &&
           take_matching(alias, "i", 2, class_code & 0xff) && alias.empty();
}

}  // namespace

void VariantFinder::see_line(std::string_view line) {
    if (!line.starts_with("alias vfio_pci:")) return;
    (void)cut(line, ' ');
    const std::string_view alias = cut(line, ' ');
    if (line.empty() || line == "vfio_pci" || line == "vfio-pci" || !fits(alias, ids_)) return;
    const auto wildcards = static_cast<std::size_t>(std::count(alias.begin(), alias.end(), '*'));
    if (!module_.empty() && wildcards >= wildcards_) return;
    module_.assign(line);
    wildcards_ = wildcards;
}

}  // namespace pt
