// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>

namespace pt {

// Microseconds of a clock that runs evenly and is never set.
[[nodiscard]] inline std::uint64_t now_us() {
    timespec now{};
    // By system call, for the way through the vDSO is a kilobyte of code in musl. It cannot fail:
    // CLOCK_MONOTONIC exists since Linux 2.6 and the address is valid.
    (void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1000000 +
           static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

inline void sleep_us(std::uint32_t microseconds) {
    const timespec time{static_cast<time_t>(microseconds / 1000000),
                        static_cast<long>(microseconds % 1000000) * 1000};
    (void)nanosleep(&time, nullptr);  // cut short by a signal is as good
}

}  // namespace pt
