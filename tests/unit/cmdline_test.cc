// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/cmdline.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace {

using namespace pt;

// The words of a text as "name" or "name=value", each between bars with its position behind.
std::string split(std::string_view text) {
    CmdlineReader reader(text);
    std::string result;
    Word word;
    while (reader.next(word)) {
        result += '|';
        result += word.name;
        if (word.has_value) result += "=";
        result += word.value;
        result += '|';
        result += std::to_string(word.position);
    }
    return result;
}

TEST_CASE("words are split as the kernel splits them", "[cmdline]") {
    struct Row {
        std::string_view text, words;
    };
    const Row rows[] = {
        {"quiet", "|quiet|0"},
        {"a=b c=d", "|a=b|2|c=d|6"},
        {"root=UUID=12=3", "|root=UUID=12=3|5"},
        {"pt.ids=", "|pt.ids=|7"},
        {"pt.ids= quiet", "|pt.ids=|7|quiet|8"},
        // the newline that /proc/cmdline adds, and a text without it
        {"a b\n", "|a|0|b|2"},
        {"a=1\n", "|a=1|2"},
        // every white space of the kernel, repeated, at the ends too
        {" \t\v\f\r\na \n b  ", "|a|6|b|10"},
        {"a\xa0"
         "b",
         "|a|0|b|2"},
        // quotes around a value or a whole word are taken off
        {R"(a="b c" d)", "|a=b c|3|d|8"},
        {R"("a=b c" d)", "|a=b c|3|d|8"},
        {R"("a b" c)", "|a b|1|c|6"},
        {R"(a="")", "|a=|3"},
        // quotes elsewhere join, and stay
        {R"(a=b"c d"e)", R"(|a=b"c d"e|2)"},
        {R"(a"b c"=d)", R"(|a"b c"=d|7)"},
        {R"(a=b" c")", R"(|a=b" c"|2)"},
        // quotes that do not pair
        {R"(a="b c)", "|a=b c|3"},
        {R"("a b)", "|a b|1"},
        {R"(a=b")", R"(|a=b"|2)"},
        {R"(a=b" c d)", R"(|a=b" c d|2)"},
        {R"(a=")", "|a=|3"},
        {R"(")", "||1"},
        {R"("")", "||1"},
        {R"("a="b"")", R"(|a=b"|4)"},
        // there are no other quotes and no escapes
        {R"(a='b c')", R"(|a='b|2|c'|5)"},
        {R"(a=b\ c)", R"(|a=b\|2|c|5)"},
        {R"(a="b\" c")", R"(|a=b\|3|c"|7)"},
        // a leading '=' belongs to the name
        {"=a", "|=a|0"},
        {"=a=b", "|=a=b|3"},
        {"=", "|=|0"},
        {"==", "|==|2"},
        // what follows "--" is for init
        {"a -- b=1", "|a|0"},
        {"a \"--\" b", "|a|0"},
        {"--", ""},
        {"-- a", ""},
        {"--a b", "|--a|0|b|4"},
        {"--=1 b", "|--=1|3|b|5"},
        {"a=-- b", "|a=--|2|b|5"},
        {"--- b", "|---|0|b|4"},
        // nothing
        {"", ""},
        {" ", ""},
        {"\n", ""},
        // a NUL ends the text
        {std::string_view("a b\0c d", 7), "|a|0|b|2"},
        {std::string_view("\0a", 2), ""},
        // other bytes are letters
        {"\xc3\xa4=\xff", "|\xc3\xa4=\xff|3"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(split(row.text) == row.words);
    }
}

TEST_CASE("the last word knows that nothing follows it", "[cmdline]") {
    struct Row {
        std::string_view text;
        bool ends;
    };
    const Row rows[] = {
        {"a b", true}, {"b\n", true},   {"\"b c", true}, {"b=\"c\"", true},
        {"b ", false}, {"b \n", false}, {"b\t", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CmdlineReader reader(row.text);
        Word word, last;
        while (reader.next(word)) {
            CHECK_FALSE(last.ends_text);
            last = word;
        }
        CHECK(last.ends_text == row.ends);
    }
}

TEST_CASE("a word without '=' has no value, one with it may have an empty one", "[cmdline]") {
    CmdlineReader reader("pt.ids pt.ids=");
    Word word;
    REQUIRE(reader.next(word));
    CHECK_FALSE(word.has_value);
    REQUIRE(reader.next(word));
    CHECK(word.has_value);
    CHECK(word.value.empty());
    CHECK_FALSE(reader.next(word));
    CHECK_FALSE(reader.next(word));
}

TEST_CASE("in the names of parameters '-' equals '_', and nothing else does", "[cmdline]") {
    CHECK(same_parameter("pt.boot-vga", "pt.boot_vga"));
    CHECK(same_parameter("pt.boot_vga", "pt.boot-vga"));
    CHECK(same_parameter("", ""));
    CHECK_FALSE(same_parameter("pt.ids", "pt.id"));
    CHECK_FALSE(same_parameter("pt.id", "pt.ids"));
    CHECK_FALSE(same_parameter("pt.ids", "PT.ids"));
    CHECK_FALSE(same_parameter("pt.ids", "pt_ids"));
    CHECK_FALSE(same_parameter("pt.ids", ""));
}

TEST_CASE("only a text of exactly the kernel's limit can have been cut off", "[cmdline]") {
    CHECK(may_be_truncated(kCommandLineSize - 1));
    CHECK_FALSE(may_be_truncated(kCommandLineSize - 2));
    CHECK_FALSE(may_be_truncated(kCommandLineSize));  // bootconfig made it longer
    CHECK_FALSE(may_be_truncated(0));
#if defined(__x86_64__) || defined(__aarch64__)
    CHECK(kCommandLineSize == 2048);
#endif
}

}  // namespace
