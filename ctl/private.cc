// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/private.h"

#include "core/cmdline.h"
#include "core/machine.h"
#include "core/text.h"

namespace pt::ctl {
namespace {

bool is_shown(const Word& word) {
    if (word.name.starts_with("pt.")) return true;
    for (const std::string_view name : {"intel_iommu", "amd_iommu", "iommu"})
        if (same_parameter(word.name, name)) return true;
    return false;
}

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Where the comment of a line begins: at a "#" that begins a word, outside of quotes.
std::size_t comment_of(std::string_view line) {
    bool is_quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"') is_quoted = !is_quoted;
        if (line[i] == '#' && !is_quoted && (i == 0 || is_space(line[i - 1]))) return i;
    }
    return std::string_view::npos;
}

}  // namespace

std::string our_words(std::string_view cmdline) {
    std::string words;
    CmdlineReader reader(cmdline);
    for (Word word; reader.next(word);) {
        if (!is_shown(word)) continue;
        if (!words.empty()) words.push_back(' ');
        words += word.name;
        if (!word.has_value) continue;
        const bool needs_quotes = word.value.find_first_of(" \t\n") != std::string_view::npos;
        words += needs_quotes ? "=\"" : "=";
        words += word.value;
        if (needs_quotes) words.push_back('"');
    }
    return words;
}

std::string without_comments(std::string_view conf) {
    std::string result;
    while (!conf.empty()) {
        const bool has_end = conf.find('\n') != std::string_view::npos;
        const std::string_view line = cut(conf, '\n');
        const std::size_t comment = comment_of(line);
        result += comment == std::string_view::npos ? line : line.substr(0, comment + 1);
        if (has_end) result.push_back('\n');
    }
    return result;
}

std::string framebuffer_lines(std::string_view iomem) {
    std::string result;
    while (!iomem.empty()) {
        const std::string_view line = cut(iomem, '\n');
        if (parse_framebuffer_ranges(line).empty()) continue;
        result += line;
        result.push_back('\n');
    }
    return result;
}

}  // namespace pt::ctl
