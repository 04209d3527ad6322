// SPDX-License-Identifier: LGPL-2.1-or-later
// What libkmod refers to and this program does not let it come to.
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern "C" {

// libkmod's default for "install" lines of modprobe.d, which sys/modules.cc never leaves to it.
int system(const char*) {
    errno = ENOSYS;
    return -1;
}

// musl's formats the message with its own stdio.
[[noreturn]] void __assert_fail(const char* expression, const char*, int, const char*) {
    // Nothing is left to be done if standard error is closed.
    (void)!write(STDERR_FILENO, expression, strlen(expression));
    abort();
}

}  // extern "C"
