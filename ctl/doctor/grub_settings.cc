// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/doctor/grub_settings.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "core/text.h"

namespace pt::ctl {
namespace {

constexpr std::string_view kAlways = "GRUB_CMDLINE_LINUX";
constexpr std::string_view kUsually = "GRUB_CMDLINE_LINUX_DEFAULT";

using Variables = std::map<std::string, std::string, std::less<>>;

bool is_name_character(char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
}

std::string_view cut_name(std::string_view& text) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_name_character);
    const std::string_view name = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(name.size());
    return name;
}

std::string_view without_blanks_before(std::string_view text) {
    return text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
}

// Takes "NAME" or "{NAME}" off the text behind a '$', and adds what it stands for.
bool expand(std::string_view& text, const Variables& variables, std::string& value) {
    const bool has_brace = text.starts_with('{');
    if (has_brace) text.remove_prefix(1);
    const auto variable = variables.find(cut_name(text));
    if (variable == variables.end() || (has_brace && !text.starts_with('}'))) return false;
    if (has_brace) text.remove_prefix(1);
    value += variable->second;
    return true;
}

// The value of an assignment, up to the end of its line or a comment.
bool evaluate(std::string_view text, const Variables& variables, std::string& value) {
    char quote = 0;
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c == quote) {
            quote = 0;
        } else if (quote == '\'') {
            value += c;
        } else if (c == '\\' || c == '`') {
            return false;
        } else if (c == '$') {
            if (!expand(text, variables, value)) return false;
        } else if (quote == '"') {
            value += c;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == ' ' || c == '\t') {
            const std::string_view rest = without_blanks_before(text);
            return rest.empty() || rest.front() == '#';
        } else if (std::string_view(";&|<>()*?[~").find(c) != std::string_view::npos) {
            return false;
        } else {
            value += c;
        }
    }
    return quote == 0;
}

// Whether a line does no more than to assign this to a variable that does not count. Debian asks a
// program for the name of the distribution.
bool is_only_assigned(std::string_view value) {
    const auto has_pairs = [value](char quote) {
        return std::count(value.begin(), value.end(), quote) % 2 == 0;
    };
    const bool is_substitution =
        value.size() > 1 && value.front() == '`' && value.find('`', 1) == value.size() - 1;
    const bool is_plain = value.find_first_of(";&|`\\") == std::string_view::npos;
    return (is_substitution || is_plain) && has_pairs('"') && has_pairs('\'') &&
           value.find(kAlways) == std::string_view::npos;
}

bool read_line(std::string_view line, Variables& variables) {
    line = without_blanks_before(line);
    if (line.starts_with("export ")) line = without_blanks_before(line.substr(7));
    if (line.empty() || line.front() == '#') return true;
    const std::string_view name = cut_name(line);
    if (name.empty() || !line.starts_with('=')) return false;
    line.remove_prefix(1);
    if (name != kAlways && name != kUsually) return is_only_assigned(line);
    std::string value;
    if (!evaluate(line, variables, value)) return false;
    variables.find(name)->second = value;
    return true;
}

}  // namespace

std::optional<std::string> grub_settings_cmdline(const std::vector<std::string_view>& files) {
    Variables variables = {{std::string(kAlways), ""}, {std::string(kUsually), ""}};
    for (std::string_view text : files)
        while (!text.empty())
            if (!read_line(cut(text, '\n'), variables)) return std::nullopt;
    return variables.find(kAlways)->second + " " + variables.find(kUsually)->second;
}

}  // namespace pt::ctl
