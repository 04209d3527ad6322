// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/text.h"

namespace pt {
namespace {

constexpr std::size_t kQuotedMax = 80;
constexpr std::string_view kDigits = "0123456789abcdef";

int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string_view without_prefix(std::string_view text) {
    if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        text.remove_prefix(2);
    return text;
}

bool is_printable(char c) {
    return c >= ' ' && c <= '~';
}

bool is_plain_in_json(char c) {
    return is_printable(c) && c != '"' && c != '\\';
}

}  // namespace

bool is_hex(std::string_view text) {
    text = without_prefix(text);
    for (char c : text)
        if (digit_value(c) < 0) return false;
    return !text.empty();
}

std::optional<std::uint32_t> parse_hex(std::string_view text, std::size_t max_digits) {
    if (!is_hex(text)) return std::nullopt;
    text = without_prefix(text);
    if (text.size() > max_digits) return std::nullopt;
    std::uint32_t value = 0;
    for (char c : text) value = value << 4 | static_cast<std::uint32_t>(digit_value(c));
    return value;
}

std::string_view cut(std::string_view& rest, char separator) {
    const std::size_t end = rest.find(separator);
    const std::string_view head = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return head;
}

std::string_view nth(std::string_view list, std::size_t number) {
    while (number-- > 0) (void)cut(list, '|');
    return cut(list, '|');
}

void put(std::string& out, std::string_view text) {
    out.append(text.data(), text.size());
}

void put_decimal(std::string& out, std::uint64_t value) {
    char digits[20];  // 2^64 has 20 decimal digits
    std::size_t first = sizeof digits;
    do {
        digits[--first] = kDigits[value % 10];
        value /= 10;
    } while (value != 0);
    out.append(digits + first, sizeof digits - first);
}

void put_hex(std::string& out, std::uint32_t value, unsigned digits) {
    while (digits < 8 && value >> (4 * digits) != 0) ++digits;
    char text[8];
    for (unsigned i = digits; i-- > 0; value >>= 4) text[i] = kDigits[value & 0xf];
    out.append(text, digits);
}

void put_printable(std::string& out, std::string_view text) {
    for (char c : text) {
        if (is_printable(c)) {
            out.push_back(c);
        } else {
            put(out, "\\x");
            put_hex(out, static_cast<unsigned char>(c), 2);
        }
    }
}

void put_quoted(std::string& out, std::string_view text) {
    out.push_back('\'');
    put_printable(out, text.substr(0, kQuotedMax));
    put(out, text.size() > kQuotedMax ? "...'" : "'");
}

void put_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    while (!text.empty()) {
        // In one piece what needs no escape: it is nearly all of a report, which may be long.
        std::size_t plain = 0;
        while (plain < text.size() && is_plain_in_json(text[plain])) ++plain;
        put(out, text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) break;
        if (is_printable(text[0])) {
            out.push_back('\\');
            out.push_back(text[0]);
        } else {
            put(out, "\\u00");
            put_hex(out, static_cast<unsigned char>(text[0]), 2);
        }
        text.remove_prefix(1);
    }
    out.push_back('"');
}

}  // namespace pt
