// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/fuzz/reference.h"

#include <cstring>

bool is_space(char c) {
    return c != '\0' && std::strchr(" \t\n\v\f\r\xa0", c) != nullptr;
}

namespace {

bool starts_with_quote(const std::string& text) {
    return !text.empty() && text[0] == '"';
}

// Copies the word that begins at `at`, with its quotes, and moves `at` behind it. White space
// between quotes belongs to it.
std::string take_raw_word(const std::string& text, std::size_t& at) {
    std::string word;
    bool between_quotes = false;
    for (; at < text.size() && (between_quotes || !is_space(text[at])); ++at) {
        if (text[at] == '"') between_quotes = !between_quotes;
        word += text[at];
    }
    return word;
}

ReferenceWord read_raw_word(std::string raw) {
    bool drop_last_quote = false;
    if (starts_with_quote(raw)) {
        drop_last_quote = true;
        raw.erase(0, 1);
    }
    ReferenceWord word;
    word.name = raw;
    const std::size_t equals = raw.find('=', 1);  // a name has one letter at least
    word.has_value = equals != std::string::npos;
    if (word.has_value) {
        word.name = raw.substr(0, equals);
        word.value = raw.substr(equals + 1);
    }
    if (starts_with_quote(word.value)) {
        drop_last_quote = true;
        word.value.erase(0, 1);
    }
    std::string& last = word.has_value ? word.value : word.name;
    if (drop_last_quote && !last.empty() && last.back() == '"') last.pop_back();
    return word;
}

}  // namespace

std::vector<ReferenceWord> split_like_the_kernel(std::string text) {
    text = text.c_str();  // up to the first NUL
    if (!text.empty() && text.back() == '\n') text.pop_back();

    std::vector<ReferenceWord> words;
    for (std::size_t at = 0;;) {
        while (at < text.size() && is_space(text[at])) ++at;
        if (at == text.size()) return words;
        ReferenceWord word = read_raw_word(take_raw_word(text, at));
        word.ends_text = at == text.size();
        if (word.name == "--" && !word.has_value) return words;
        words.push_back(word);
    }
}
