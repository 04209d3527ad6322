// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sys/kernel_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "core/text.h"
#include "sys/file.h"

namespace pt {
namespace {

// A record longer than LOG_LINE_MAX, 976 or 1024 bytes by version, is refused whole
// (kernel/printk/printk.c devkmsg_write).
constexpr std::size_t kRecordMax = 900;

}  // namespace

void KernelLog::write(Level level, std::string_view text) const {
    std::string record;
    record.push_back('<');
    put_decimal(record, static_cast<std::uint64_t>(level));
    put(record, ">pt-hook: ");
    put(record, text.substr(0, kRecordMax));
    record.push_back('\n');
    // The kernel drops what exceeds ten records in five seconds, counted for each open file
    // (devkmsg_open, devkmsg_write), and it does not tell. So each record has its own.
    const Fd log(openat(root_, "dev/kmsg", O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY));
    if (log.is_open() && ::write(log.get(), record.data(), record.size()) >= 0) return;
    const std::string_view line = std::string_view(record).substr(3);
    // There is no third place to complain in.
    (void)!::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace pt
