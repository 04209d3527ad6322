// SPDX-License-Identifier: LGPL-2.1-or-later
// Replaces libstdc++'s file of this name, which asks glibc for its version.
#pragma once

#include <features.h>

#define __NO_CTYPE 1
#define _GLIBCXX_GTHREAD_USE_WEAK 0
#define __locale_t locale_t
