// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/choice.h"
#include "core/text.h"

// One function of a machine that is made up.
inline pt::PciDevice function(std::string_view address, std::uint16_t vendor, std::uint16_t device,
                              std::uint32_t class_code) {
    return {pt::parse_address(address).value(), {vendor, device, 0, 0, class_code}, 0};
}

// What a wish chooses: the addresses, without a domain of 0, with "+" before a companion, "!"
// before the boot display and "~" before a function beside it that stay with the host.
inline std::string chosen(const pt::Wish& wish, const pt::Machine& machine) {
    std::string result;
    for (const pt::Choice& choice : pt::select_devices(wish, machine).choices) {
        if (!result.empty()) result += ' ';
        if (choice.companion_of != pt::kNobody) result += '+';
        if (choice.kept == pt::Reason::kBootDisplay) result += '!';
        if (choice.kept == pt::Reason::kBesideBootDisplay) result += '~';
        std::string address;
        pt::put_address(address, machine.devices[choice.device].address);
        result += address.starts_with("0000:") ? address.substr(5) : address;
    }
    return result;
}

inline std::string chosen(std::string_view text, const pt::Machine& machine) {
    return chosen(pt::read_words(text).wish, machine);
}
