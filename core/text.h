// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pt {

// Reads hexadecimal digits of either case, with or without a leading 0x. The whole text must be
// digits, at least one and at most `max_digits` (8 or less); anything else gives nothing.
[[nodiscard]] std::optional<std::uint32_t> parse_hex(std::string_view text, std::size_t max_digits);

// True if nothing but hexadecimal digits follows an optional 0x, whatever their number.
[[nodiscard]] bool is_hex(std::string_view text);

// Cuts `rest` at the first `separator`: returns what stands before it and leaves in `rest` what
// stands behind it. Without a separator the whole of `rest` is returned and `rest` is empty.
std::string_view cut(std::string_view& rest, char separator);

// The piece of `list` with this number, from 0; the pieces are separated by '|'. Empty beyond the
// end. Tables of names are written this way because an array of them costs three times their bytes.
[[nodiscard]] std::string_view nth(std::string_view list, std::size_t number);

// Writers: each appends to `out`.
void put(std::string& out, std::string_view text);
void put_decimal(std::string& out, std::uint64_t value);
void put_hex(std::string& out, std::uint32_t value, unsigned digits);

// A piece of foreign text between single quotes: bytes outside printable ASCII as \xNN, so that it
// can neither break a log line nor drive a terminal, and cut behind 80 bytes with "...".
void put_quoted(std::string& out, std::string_view text);

// The same without quotes and without the cut, for lines that repeat a whole word.
void put_printable(std::string& out, std::string_view text);

// A JSON string with its quotes (RFC 8259). The input has no known encoding: each byte from 0x80
// on becomes the code point of the same number (\u0080 to \u00ff), so the output is always valid.
void put_json_string(std::string& out, std::string_view text);

}  // namespace pt
