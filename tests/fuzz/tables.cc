// SPDX-License-Identifier: LGPL-2.1-or-later
// Files of the kernel and of depmod, a line of each: modules.alias, /proc/iomem, `resource`.
#include <fnmatch.h>

#include <algorithm>
#include <cstring>
#include <sstream>
#include <string>

#include "core/machine.h"
#include "core/variant.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace pt;

constexpr PciIds kIds{0x15b3, 0x101e, 0x15b3, 0x0007, 0x020000};
constexpr const char* kAlias = "vfio_pci:v000015B3d0000101Esv000015B3sd00000007bc02sc00i00";

// What modprobe would make of the alias, which matches names as a shell does.
bool fits_as_a_glob(std::string_view alias) {
    return fnmatch(std::string(alias).c_str(), kAlias, FNM_CASEFOLD) == 0;
}

void check_aliases(const std::string& text) {
    VariantFinder finder(kIds);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        VariantFinder alone(kIds);
        alone.see_line(line);
        finder.see_line(line);
        if (alone.module().empty()) continue;
        PT_REQUIRE(alone.module() != "vfio_pci" && alone.module() != "vfio-pci");
        PT_REQUIRE(line.starts_with("alias vfio_pci:v"));
        PT_REQUIRE(line.ends_with(" " + alone.module()));
        const std::string_view alias =
            std::string_view(line).substr(6, line.size() - 7 - alone.module().size());
        // "0x" within a field is our leniency alone
        if (alias.find_first_of("xX") == std::string_view::npos) PT_REQUIRE(fits_as_a_glob(alias));
        PT_REQUIRE(!finder.module().empty());
    }
    if (!finder.module().empty()) PT_REQUIRE(text.find(" " + finder.module()) != std::string::npos);
    VariantFinder other({0x1234, 1, 1, 1, 0x030000});
    for (const char* exact : {"alias vfio_pci:v00001234d00000001sv00000001sd00000001bc03sc00i00 m"})
        other.see_line(exact);
    other.see_line(text);
    PT_REQUIRE(other.module() == "m");  // nothing is better than no wildcard at all
}

void check_ranges(const std::vector<AddressRange>& ranges, std::size_t lines) {
    PT_REQUIRE(ranges.size() <= lines);
    for (const AddressRange& range : ranges) {
        PT_REQUIRE(range.first <= range.last && range.last != 0);
        const AddressRange one[] = {range};
        PT_REQUIRE(overlap(one, ranges) && overlap(ranges, one));
    }
}

// The same bytes as an address: whatever a kernel writes is understood.
void check_written(const std::uint8_t* data, std::size_t size) {
    std::uint64_t pair[2] = {};
    if (size != 0) std::memcpy(pair, data, std::min(size, sizeof pair));
    std::sort(pair, pair + 2);
    if (pair[1] == 0) return;
    const auto low = static_cast<unsigned long long>(pair[0]);
    const auto high = static_cast<unsigned long long>(pair[1]);
    const std::vector<AddressRange> wanted{{pair[0], pair[1]}};
    char text[96];
    std::snprintf(text, sizeof text, "0x%016llx 0x%016llx 0x%016llx\n", low, high, low);
    PT_REQUIRE(parse_resources(text) == wanted);
    std::snprintf(text, sizeof text, "  %08llx-%08llx : efifb\n", low, high);
    PT_REQUIRE(parse_framebuffer_ranges(text) == wanted);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(as_text(data, size));
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    check_aliases(text);
    const std::vector<AddressRange> framebuffers = parse_framebuffer_ranges(text);
    const std::vector<AddressRange> resources = parse_resources(text);
    check_ranges(framebuffers, lines);
    check_ranges(resources, lines);
    PT_REQUIRE(overlap(framebuffers, resources) == overlap(resources, framebuffers));
    check_written(data, size);
    return 0;
}
