// SPDX-License-Identifier: LGPL-2.1-or-later
// malloc() and its kin for a program that has one thread and lives for milliseconds: memory is a
// stack of blocks. A block that is freed at the top goes, with all freed ones right below it; one
// that is freed further down waits for that. A tenth of the size of musl's allocator.
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

namespace {

// Stands before each block's bytes and keeps them aligned for any type.
struct alignas(16) Block {
    Block* below;               // null for the lowest one of an area, which holds nothing and stays
    std::size_t size_and_free;  // sizes are even, so bit 0 is left for "is free"

    [[nodiscard]] std::size_t size() const { return size_and_free & ~std::size_t{1}; }
    [[nodiscard]] char* bytes() { return reinterpret_cast<char*>(this + 1); }
    [[nodiscard]] char* end() { return bytes() + size(); }
};

constexpr std::size_t kAreaSize = std::size_t{128} << 10;
constexpr std::size_t kLargest = PTRDIFF_MAX - 2 * kAreaSize;

Block* top;      // null before the first call
char* area_end;  // of the area that `top` is in

constexpr std::size_t round_up(std::size_t size, std::size_t unit) {
    return (size + unit - 1) & ~(unit - 1);
}

// Memory that the kernel gives; what is left of the area before is not used any more.
bool add_area(std::size_t room) {
    const std::size_t size = round_up(room + sizeof(Block), kAreaSize);
    void* area = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED) return false;
    top = static_cast<Block*>(area);  // below and size are zero
    area_end = static_cast<char*>(area) + size;
    return true;
}

std::size_t room_above(Block* block) {
    return static_cast<std::size_t>(area_end - block->end());
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
    const std::size_t needed = round_up(size, sizeof(Block)) + sizeof(Block);
    if (size > kLargest || ((top == nullptr || room_above(top) < needed) && !add_area(needed))) {
        errno = ENOMEM;
        return nullptr;
    }
    Block* block = reinterpret_cast<Block*>(top->end());
    block->below = top;
    block->size_and_free = needed - sizeof(Block);
    top = block;
    return block->bytes();
}

void free(void* memory) {
    if (memory == nullptr) return;
    (static_cast<Block*>(memory) - 1)->size_and_free |= 1;
    while ((top->size_and_free & 1) != 0) top = top->below;
}

void* calloc(std::size_t count, std::size_t size) {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) bytes = SIZE_MAX;
    void* memory = malloc(bytes);
    return memory == nullptr ? nullptr : memset(memory, 0, bytes);
}

void* realloc(void* memory, std::size_t size) {
    if (memory == nullptr) return malloc(size);
    Block* block = static_cast<Block*>(memory) - 1;
    const std::size_t old_size = block->size();
    if (size <= old_size) return memory;
    if (block == top && size <= kLargest &&
        round_up(size, sizeof(Block)) <= old_size + room_above(block)) {
        block->size_and_free = round_up(size, sizeof(Block));
        return memory;
    }
    void* larger = malloc(size);
    if (larger == nullptr) return nullptr;
    memcpy(larger, memory, old_size);
    free(memory);
    return larger;
}

}  // extern "C"
