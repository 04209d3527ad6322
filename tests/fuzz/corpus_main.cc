// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs a fuzz target on every file of the directories that are given.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/fuzz/fuzz.h"

int main(int argc, char** argv) {
    std::size_t count = 0;
    for (int i = 1; i < argc; ++i) {
        for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
            std::ifstream file(entry.path(), std::ios::binary);
            const std::vector<char> content{std::istreambuf_iterator<char>(file), {}};
            // a copy of the exact size, so that AddressSanitizer sees what is read beyond it
            const std::vector<std::uint8_t> input(content.begin(), content.end());
            std::printf("%s\n", entry.path().c_str());
            std::fflush(stdout);  // the last one printed is the one that failed
            LLVMFuzzerTestOneInput(input.data(), input.size());
            ++count;
        }
    }
    std::printf("%zu inputs\n", count);
    return count == 0 ? 1 : 0;
}
