// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/words_left.h"

#include <algorithm>

#include "core/text.h"
#include "ctl/edit.h"

namespace pt::ctl {
namespace {

std::string lowered(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

// What of a line counts, without its quotes: which words they hold together does not matter here.
std::string without_comment(std::string_view line, bool has_comments) {
    std::string result;
    char quote = '\0';
    bool inside = false;  // a word
    for (const char c : line) {
        const bool is_space = c == ' ' || (c >= '\t' && c <= '\r');
        if (c == '#' && !inside && quote == '\0' && (has_comments || split_words(result).empty()))
            break;
        if (c == quote)
            quote = '\0';
        else if (quote == '\0' && (c == '"' || c == '\''))
            quote = c;
        else
            result += c;
        inside = !is_space;
    }
    return result;
}

// Whether a token gives the parameter `name`, which ends with '=', one of these items. The token
// may be an assignment of the shell: "GRUB_CMDLINE_LINUX=pt.ids=10de:1b06".
bool has_item(std::string_view token, std::string_view name, std::string_view items) {
    const std::size_t at = token.find(name);
    if (at == token.npos || (at > 0 && token[at - 1] != '=')) return false;
    const std::string wanted = ',' + lowered(items) + ',';
    std::string_view rest = token.substr(at + name.size());
    while (!rest.empty()) {
        const std::string item = lowered(rest.substr(0, rest.find(',')));
        rest.remove_prefix(std::min(item.size() + 1, rest.size()));
        if (!item.empty() && wanted.find(',' + item + ',') != wanted.npos) return true;
    }
    return false;
}

// How often it stands there as it is.
std::size_t count_word(std::string_view text, const std::string& word) {
    std::string unquoted(text);
    std::replace(unquoted.begin(), unquoted.end(), '"', ' ');
    const std::vector<std::string> words = split_words(unquoted);
    return static_cast<std::size_t>(std::count(words.begin(), words.end(), word));
}

// The line that this one is before the undo, which takes lines and words away.
WordLeft line_before(std::string_view now, const WordLeft& left, const std::string& word,
                     bool has_comments) {
    WordLeft result = find_word_left(now, word, has_comments);
    for (std::size_t number = 1; !now.empty(); ++number)
        if (join_words(split_words(cut(now, '\n'))) == left.text) result = {number, left.text};
    return result;
}

}  // namespace

WordLeft find_word_left(std::string_view text, const std::string& word, bool has_comments) {
    const std::string_view name = std::string_view(word).substr(0, word.find('=') + 1);
    const std::string_view items = std::string_view(word).substr(name.size());
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        const std::string_view line = cut(text, '\n');
        for (const std::string& token : split_words(without_comment(line, has_comments)))
            if (token == word || (!name.empty() && has_item(token, name, items)))
                return {number, join_words(split_words(line))};
    }
    return {};
}

std::string tell_words_left(const Undo& undo, const std::vector<std::string>& words,
                            bool has_comments) {
    std::string result;
    for (const std::string& word : words) {
        const WordLeft left = find_word_left(undo.after, word, has_comments);
        if (left.line == 0 || find_word_left(undo.before, word, has_comments).line != 0) continue;
        if (!word.starts_with("pt.") && count_word(undo.now, word) > count_word(undo.after, word))
            continue;
        const WordLeft line = line_before(undo.now, left, word, has_comments);
        if (!result.empty()) result += ' ';
        result += undo.path + " would still have " + word + " in its line " +
                  std::to_string(line.line) + ", which 'ptctl use' has not written like that: '" +
                  line.text + "'.";
    }
    return result;
}

}  // namespace pt::ctl
