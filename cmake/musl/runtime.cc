// SPDX-License-Identifier: LGPL-2.1-or-later
// What g++'s headers and code expect of libstdc++, for programs without it and without exceptions.
// Whatever would throw ends the program with a line that says so.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <new>

namespace {

[[noreturn]] void give_up(const char* what) {
    // Nothing is left to be done if standard error is closed.
    (void)!write(STDERR_FILENO, what, strlen(what));
    abort();
}

void* allocate(std::size_t size) {
    void* memory = malloc(size != 0 ? size : 1);
    if (memory == nullptr) give_up("out of memory\n");
    return memory;
}

}  // namespace

void* operator new(std::size_t size) {
    return allocate(size);
}
void* operator new[](std::size_t size) {
    return allocate(size);
}

// Most are declared in libstdc++'s internal <bits/functexcept.h>, which each gcc has another list
// of.
#pragma GCC diagnostic ignored "-Wmissing-declarations"
namespace std {

[[noreturn]] void __throw_bad_alloc() {
    give_up("out of memory\n");
}
[[noreturn]] void __throw_bad_array_new_length() {
    give_up("array too long\n");
}
[[noreturn]] void __throw_logic_error(const char*) {
    give_up("logic error\n");
}
[[noreturn]] void __throw_invalid_argument(const char*) {
    give_up("invalid argument\n");
}
[[noreturn]] void __throw_length_error(const char*) {
    give_up("text or list too long\n");
}
[[noreturn]] void __throw_out_of_range(const char*) {
    give_up("index out of range\n");
}
[[noreturn]] void __throw_out_of_range_fmt(const char*, ...) {
    give_up("index out of range\n");
}
[[noreturn]] void __throw_bad_function_call() {
    give_up("empty function called\n");
}
[[noreturn]] void __throw_bad_optional_access() {
    give_up("empty optional read\n");
}
[[noreturn]] void __throw_bad_variant_access(const char*) {
    give_up("wrong variant read\n");
}

// Called by libstdc++'s own assertions (_GLIBCXX_ASSERTIONS, gcc 12 and later).
[[noreturn]] void __glibcxx_assert_fail(const char*, int, const char*, const char*) noexcept {
    give_up("assertion in the C++ library failed\n");
}

}  // namespace std

extern "C" [[noreturn]] void __cxa_pure_virtual() {
    give_up("pure virtual function called\n");
}
