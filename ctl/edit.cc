// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/edit.h"

#include <algorithm>

namespace pt::ctl {
namespace {

constexpr std::string_view kSpace = " \t\r";
constexpr std::string_view kMark = "# By 'ptctl use'; 'ptctl unuse' takes it away.";
constexpr std::string_view kGrubStart = "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT";
constexpr std::size_t kContext = 2;

// Lines with their newlines, so that joined they are the text.
std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::size_t length = end == text.npos ? text.size() : end + 1;
        lines.push_back(text.substr(0, length));
        text.remove_prefix(length);
    }
    return lines;
}

// A line without its newline and the white space at both ends.
std::string_view trimmed(std::string_view line) {
    const std::size_t begin = line.find_first_not_of(" \t\r\n");
    if (begin == line.npos) return {};
    return line.substr(begin, line.find_last_not_of(" \t\r\n") + 1 - begin);
}

// The key of a line of a boot loader entry; what follows it goes to `value`.
std::string_view entry_key(std::string_view line, std::string_view& value) {
    const std::string_view text = trimmed(line);
    const std::size_t end = std::min(text.find_first_of(kSpace), text.size());
    value = trimmed(text.substr(end));
    return text.substr(0, end);
}

// The same text with words at the end of the line with this number, before its white space.
std::string with_words(const std::vector<std::string_view>& lines, std::size_t number,
                       const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i != number) {
            text += lines[i];
            continue;
        }
        const std::size_t end = lines[i].find_last_not_of(" \t\r\n") + 1;
        text += lines[i].substr(0, end);
        text += ' ' + join_words(words);
        text += lines[i].substr(end);
    }
    return text;
}

std::string with_final_newline(std::string_view text) {
    std::string result(text);
    if (!result.empty() && result.back() != '\n') result += '\n';
    return result;
}

bool is_word_end(std::string_view line, std::size_t at) {
    return at >= line.size() || kSpace.find(line[at]) != kSpace.npos || line[at] == '\n' ||
           line[at] == '"' || line[at] == '\'';
}

// One word out of one line; whether it was there. The white space before it goes with it, or, where
// it is the first word behind a quote or of the line, that behind it.
bool cut_word(std::string& line, const std::string& word) {
    for (std::size_t at = line.find(word); at != line.npos; at = line.find(word, at + 1)) {
        const bool begins = at == 0 || line[at - 1] == '"' || line[at - 1] == '\'';
        const bool follows = at > 0 && kSpace.find(line[at - 1]) != kSpace.npos;
        if ((!begins && !follows) || !is_word_end(line, at + word.size())) continue;
        std::size_t begin = at;
        std::size_t end = at + word.size();
        while (begin > 0 && kSpace.find(line[begin - 1]) != kSpace.npos) --begin;
        if (begins || begin == 0)
            while (end < line.size() && kSpace.find(line[end]) != kSpace.npos) ++end;
        line.erase(begin, end - begin);
        return true;
    }
    return false;
}

// A line of the conf file without a comment at its end.
std::string_view without_comment(std::string_view line) {
    const std::size_t hash = line.find('#');
    const bool begins_word =
        hash != line.npos && (hash == 0 || kSpace.find(line[hash - 1]) != kSpace.npos);
    return trimmed(begins_word ? line.substr(0, hash) : line);
}

// Whether a line that had words of ours now says nothing any more.
bool is_left_over(std::string_view line) {
    const std::string_view text = trimmed(line);
    return text.empty() || text == "options" || text == std::string(kGrubStart) + '"';
}

}  // namespace

