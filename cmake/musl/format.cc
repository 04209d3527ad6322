// SPDX-License-Identifier: LGPL-2.1-or-later
// The part of the printf() family that libkmod calls, for the conversions it uses: %s, %d and %%.
// musl's brings the printing of floating point numbers along, 13 kB.
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

namespace {

// Writes what fits and counts what does not.
class Buffer {
  public:
    Buffer(char* start, std::size_t size) : start_(start), size_(size) {}

    void put(char c) {
        if (length_ + 1 < size_) start_[length_] = c;
        ++length_;
    }
    // snprintf(3): the length of the whole text, whether it fitted or not; -1 beyond an int.
    int finish() {
        if (size_ != 0) start_[length_ < size_ ? length_ : size_ - 1] = '\0';
        return length_ > INT_MAX ? -1 : static_cast<int>(length_);
    }

  private:
    char* start_;
    std::size_t size_;
    std::size_t length_ = 0;
};

void put_number(Buffer& out, int value) {
    char digits[10];
    std::size_t count = 0;
    unsigned rest = static_cast<unsigned>(value);
    if (value < 0) {
        out.put('-');
        rest = 0 - rest;
    }
    do {
        digits[count++] = static_cast<char>('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    while (count != 0) out.put(digits[--count]);
}

}  // namespace

extern "C" {

int vsnprintf(char* text, std::size_t size, const char* format, va_list arguments) {
    Buffer out(text, size);
    for (; *format != '\0'; ++format) {
        if (*format != '%') {
            out.put(*format);
        } else if (*++format == 's') {
            for (const char* s = va_arg(arguments, const char*); *s != '\0'; ++s) out.put(*s);
        } else if (*format == 'd') {
            put_number(out, va_arg(arguments, int));
        } else if (*format == '%') {
            out.put('%');
        } else {
            abort();  // a conversion that the linked libkmod did not have when this was written
        }
    }
    return out.finish();
}

int snprintf(char* text, std::size_t size, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(text, size, format, arguments);
    va_end(arguments);
    return length;
}

int asprintf(char** text, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(nullptr, 0, format, arguments);
    va_end(arguments);
    *text = length < 0 ? nullptr : static_cast<char*>(malloc(static_cast<std::size_t>(length) + 1));
    if (*text == nullptr) return -1;
    va_start(arguments, format);
    vsnprintf(*text, static_cast<std::size_t>(length) + 1, format, arguments);
    va_end(arguments);
    return length;
}

// libkmod's log writes to standard error only.
int vfprintf(FILE*, const char* format, va_list arguments) {
    char text[256];
    const int length = vsnprintf(text, sizeof text, format, arguments);
    return static_cast<int>(write(STDERR_FILENO, text, strnlen(text, sizeof text))) < 0 ? -1
                                                                                        : length;
}

int fprintf(FILE* stream, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length = vfprintf(stream, format, arguments);
    va_end(arguments);
    return length;
}

}  // extern "C"
