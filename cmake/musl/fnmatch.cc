// SPDX-License-Identifier: LGPL-2.1-or-later
// fnmatch(3) without flags, for bytes: '*', '?', '[set]', '[!set]' and '\', all that module aliases
// and modprobe.d use. musl's own knows characters, collation and their tables, 17 kB.
#include <fnmatch.h>

#include <cstddef>

namespace {

// Reads the set whose '[' stands before `pattern`. Returns what follows its ']' and says in
// `matched` whether `c` is in it, or returns null if there is no ']': then '[' means itself.
const char* read_set(const char* pattern, unsigned char c, bool& matched) {
    const bool negated = *pattern == '!' || *pattern == '^';
    if (negated) ++pattern;
    bool found = false;
    for (const char* first = pattern; *pattern != ']' || pattern == first;) {
        if (*pattern == '\\' && pattern[1] != '\0') ++pattern;
        if (*pattern == '\0') return nullptr;
        const unsigned char low = static_cast<unsigned char>(*pattern++);
        unsigned char high = low;
        if (*pattern == '-' && pattern[1] != ']' && pattern[1] != '\0') {
            ++pattern;
            if (*pattern == '\\' && pattern[1] != '\0') ++pattern;
            high = static_cast<unsigned char>(*pattern++);
        }
        found = found || (low <= c && c <= high);
    }
    matched = found != negated;
    return pattern + 1;
}

// Whether the first element of `pattern`, which is no '*', matches `c`; moves `pattern` past it.
bool match_one(const char*& pattern, char c) {
    if (*pattern == '?') {
        ++pattern;
        return true;
    }
    if (*pattern == '[') {
        bool matched = false;
        const char* behind = read_set(pattern + 1, static_cast<unsigned char>(c), matched);
        if (behind != nullptr) {
            pattern = behind;
            return matched;
        }
    } else if (*pattern == '\\' && pattern[1] != '\0') {
        ++pattern;
    }
    return *pattern++ == c;
}

}  // namespace

extern "C" int fnmatch(const char* pattern, const char* text, int) {
    // Only the last '*' is ever tried again, one byte further on: a match that an earlier one
    // could make by taking more, the last one can make as well.
    const char* star = nullptr;
    const char* star_text = nullptr;
    while (*text != '\0' || *pattern == '*') {
        if (*pattern == '*') {
            star = ++pattern;
            star_text = text;
            continue;
        }
        if (*pattern != '\0' && match_one(pattern, *text)) {
            ++text;
            continue;
        }
        if (star == nullptr) return FNM_NOMATCH;
        pattern = star;
        text = ++star_text;
    }
    return *pattern == '\0' ? 0 : FNM_NOMATCH;
}
