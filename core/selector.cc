// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/selector.h"

#include <optional>
#include <utility>

#include "core/text.h"

namespace pt {
namespace {

bool has_space(std::string_view text) {
    return text.find_first_of(" \t\n\v\f\r") != std::string_view::npos;
}

// One field of an id. `digits` is the width of its register in hexadecimal digits. "Any" can be
// written as people do, *, and for the ids of four digits as the kernel does, ffffffff.
Fault parse_field(std::string_view text, std::size_t digits, std::uint32_t any,
                  std::uint32_t& value) {
    if (text == "*") {
        value = any;
        return Fault::kNone;
    }
    if (!is_hex(text)) return Fault::kNotHex;
    const std::optional<std::uint32_t> number = parse_hex(text, 8);
    if (number && *number == kAnyId && digits == 4) {
        value = kAnyId;
        return Fault::kNone;
    }
    const std::optional<std::uint32_t> narrow = parse_hex(text, digits);
    if (!narrow) return Fault::kTooLong;
    value = *narrow;
    return Fault::kNone;
}

bool id_field_matches(std::uint32_t wanted, std::uint16_t found) {
    return wanted == kAnyId || wanted == found;
}

}  // namespace

Fault parse_id(std::string_view item, Selector& selector) {
    if (item.empty()) return Fault::kEmptyItem;
    if (has_space(item)) return Fault::kWhiteSpace;
    const bool has_where = item.find('@') != std::string_view::npos;
    std::string_view rest = cut(item, '@');
    if (rest.find(':') == std::string_view::npos) return Fault::kNoDevice;
    Where where;
    if (has_where && !parse_where(item, where)) return Fault::kBadAddress;

    IdPattern id;
    struct Field {
        std::uint32_t& value;
        std::size_t digits;
        std::uint32_t any;
    };
    const Field fields[] = {
        {id.vendor, 4, kAnyId},    {id.device, 4, kAnyId},     {id.subvendor, 4, kAnyId},
        {id.subdevice, 4, kAnyId}, {id.class_code, 6, kAnyId}, {id.class_mask, 6, 0},
    };
    bool more = true;
    for (const Field& field : fields) {
        if (!more) break;
        more = rest.find(':') != std::string_view::npos;
        const Fault fault = parse_field(cut(rest, ':'), field.digits, field.any, field.value);
        if (fault != Fault::kNone) return fault;
    }
    if (more) return Fault::kTooManyFields;
    // Any class is one that does not count, which a mask of 0 says.
    if (id.class_code == kAnyId) id.class_code = id.class_mask = 0;

    selector.kind = Selector::Kind::kId;
    selector.id = id;
    selector.where = std::move(where);
    selector.has_where = has_where;
    return Fault::kNone;
}

Fault parse_address_item(std::string_view item, Selector& selector) {
    if (item.empty()) return Fault::kEmptyItem;
    if (has_space(item)) return Fault::kWhiteSpace;
    if (!parse_where(item, selector.where)) return Fault::kBadAddress;
    selector.kind = Selector::Kind::kAddress;
    return Fault::kNone;
}

bool id_matches(const IdPattern& id, const PciDevice& device) {
    const PciIds& ids = device.ids;
    return device.error == 0 && id_field_matches(id.vendor, ids.vendor) &&
           id_field_matches(id.device, ids.device) &&
           id_field_matches(id.subvendor, ids.subvendor) &&
           id_field_matches(id.subdevice, ids.subdevice) &&
           ((id.class_code ^ ids.class_code) & id.class_mask) == 0;
}

}  // namespace pt
