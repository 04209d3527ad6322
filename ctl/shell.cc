// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/shell.h"

#include <algorithm>

namespace pt::ctl {
namespace {

constexpr std::string_view kPlain =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:=@%,";

bool is_printable(char c) {
    return c >= ' ' && c <= '~';
}

// Three octal digits: a digit that follows is none of theirs, as it might be behind \x.
std::string octal(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return {'\\', static_cast<char>('0' + byte / 64), static_cast<char>('0' + byte / 8 % 8),
            static_cast<char>('0' + byte % 8)};
}

std::string with_escapes(std::string_view text) {
    std::string quoted = "$'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') quoted += '\\';
        quoted += is_printable(c) ? std::string(1, c) : octal(c);
    }
    return quoted + "'";
}

}  // namespace

std::string shell_quoted(std::string_view text) {
    if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos)
        return std::string(text);
    if (!std::all_of(text.begin(), text.end(), is_printable)) return with_escapes(text);
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'')
            quoted += "'\\''";
        else
            quoted.push_back(c);
    }
    return quoted + "'";
}

std::string shell_command(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        if (!text.empty()) text += ' ';
        text += shell_quoted(word);
    }
    return text;
}

}  // namespace pt::ctl
