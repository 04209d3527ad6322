// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/texts.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "core/report.h"
#include "core/text.h"
#include "sys/file.h"

namespace pt::ctl {
namespace {

// As much as pt-hook reads.
constexpr std::size_t kTextMax = 65536;

struct Range {
    char32_t first;
    char32_t last;
};

// Beyond ASCII: the control characters of C1, of which a terminal takes U+009B for the start of a
// sequence, and the format characters (category Cf) that hide or turn round what is beside them.
constexpr Range kInvisible[] = {{0x80, 0x9f},     {0xad, 0xad},      {0x61c, 0x61c},
                                {0x180e, 0x180e}, {0x200b, 0x200f},  {0x2028, 0x202e},
                                {0x2060, 0x206f}, {0xd800, 0xdfff},  {0xfeff, 0xfeff},
                                {0xfff0, 0xffff}, {0xe0000, 0xe0fff}};

bool is_visible(char32_t code) {
    return std::none_of(std::begin(kInvisible), std::end(kInvisible), [code](const Range& range) {
        return range.first <= code && code <= range.last;
    });
}

// Reads the first character in its shortest form (RFC 3629). Returns its bytes, 0 for what is none.
std::size_t read_utf8(std::string_view text, char32_t& code) {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) {
        code = first;
        return 1;
    }
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
    code = first & (0x7fU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0U) != 0x80) return 0;
        code = code << 6 | (byte(i) & 0x3fU);
    }
    constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    return code < kLeast[size] || code > 0x10ffff ? 0 : size;
}

}  // namespace

Texts read_texts(const Context& context) {
    const int root = context.root_dir.get();
    Texts texts;
    texts.conf_error = read_whole_file(root, kConfPath.substr(1).data(), kTextMax, texts.conf);
    if (texts.conf_error == ENOENT) texts.conf_error = 0;
    texts.cmdline_error = read_file(root, "proc/cmdline", kTextMax, texts.cmdline);
    return texts;
}

std::string printable(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        char32_t code = 0;
        const std::size_t size = read_utf8(text, code);
        const std::string_view bytes = text.substr(0, size == 0 ? 1 : size);
        if (size > 1 && is_visible(code))
            put(result, bytes);
        else
            put_printable(result, bytes);
        text.remove_prefix(bytes.size());
    }
    return result;
}

}  // namespace pt::ctl
