// SPDX-License-Identifier: LGPL-2.1-or-later
// Replaces libstdc++'s file of this name, which takes the values from glibc's <ctype.h>. Headers
// as plain as <memory> come by it; nobody here uses a locale.
#pragma once

namespace std {

struct ctype_base {
    typedef const int* __to_type;
    typedef unsigned short mask;

    static constexpr mask upper = 1 << 0;
    static constexpr mask lower = 1 << 1;
    static constexpr mask digit = 1 << 2;
    static constexpr mask xdigit = 1 << 3;
    static constexpr mask space = 1 << 4;
    static constexpr mask print = 1 << 5;
    static constexpr mask cntrl = 1 << 6;
    static constexpr mask punct = 1 << 7;
    static constexpr mask blank = 1 << 8;
    static constexpr mask alpha = upper | lower;
    static constexpr mask alnum = alpha | digit;
    static constexpr mask graph = alnum | punct;
};

}  // namespace std
