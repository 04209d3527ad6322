// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/output.h"

#include <algorithm>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "ctl/texts.h"

namespace pt::ctl {
namespace {

// Columns between those of a table.
constexpr std::size_t kGap = 2;

// The last column of a table is not broken into less than this.
constexpr std::size_t kLeastWidth = 20;

// Select Graphic Rendition (ECMA-48 8.3.117). Only the sixteen colours that a terminal's owner has
// chosen, none for a background.
std::string_view sgr(Tone tone) {
    switch (tone) {
        case Tone::kPlain:
            break;
        case Tone::kStrong:
            return "\x1b[1m";
        case Tone::kFaint:
            return "\x1b[2m";
        case Tone::kGood:
            return "\x1b[32m";
        case Tone::kWarning:
            return "\x1b[33m";
        case Tone::kBad:
            return "\x1b[31m";
    }
    return {};
}

// Columns of a text: its characters, for names of devices hold no wide ones.
std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string padded(std::string_view text, std::size_t width) {
    std::string result(text);
    const std::size_t used = columns(text);
    if (used < width) result.append(width - used, ' ');
    return result;
}

}  // namespace

std::string toned(const Context& context, Tone tone, std::string_view text) {
    if (!context.colour || tone == Tone::kPlain || text.empty()) return printable(text);
    return std::string(sgr(tone)) + printable(text) + "\x1b[0m";
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
    std::vector<std::string> lines;
    std::string line;
    while (!text.empty()) {
        const std::string_view word = cut(text, ' ');
        if (word.empty()) continue;
        if (!line.empty() && columns(line) + 1 + columns(word) > width) {
            lines.push_back(std::move(line));
            line.clear();
        }
        if (!line.empty()) line.push_back(' ');
        line += word;
    }
    if (!line.empty() || lines.empty()) lines.push_back(std::move(line));
    return lines;
}

void print_wrapped(const Context& context, std::string_view label, std::size_t indent,
                   std::string_view text, Tone tone) {
    std::string head = padded(printable(label), indent);
    // The first line has less room behind a long label: words stand in for it.
    const std::string stand_in(columns(head) > indent ? columns(head) - indent - 1 : 0, 'x');
    const std::size_t width =
        std::max(kLeastWidth, context.width - std::min(indent, context.width));
    for (std::string& line : wrapped(stand_in + " " + printable(text), width)) {
        if (!stand_in.empty() && line.starts_with(stand_in)) line.erase(0, stand_in.size() + 1);
        std::cout << head << toned(context, tone, line) << '\n';
        head.assign(indent, ' ');
    }
}

void Table::add(std::vector<std::string> cells, Tone tone) {
    cells.resize(head_.size());
    for (std::string& cell : cells) cell = printable(cell);
    rows_.push_back({std::move(cells), tone});
}

void Table::print(const Context& context) const {
    std::vector<std::size_t> widths;
    std::size_t before_last = 0;
    for (std::size_t i = 0; i < head_.size(); ++i) {
        widths.push_back(columns(head_[i]));
        for (const Row& row : rows_) widths[i] = std::max(widths[i], columns(row.cells[i]));
        if (i + 1 < head_.size()) before_last += widths[i] + kGap;
    }
    const std::size_t last =
        std::max(kLeastWidth, context.width - std::min(before_last, context.width));
    const auto print_row = [&](const std::vector<std::string>& cells, Tone tone) {
        std::string head;
        for (std::size_t i = 0; i + 1 < cells.size(); ++i)
            head += padded(cells[i], widths[i] + kGap);
        for (const std::string& line : wrapped(cells.back(), last)) {
            std::string whole = head + line;
            whole.erase(whole.find_last_not_of(' ') + 1);
            print_line(toned(context, tone, whole));
            head.assign(before_last, ' ');
        }
    };
    print_row(head_, Tone::kStrong);
    if (context.colour) {
        std::string rule;
        for (std::size_t i = 0; i < before_last + std::min(widths.back(), last); ++i) rule += "─";
        print_line(toned(context, Tone::kFaint, rule));
    }
    for (const Row& row : rows_) print_row(row.cells, row.tone);
}

void print_line(std::string_view text) {
    std::cout << text << '\n';
}

void print_json(const nlohmann::json& document) {
    std::cout << document.dump(2, ' ', true, nlohmann::json::error_handler_t::replace) << '\n';
}

void print_json(const nlohmann::ordered_json& document) {
    std::cout << document.dump(2, ' ', true, nlohmann::ordered_json::error_handler_t::replace)
              << '\n';
}

void print_error(std::string_view text) {
    std::cerr << "ptctl: " << printable(text) << '\n';
}

void print_problem(const Context& context, std::string_view text) {
    if (context.json)
        print_json(nlohmann::ordered_json{{"version", VERSION}, {"problem", std::string(text)}});
    print_error(text);
}

void print_problem(const Context& context, std::string_view text, int error) {
    print_problem(context, std::string(text) + ": " + std::strerror(error));
}

void print_error(std::string_view text, int error) {
    std::cerr << "ptctl: " << printable(text) << ": " << std::strerror(error) << '\n';
}

}  // namespace pt::ctl
