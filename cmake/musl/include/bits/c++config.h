// SPDX-License-Identifier: LGPL-2.1-or-later
// libstdc++'s own file, less what it found out about glibc.
#pragma once

#include_next <bits/c++config.h>

#undef _GLIBCXX_USE_PTHREAD_COND_CLOCKWAIT
#undef _GLIBCXX_USE_PTHREAD_MUTEX_CLOCKLOCK
#undef _GLIBCXX_USE_PTHREAD_RWLOCK_CLOCKLOCK

// "extern template" says that the library has the code, and there is no library. From gcc 13 on
// std::string depends on it.
#undef _GLIBCXX_EXTERN_TEMPLATE
#define _GLIBCXX_EXTERN_TEMPLATE 0
