// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string_view>

#include "core/report.h"

namespace pt {

// Writes lines to <root>/dev/kmsg, or to standard error where that cannot be opened.
class KernelLog {
  public:
    // `root` is an open directory that outlives the log.
    explicit KernelLog(int root) : root_(root) {}

    void write(const Line& line) const { write(line.level, line.text); }
    void write(Level level, std::string_view text) const;

  private:
    int root_;
};

}  // namespace pt
