// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pt::ctl {

// Where a word still counts in a text that holds kernel command lines.
struct WordLeft {
    std::size_t line = 0;  // its number, from 1 on; 0: nowhere
    std::string text;      // the line, without white space at its ends
};

// The first place where a word counts outside of comments: as it is, or where one of the items of
// its list stands in another list of the same name. With `has_comments` a "#" that begins a word
// ends the line, as in a shell file or /etc/pt-hook.conf, else only one at the line's begin.
[[nodiscard]] WordLeft find_word_left(std::string_view text, const std::string& word,
                                      bool has_comments);

// A text before `ptctl use`, now, and as it would be without its words.
struct Undo {
    std::string path;
    std::string_view before;
    std::string_view now;
    std::string_view after;
};

// Which of these words the undo would leave there, whole sentences. What was there before them is
// somebody else's, and so is what is no word of pt-hook and stands there once more.
[[nodiscard]] std::string tell_words_left(const Undo& undo, const std::vector<std::string>& words,
                                          bool has_comments);

}  // namespace pt::ctl
