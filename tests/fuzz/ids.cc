// SPDX-License-Identifier: LGPL-2.1-or-later
// One item of pt.ids.
#include <string>

#include "core/selector.h"
#include "core/text.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace pt;

// As the `ids` parameter of vfio-pci reads it: sscanf, and what it leaves alone stays "any".
IdPattern read_like_vfio_pci(const std::string& item) {
    IdPattern id;
    PT_REQUIRE(std::sscanf(item.c_str(), "%x:%x:%x:%x:%x:%x", &id.vendor, &id.device, &id.subvendor,
                           &id.subdevice, &id.class_code, &id.class_mask) >= 2);
    return id;
}

std::string write(const IdPattern& id) {
    std::string item;
    for (const std::uint32_t value : {id.vendor, id.device, id.subvendor, id.subdevice}) {
        put_hex(item, value, 4);
        item += ':';
    }
    put_hex(item, id.class_code, 6);
    item += ':';
    put_hex(item, id.class_mask, 6);
    return item;
}

std::uint16_t any_to(std::uint32_t wanted, std::uint16_t other) {
    return wanted == kAnyId ? other : static_cast<std::uint16_t>(wanted);
}

void check_matching(const Selector& selector) {
    const IdPattern& id = selector.id;
    PciDevice device{{},
                     {any_to(id.vendor, 1), any_to(id.device, 2), any_to(id.subvendor, 3),
                      any_to(id.subdevice, 4), id.class_code},
                     0};
    PT_REQUIRE(id_matches(selector.id, device));
    device.ids.class_code ^= ~id.class_mask & 0xffffff;
    PT_REQUIRE(id_matches(selector.id, device));
    device.ids.device ^= 0x8000;
    PT_REQUIRE(id_matches(selector.id, device) == (id.device == kAnyId));
    device.ids.device ^= 0x8000;
    device.ids.class_code ^= id.class_mask;
    PT_REQUIRE(id_matches(selector.id, device) == (id.class_mask == 0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string item(as_text(data, size));
    Selector selector;
    selector.kind = Selector::Kind::kAddress;
    selector.id.vendor = 0x12345678;
    const Selector before = selector;
    if (parse_id(item, selector) != Fault::kNone) {
        PT_REQUIRE(selector.kind == before.kind && selector.id == before.id);
        return 0;
    }
    PT_REQUIRE(selector.kind == Selector::Kind::kId);
    const IdPattern& id = selector.id;
    PT_REQUIRE(id.vendor <= 0xffff || id.vendor == kAnyId);
    PT_REQUIRE(id.subdevice <= 0xffff || id.subdevice == kAnyId);
    PT_REQUIRE(id.class_code <= 0xffffff && id.class_mask <= 0xffffff);
    if (item.find('*') == std::string::npos) PT_REQUIRE(id == read_like_vfio_pci(item));

    Selector again;
    PT_REQUIRE(parse_id(write(id), again) == Fault::kNone);
    PT_REQUIRE(again.id == id);
    if (!selector.has_where) PT_REQUIRE(again.is_exact() == selector.is_exact());
    check_matching(selector);
    return 0;
}
