// SPDX-License-Identifier: LGPL-2.1-or-later
// The few algorithms that are needed, as plain loops: those of libstdc++ are unrolled by four, and
// take several times the code in the boot program.
#pragma once

namespace pt {

template <typename Range, typename Test>
[[nodiscard]] bool any_of(const Range& range, Test test) {
    for (const auto& item : range)
        if (test(item)) return true;
    return false;
}

template <typename Range, typename Value>
[[nodiscard]] bool contains(const Range& range, const Value& value) {
    for (const auto& item : range)
        if (item == value) return true;
    return false;
}

}  // namespace pt
