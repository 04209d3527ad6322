// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/texts.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>

using namespace pt::ctl;
using namespace std::string_view_literals;

TEST_CASE("foreign text drives no terminal, and its letters stay") {
    struct Row {
        std::string_view text;
        std::string_view wanted;
    };
    for (const Row& row : {
             Row{"", ""},
             Row{"GP102 [GeForce GTX 1080 Ti]", "GP102 [GeForce GTX 1080 Ti]"},
             Row{"R9 290X IceQ X\u00b2 Turbo", "R9 290X IceQ X\u00b2 Turbo"},
             Row{"Gesellschaft f\u00fcr Systemautomation",
                 "Gesellschaft f\u00fcr Systemautomation"},
             Row{"\u4e2d\u6587 \U0001f600", "\u4e2d\u6587 \U0001f600"},
             // escape sequences of ECMA-48, in 7 bits, in 8 bits and as the character of UTF-8
             Row{"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"},
             Row{"\x1b]0;title\x07", "\\x1b]0;title\\x07"},
             Row{"\x9b"
                 "31m",
                 "\\x9b31m"},
             Row{"\xc2\x9b"
                 "31m",
                 "\\xc2\\x9b31m"},
             Row{"\xc2\x85", "\\xc2\\x85"},
             Row{"a\0b"sv, "a\\x00b"},
             Row{"a\nb\rc\td\be\x7f", "a\\x0ab\\x0dc\\x09d\\x08e\\x7f"},
             // what turns round or hides other characters
             Row{"\u202egnp.\u202c", "\\xe2\\x80\\xaegnp.\\xe2\\x80\\xac"},
             Row{"a\u200bb\u2066c\ufeff", "a\\xe2\\x80\\x8bb\\xe2\\x81\\xa6c\\xef\\xbb\\xbf"},
             Row{"\U000e0041", "\\xf3\\xa0\\x81\\x81"},
             // no UTF-8: a lone byte, a cut one, one too long, a surrogate, beyond the last one
             Row{"\xe4\x62", "\\xe4b"},
             Row{"\xa0x", "\\xa0x"},
             Row{"x\xe2\x80", "x\\xe2\\x80"},
             Row{"\xf0\x9f\x98", "\\xf0\\x9f\\x98"},
             Row{"\xc0\x9b", "\\xc0\\x9b"},
             Row{"\xe0\x82\x9b", "\\xe0\\x82\\x9b"},
             Row{"\xed\xa0\x80", "\\xed\\xa0\\x80"},
             Row{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
             Row{"\xff\xfe", "\\xff\\xfe"},
             Row{"\xc3\x1b[31m", "\\xc3\\x1b[31m"},
         }) {
        const std::string once = printable(row.text);
        CHECK(once == row.wanted);
        CHECK(printable(once) == once);
    }
}
