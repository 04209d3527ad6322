// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/text.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace {

using namespace pt;

TEST_CASE("hexadecimal numbers are read strictly", "[text]") {
    struct Row {
        std::string_view text;
        std::size_t max_digits;
        std::optional<std::uint32_t> value;
    };
    const Row rows[] = {
        {"0", 4, 0},
        {"1b06", 4, 0x1b06},
        {"1B06", 4, 0x1b06},
        {"0x1b06", 4, 0x1b06},
        {"0X1b06", 4, 0x1b06},
        {"ffffffff", 8, 0xffffffff},
        {"00001", 5, 1},
        {"0x0", 1, 0},
        {"", 4, std::nullopt},
        {"0x", 4, std::nullopt},
        {"x1", 4, std::nullopt},
        {"1b06g", 4, std::nullopt},
        {"g", 4, std::nullopt},
        {" 1", 4, std::nullopt},
        {"1 ", 4, std::nullopt},
        {"-1", 4, std::nullopt},
        {"+1", 4, std::nullopt},
        {"1.0", 4, std::nullopt},
        {"0x0x1", 8, std::nullopt},
        {"10000", 4, std::nullopt},
        {"00001", 4, std::nullopt},
        {"100000000", 8, std::nullopt},
        {"`", 4, std::nullopt},
        {"@", 4, std::nullopt},
        {"/", 4, std::nullopt},
        {":", 4, std::nullopt},
        {"\xff", 4, std::nullopt},
        {std::string_view("1\0", 2), 4, std::nullopt},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text, row.max_digits);
        CHECK(parse_hex(row.text, row.max_digits) == row.value);
    }
}

TEST_CASE("digits of any number are hexadecimal, other characters are not", "[text]") {
    CHECK(is_hex("0123456789abcdefABCDEF0123456789"));
    CHECK(is_hex("0xdead"));
    CHECK_FALSE(is_hex(""));
    CHECK_FALSE(is_hex("0x"));
    CHECK_FALSE(is_hex("0xg"));
    CHECK_FALSE(is_hex("de ad"));
}

TEST_CASE("a text is cut at its first separator only", "[text]") {
    struct Row {
        std::string_view text, head, rest;
    };
    const Row rows[] = {
        {"a,b,c", "a", "b,c"}, {"a", "a", ""}, {"a,", "a", ""},
        {",a", "", "a"},       {",", "", ""},  {"", "", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        std::string_view rest = row.text;
        CHECK(cut(rest, ',') == row.head);
        CHECK(rest == row.rest);
    }
}

TEST_CASE("decimal numbers are written whole", "[text]") {
    std::string out = "n=";
    put_decimal(out, 0);
    out += ' ';
    put_decimal(out, 10);
    out += ' ';
    put_decimal(out, UINT64_MAX);
    CHECK(out == "n=0 10 18446744073709551615");
}

TEST_CASE("hexadecimal numbers are padded and never cut", "[text]") {
    struct Row {
        std::uint32_t value;
        unsigned digits;
        std::string_view text;
    };
    const Row rows[] = {
        {0, 4, "0000"},        {0x1b06, 4, "1b06"},         {0xab, 2, "ab"},
        {0x10000, 4, "10000"}, {UINT32_MAX, 1, "ffffffff"}, {0, 1, "0"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value, row.digits);
        std::string out;
        put_hex(out, row.value, row.digits);
        CHECK(out == row.text);
    }
}

TEST_CASE("foreign text cannot break a line, drive a terminal or flood the log", "[text]") {
    struct Row {
        std::string text, quoted;
    };
    const Row rows[] = {
        {"", "''"},
        {"10de:1b06", "'10de:1b06'"},
        {"a b~", "'a b~'"},
        {"a\nb", "'a\\x0ab'"},
        {"\x1b[2J", "'\\x1b[2J'"},
        {"\x7f", "'\\x7f'"},
        {"\xc3\xa4", "'\\xc3\\xa4'"},
        {std::string(1, '\0'), "'\\x00'"},
        {std::string(80, 'x'), "'" + std::string(80, 'x') + "'"},
        {std::string(81, 'x'), "'" + std::string(80, 'x') + "...'"},
    };
    for (const Row& row : rows) {
        std::string out;
        put_quoted(out, row.text);
        CHECK(out == row.quoted);
    }
    std::string out;
    put_printable(out, std::string(81, 'x') + "\t");
    CHECK(out == std::string(81, 'x') + "\\x09");
}

TEST_CASE("JSON strings are valid whatever the bytes", "[text]") {
    struct Row {
        std::string_view text, json;
    };
    const Row rows[] = {
        {"", R"("")"},           {"a b", R"("a b")"},
        {R"(")", R"("\"")"},     {R"(\)", R"("\\")"},
        {"'", R"("'")"},         {"\n", R"("\u000a")"},
        {"\x1f", R"("\u001f")"}, {"\x7f", R"("\u007f")"},
        {"\xff", R"("\u00ff")"}, {std::string_view("\0", 1), R"("\u0000")"},
    };
    for (const Row& row : rows) {
        std::string out;
        put_json_string(out, row.text);
        CHECK(out == row.json);
    }
}

}  // namespace
