// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/output.h"

#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <iostream>
#include <sstream>

using namespace pt::ctl;
using Lines = std::vector<std::string>;

TEST_CASE("text is broken at spaces, and a word is never broken") {
    CHECK(wrapped("one two three", 80) == Lines{"one two three"});
    CHECK(wrapped("one two three", 7) == Lines{"one two", "three"});
    CHECK(wrapped("one two three", 6) == Lines{"one", "two", "three"});
    CHECK(wrapped("pt.ids=10de:1b06@00:01.0/00.0 is long", 10) ==
          Lines{"pt.ids=10de:1b06@00:01.0/00.0", "is long"});
    CHECK(wrapped("  spaces   go  ", 80) == Lines{"spaces go"});
    CHECK(wrapped("", 80) == Lines{""});
    CHECK(wrapped("x", 0) == Lines{"x"});
}

TEST_CASE("a character of several bytes takes one column") {
    CHECK(wrapped("\u00e9\u00e9\u00e9 x", 5) == Lines{"\u00e9\u00e9\u00e9 x"});
    CHECK(wrapped("\u00e9\u00e9\u00e9 x", 4) == Lines{"\u00e9\u00e9\u00e9", "x"});
}

TEST_CASE("escapes are for those who asked for colours") {
    Context context;
    CHECK(toned(context, Tone::kBad, "text") == "text");
    context.colour = true;
    CHECK(toned(context, Tone::kBad, "text") == "\x1b[31mtext\x1b[0m");
    CHECK(toned(context, Tone::kPlain, "text") == "text");
    CHECK(toned(context, Tone::kBad, "").empty());
}

namespace {

// What a stream is given while this lives.
class Caught {
  public:
    explicit Caught(std::ostream& stream) : stream_(stream), before_(stream.rdbuf(text_.rdbuf())) {}
    Caught(const Caught&) = delete;
    Caught& operator=(const Caught&) = delete;
    ~Caught() { stream_.rdbuf(before_); }
    [[nodiscard]] std::string text() const { return text_.str(); }

  private:
    std::ostringstream text_;
    std::ostream& stream_;
    std::streambuf* before_;
};

}  // namespace

TEST_CASE("no way of printing text lets a control character of it through") {
    const Context context;
    const std::string evil = "a\x1b[2J";
    const std::string harmless = "a\\x1b[2J";
    const Caught errors(std::cerr);
    print_error(evil);
    print_error(evil, ENOENT);
    CHECK(errors.text() ==
          "ptctl: " + harmless + "\nptctl: " + harmless + ": No such file or directory\n");
    const Caught output(std::cout);
    print_wrapped(context, evil + " ", 2, evil);
    CHECK(output.text() == harmless + " " + harmless + "\n");
    Table table({"A", "B"});
    table.add({evil, evil});
    table.print(context);
    CHECK(output.text().ends_with("A         B\n" + harmless + "  " + harmless + "\n"));
}
