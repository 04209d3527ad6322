// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/context.h"

namespace pt::ctl {

// Columns of a terminal, unless it says otherwise.
inline constexpr std::size_t kDefaultWidth = 80;

enum class Tone { kPlain, kStrong, kFaint, kGood, kWarning, kBad };

// Everything here that is given text prints it as printable() has it, but for print_line(), whose
// text may have tones.

// Text in a tone, for a terminal that may get colours; without for anything else.
[[nodiscard]] std::string toned(const Context& context, Tone tone, std::string_view text);

// Breaks text at spaces into lines of at most `width` columns; a longer word has a line of its own.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

// Prints text on standard output, broken at context.width: its first line behind `label`, the
// others indented by `indent` columns, to which a shorter label is filled up.
void print_wrapped(const Context& context, std::string_view label, std::size_t indent,
                   std::string_view text, Tone tone = Tone::kPlain);

// A table that is as wide as its content, with the last column broken at context.width. A terminal
// gets a line of box drawing below the head.
class Table {
  public:
    explicit Table(std::vector<std::string> head) : head_(std::move(head)) {}

    // As many cells as the head has. The tone is that of the whole row.
    void add(std::vector<std::string> cells, Tone tone = Tone::kPlain);
    void print(const Context& context) const;

  private:
    struct Row {
        std::vector<std::string> cells;
        Tone tone;
    };
    std::vector<std::string> head_;
    std::vector<Row> rows_;
};

// What is foreign in the text has gone through printable() or toned().
void print_line(std::string_view text);

// One document and a newline on standard output, in ASCII: other characters are escaped, and bytes
// that are no UTF-8 replaced.
void print_json(const nlohmann::json& document);
void print_json(const nlohmann::ordered_json& document);

// Why there is no answer: as print_error(), and with --json as a document of its own too.
void print_problem(const Context& context, std::string_view text);
void print_problem(const Context& context, std::string_view text, int error);

// "ptctl: TEXT" on standard error.
void print_error(std::string_view text);
// The same with the system's words for an errno at its end.
void print_error(std::string_view text, int error);

}  // namespace pt::ctl
