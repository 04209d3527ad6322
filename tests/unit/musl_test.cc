// SPDX-License-Identifier: LGPL-2.1-or-later
// The stand-ins for parts of musl (cmake/musl), under names of their own, against what this
// machine's C library does.
#include <fnmatch.h>
#include <stdint.h>

#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

extern "C" {
int musl_fnmatch(const char* pattern, const char* text, int flags);
int musl_snprintf(char* text, std::size_t size, const char* format, ...);
int musl_asprintf(char** text, const char* format, ...);
void* musl_malloc(std::size_t size);
void* musl_calloc(std::size_t count, std::size_t size);
void* musl_realloc(void* memory, std::size_t size);
void musl_free(void* memory);
}

namespace {

TEST_CASE("fnmatch: module aliases and odd patterns", "[musl]") {
    // An open set that ends in '-' and a '\' at the end have no meaning that all agree on.
    const char* const patterns[] = {"pci:v000010DEd*sv*sd*bc03sc*i*",
                                    "vfio_pci:v*",
                                    "*",
                                    "**",
                                    "a*b*c",
                                    "?",
                                    "??",
                                    "[a-c]x",
                                    "[!a-c]x",
                                    "[^a-c]x",
                                    "[]a]x",
                                    "[]-a]x",
                                    "[a-]x",
                                    "[",
                                    "[a",
                                    "x[",
                                    "\\*",
                                    "[\\]]x",
                                    "*a?",
                                    "",
                                    "*.ko*",
                                    "a**b",
                                    "*[0-9]",
                                    "[z-a]",
                                    "snd-*",
                                    "[a-c-e]"};
    const char* const texts[] = {"",
                                 "a",
                                 "b",
                                 "c",
                                 "-",
                                 "]",
                                 "[",
                                 "*",
                                 "\\",
                                 "ax",
                                 "bx",
                                 "dx",
                                 "]x",
                                 "-x",
                                 "^x",
                                 "!x",
                                 "abc",
                                 "aXbYc",
                                 "aXbYcZ",
                                 "x[",
                                 "xy",
                                 "ab",
                                 "[a",
                                 "[a-",
                                 "a\\",
                                 "module.ko.xz",
                                 "snd-hda-intel",
                                 "z9",
                                 "pci:v000010DEd00001B06sv00001043sd00008635bc03sc00i00",
                                 "pci:v000010DEd000010EFsv00001043sd00008635bc04sc03i00"};
    for (const char* pattern : patterns)
        for (const char* text : texts) {
            CAPTURE(pattern, text);
            CHECK(musl_fnmatch(pattern, text, 0) == fnmatch(pattern, text, 0));
        }
    CHECK(musl_fnmatch("a*b",
                       "a\xff\xfe"
                       "b",
                       0) == 0);  // bytes, whatever the locale
}

TEST_CASE("fnmatch: many stars take no exponential time", "[musl]") {
    std::string pattern;
    for (int i = 0; i < 64; ++i) pattern += "*a";
    CHECK(musl_fnmatch((pattern + "b").c_str(), std::string(4096, 'a').c_str(), 0) == FNM_NOMATCH);
}

TEST_CASE("snprintf: what fits is written, all of it is counted", "[musl]") {
    for (std::size_t size = 0; size < 24; ++size) {
        char mine[32];
        char theirs[32];
        std::memset(mine, '#', sizeof mine);
        std::memset(theirs, '#', sizeof theirs);
        const char* const format = "%s/%d%%.%s";
        const int wanted = std::snprintf(theirs, size, format, "dir", -42, "bin");
        CAPTURE(size);
        CHECK(musl_snprintf(mine, size, format, "dir", -42, "bin") == wanted);
        CHECK(std::memcmp(mine, theirs, sizeof mine) == 0);
    }
    const int numbers[] = {0, 7, -1, 10, INT32_MAX, INT32_MIN};
    for (int number : numbers) {
        char text[16];
        musl_snprintf(text, sizeof text, "%d", number);
        CHECK(text == std::to_string(number));
    }
}

TEST_CASE("asprintf: as long as it takes", "[musl]") {
    const std::string release(5000, 'r');
    char* text = nullptr;
    REQUIRE(musl_asprintf(&text, "%s/%s", "/lib/modules", release.c_str()) == 5013);
    CHECK(text == "/lib/modules/" + release);
    musl_free(text);
}

// What is handed out is aligned, does not overlap, and keeps what was written into it.
TEST_CASE("malloc: a random life of blocks", "[musl]") {
    struct Owned {
        unsigned char* bytes;
        std::size_t size;
        unsigned char mark;
    };
    std::vector<Owned> all;
    std::mt19937 random(2);
    const auto holds = [](const Owned& owned, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i)
            if (owned.bytes[i] != owned.mark) return false;
        return true;
    };
    for (int round = 0; round < 20000; ++round) {
        const std::size_t size = random() % 5 == 0 ? random() % 200000 : random() % 100;
        const auto mark = static_cast<unsigned char>(random());
        const unsigned action = all.size() > 200 ? 2 : random() % 4;
        if (action < 2) {
            auto* bytes =
                static_cast<unsigned char*>(action == 0 ? musl_malloc(size) : musl_calloc(size, 1));
            REQUIRE(bytes != nullptr);
            REQUIRE(reinterpret_cast<std::uintptr_t>(bytes) % alignof(std::max_align_t) == 0);
            if (action == 1) REQUIRE(holds({bytes, size, 0}, size));
            std::memset(bytes, mark, size);
            all.push_back({bytes, size, mark});
        } else if (!all.empty()) {
            const std::size_t index = random() % 2 == 0 ? all.size() - 1 : random() % all.size();
            Owned& owned = all[index];
            REQUIRE(holds(owned, owned.size));
            if (action == 2) {
                musl_free(owned.bytes);
                all.erase(all.begin() + static_cast<std::ptrdiff_t>(index));
            } else {
                owned.bytes = static_cast<unsigned char*>(musl_realloc(owned.bytes, size));
                REQUIRE(owned.bytes != nullptr);
                REQUIRE(holds(owned, std::min(size, owned.size)));
                std::memset(owned.bytes, owned.mark, size);
                owned.size = size;
            }
        }
    }
    for (const Owned& owned : all) CHECK(holds(owned, owned.size));
}

TEST_CASE("malloc: what is freed in reverse order is used again", "[musl]") {
    void* const first = musl_malloc(100);
    void* const second = musl_malloc(100);
    void* const third = musl_malloc(100);
    musl_free(second);
    CHECK(musl_malloc(10) > third);
    musl_free(nullptr);
    musl_free(third);
    musl_free(first);
}

TEST_CASE("malloc: what cannot be is refused", "[musl]") {
    errno = 0;
    CHECK(musl_malloc(SIZE_MAX) == nullptr);
    CHECK(errno == ENOMEM);
    CHECK(musl_malloc(SIZE_MAX - 15) == nullptr);
    CHECK(musl_malloc(PTRDIFF_MAX) == nullptr);
    CHECK(musl_malloc(std::size_t{1} << 60) == nullptr);
    CHECK(musl_calloc(SIZE_MAX / 2, 3) == nullptr);
    void* const memory = musl_malloc(1);
    CHECK(musl_realloc(memory, SIZE_MAX) == nullptr);
    CHECK(musl_realloc(memory, std::size_t{1} << 60) == nullptr);
    musl_free(memory);
}

}  // namespace
