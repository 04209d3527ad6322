// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <string_view>

namespace pt {

// One parameter of a kernel command line. The views point into the text that was split.
struct Word {
    std::string_view text;  // as it is written, with its quotes
    std::string_view name;
    std::string_view value;         // empty when there is none
    bool has_value = false;         // "pt.ids=" has an empty one, "pt.ids" has none
    std::size_t name_position = 0;  // of the name's first byte in the text
    std::size_t position = 0;       // of the value's first byte, or of the name's
    bool ends_text = false;         // nothing, not even white space, follows it
};

// Splits a command line into the words that the kernel itself would see (lib/cmdline.c next_arg,
// kernel/params.c parse_args): white space separates outside of double quotes, a quote at the
// start of a word or of a value is taken off together with the last one, quotes elsewhere stay,
// there are no escapes, and "--" ends the kernel's part. A NUL byte ends the text.
class CmdlineReader {
  public:
    explicit CmdlineReader(std::string_view text);

    // Stores the next word in `word` and returns true, or returns false at the end.
    bool next(Word& word);

  private:
    void skip_space();

    std::string_view text_;
    std::size_t at_ = 0;
};

// Whether two parameter names are the same to the kernel, to which '-' equals '_'
// (kernel/params.c parameq).
[[nodiscard]] bool same_parameter(std::string_view a, std::string_view b);

// COMMAND_LINE_SIZE of the architecture (arch/*/include/uapi/asm/setup.h).
#if defined(__x86_64__) || defined(__aarch64__) || defined(__riscv) || defined(__powerpc__)
inline constexpr std::size_t kCommandLineSize = 2048;
#elif defined(__loongarch__) || defined(__mips__) || defined(__s390x__)
inline constexpr std::size_t kCommandLineSize = 4096;
#elif defined(__arm__) || defined(__hppa__)
inline constexpr std::size_t kCommandLineSize = 1024;
#else
inline constexpr std::size_t kCommandLineSize = 512;
#endif

// Whether a text of this many bytes can have been cut off by the kernel, which keeps one byte less
// than COMMAND_LINE_SIZE and says nothing.
[[nodiscard]] bool may_be_truncated(std::size_t length);

}  // namespace pt