std::vector<std::string> split_words(std::string_view text) {
    std::vector<std::string> words;
    while (true) {
        const std::size_t begin = text.find_first_not_of(" \t\r\n");
        if (begin == text.npos) return words;
        text.remove_prefix(begin);
        const std::size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
        words.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

std::string join_words(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        if (!text.empty()) text += ' ';
        text += word;
    }
    return text;
}

std::string add_to_cmdline(std::string_view text, const std::vector<std::string>& words) {
    const std::vector<std::string_view> lines = lines_of(text);
    for (std::size_t i = lines.size(); i-- > 0;)
        if (!trimmed(lines[i]).empty() && !trimmed(lines[i]).starts_with('#'))
            return with_words(lines, i, words);
    return with_final_newline(text) + join_words(words) + '\n';
}

std::string add_to_entry(std::string_view text, const std::vector<std::string>& words) {
    const std::vector<std::string_view> lines = lines_of(text);
    std::string_view value;
    for (std::size_t i = lines.size(); i-- > 0;)
        if (entry_key(lines[i], value) == "options") return with_words(lines, i, words);
    return with_final_newline(text) + "options " + join_words(words) + '\n';
}

std::vector<std::string> entry_options(std::string_view text) {
    std::vector<std::string> words;
    std::string_view value;
    for (const std::string_view line : lines_of(text)) {
        if (entry_key(line, value) != "options") continue;
        for (std::string& word : split_words(value)) words.push_back(std::move(word));
    }
    return words;
}

std::string entry_value(std::string_view text, std::string_view key) {
    std::string_view value;
    for (const std::string_view line : lines_of(text))
        if (entry_key(line, value) == key) return std::string(value);
    return {};
}

std::string add_to_grub(std::string_view text, const std::vector<std::string>& words) {
    std::string result = with_final_newline(text);
    // A line that goes on goes on with nothing.
    if (result.ends_with("\\\n")) result += '\n';
    result += kMark;
    result += '\n';
    result += kGrubStart;
    result += ' ' + join_words(words) + "\"\n";
    return result;
}

std::string add_to_conf(std::string_view text, const std::vector<std::string>& words) {
    std::string result = with_final_newline(text);
    result += kMark;
    result += '\n';
    for (const std::string& word : words) result += word + '\n';
    return result;
}

std::string remove_words(std::string_view text, const std::vector<std::string>& words) {
    std::string result;
    for (const std::string_view line : lines_of(text)) {
        const std::string_view bare = trimmed(line);
        if (bare == kMark) continue;
        if (bare.starts_with('#')) {
            result += line;
            continue;
        }
        std::string changed(line);
        bool has_changed = false;
        for (const std::string& word : words)
            while (cut_word(changed, word)) has_changed = true;
        if (!has_changed || !is_left_over(changed)) result += changed;
    }
    return result;
}

std::string remove_added(std::string_view text, const std::vector<std::string>& words,
                         const std::vector<std::string>& elsewhere) {
    std::string result;
    bool has_mark = false;
    std::vector<std::string> left;  // that the part that is being read may still have
    for (const std::string_view line : lines_of(text)) {
        const std::string_view bare = trimmed(line);
        if (bare == kMark) {
            has_mark = true;
            left = words;
            continue;
        }
        std::string changed(line);
        if (bare.starts_with(kGrubStart)) {
            for (const std::string& word : left) cut_word(changed, word);
            left.clear();
            if (!is_left_over(changed)) result += changed;
        } else if (bare.empty() || bare.starts_with('#')) {
            result += line;  // somebody has explained what follows
        } else if (const auto word = std::find(left.begin(), left.end(), without_comment(bare));
                   word != left.end()) {
            left.erase(word);
        } else {
            left.clear();
            result += changed;
        }
    }
    return has_mark ? result : remove_words(text, elsewhere);
}

std::vector<std::string> changed_lines(std::string_view before, std::string_view after) {
    std::vector<std::string_view> old_lines = lines_of(before);
    std::vector<std::string_view> new_lines = lines_of(after);
    const std::size_t shorter = std::min(old_lines.size(), new_lines.size());
    std::size_t same = 0;
    while (same < shorter && old_lines[same] == new_lines[same]) ++same;
    std::size_t same_end = 0;
    while (same_end < shorter - same &&
           old_lines[old_lines.size() - 1 - same_end] == new_lines[new_lines.size() - 1 - same_end])
        ++same_end;

    std::vector<std::string> result;
    const auto add = [&](char mark, const std::vector<std::string_view>& lines, std::size_t begin,
                         std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            std::string line(1, mark);
            line += lines[i];
            if (line.back() == '\n') line.pop_back();
            result.push_back(std::move(line));
        }
    };
    if (same == old_lines.size() && same == new_lines.size()) return result;
    const std::size_t old_end = old_lines.size() - same_end;
    const std::size_t new_end = new_lines.size() - same_end;
    add(' ', old_lines, same - std::min(same, kContext), same);
    add('-', old_lines, same, old_end);
    add('+', new_lines, same, new_end);
    add(' ', old_lines, old_end, std::min(old_end + kContext, old_lines.size()));
    return result;
}

std::vector<std::string> grub_menu_words(std::string_view grub_cfg) {
    for (const std::string_view line : lines_of(grub_cfg)) {
        std::vector<std::string> words = split_words(line);
        if (words.size() < 2 ||
            (words[0] != "linux" && words[0] != "linux16" && words[0] != "linuxefi"))
            continue;
        words.erase(words.begin(), words.begin() + 2);
        return words;
    }
    return {};
}

}  // namespace pt::ctl
