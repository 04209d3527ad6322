// SPDX-License-Identifier: LGPL-2.1-or-later
// The content of a device's modalias.
#include <algorithm>
#include <cctype>
#include <cstring>
#include <string>

#include "core/pci.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace pt;

// As the kernel writes it (drivers/pci/pci-sysfs.c modalias_show).
std::string write(const PciIds& ids) {
    char text[64];
    std::snprintf(text, sizeof text, "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X\n", ids.vendor,
                  ids.device, ids.subvendor, ids.subdevice, ids.class_code >> 16,
                  ids.class_code >> 8 & 0xff, ids.class_code & 0xff);
    return text;
}

// Upper case, with the newline that may be missing.
std::string normal(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (!text.ends_with('\n')) text += '\n';
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(as_text(data, size));
    if (const std::optional<PciIds> ids = parse_modalias(text)) {
        PT_REQUIRE(normal(write(*ids)) == normal(text));
        PT_REQUIRE(!class_name(ids->class_code).empty());
    }

    // The same bytes as ids: whatever a kernel writes is understood.
    PciIds any;
    if (size != 0) std::memcpy(&any, data, std::min(size, sizeof any));
    any.class_code &= 0xffffff;
    PT_REQUIRE(parse_modalias(write(any)) == any);
    return 0;
}
