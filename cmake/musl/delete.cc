// SPDX-License-Identifier: LGPL-2.1-or-later
// The program lives for milliseconds and leaves its memory to the kernel. Compiled together with
// what calls them, so that whole destructors go: 5 kB less. (libkmod's free() does its work.)
#include <new>

void operator delete(void*) noexcept {}
void operator delete[](void*) noexcept {}
void operator delete(void*, std::size_t) noexcept {}
void operator delete[](void*, std::size_t) noexcept {}
