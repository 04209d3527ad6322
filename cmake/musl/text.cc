// SPDX-License-Identifier: LGPL-2.1-or-later
// strstr() and strtol() as libkmod uses them: to look for a character class in short names, and to
// read its log level from the environment. musl's bring a two-way search and stdio along, 3 kB.
#include <stdlib.h>
#include <string.h>

extern "C" {

char* strstr(const char* text, const char* wanted) {
    const size_t length = strlen(wanted);
    for (; strncmp(text, wanted, length) != 0; ++text)
        if (*text == '\0') return nullptr;
    return const_cast<char*>(text);
}

// Decimal digits only.
long strtol(const char* text, char** end, int) {
    long value = 0;
    while (*text >= '0' && *text <= '9') value = value * 10 + (*text++ - '0');
    if (end != nullptr) *end = const_cast<char*>(text);
    return value;
}

unsigned long strtoul(const char* text, char** end, int base) {
    return static_cast<unsigned long>(strtol(text, end, base));
}

}  // extern "C"
