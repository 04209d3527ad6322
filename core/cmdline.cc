// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/cmdline.h"

namespace pt {
namespace {

// The kernel's isspace() (lib/ctype.c) also holds 0xa0, the no-break space of Latin-1.
bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r') || c == '\xa0';
}

}  // namespace

CmdlineReader::CmdlineReader(std::string_view text) : text_(text.substr(0, text.find('\0'))) {
    // /proc/cmdline ends with a newline that is not the kernel's (fs/proc/cmdline.c).
    if (text_.ends_with('\n')) text_.remove_suffix(1);
    skip_space();
}

void CmdlineReader::skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

bool CmdlineReader::next(Word& word) {
    if (at_ >= text_.size()) return false;

    const bool quoted = text_[at_] == '"';
    const std::size_t begin = at_ + (quoted ? 1 : 0);
    bool in_quote = quoted;
    std::size_t equals = 0;  // relative to begin; 0 is none, for a leading '=' is part of the name
    std::size_t end = begin;
    for (; end < text_.size(); ++end) {
        const char c = text_[end];
        if (is_space(c) && !in_quote) break;
        if (c == '=' && equals == 0) equals = end - begin;
        if (c == '"') in_quote = !in_quote;
    }

    const bool value_quoted = equals != 0 && text_.substr(begin + equals + 1).starts_with('"');
    std::size_t stop = end;
    if ((quoted || value_quoted) && end > begin && text_[end - 1] == '"') --stop;

    word = Word();
    word.text = text_.substr(at_, end - at_);
    word.ends_text = end == text_.size();
    word.has_value = equals != 0;
    word.name_position = word.position = begin;
    if (equals != 0) word.position += equals + 1 + (value_quoted ? 1 : 0);
    word.name = text_.substr(begin, equals != 0 ? equals : stop - begin);
    if (word.has_value && word.position < stop)
        word.value = text_.substr(word.position, stop - word.position);
    at_ = end;
    skip_space();
    if (!word.has_value && word.name == "--") {
        at_ = text_.size();
        return false;
    }
    return true;
}

bool same_parameter(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const char x = a[i] == '-' ? '_' : a[i];
        const char y = b[i] == '-' ? '_' : b[i];
        if (x != y) return false;
    }
    return true;
}

bool may_be_truncated(std::size_t length) {
    return length + 1 == kCommandLineSize;
}

}  // namespace pt
