// SPDX-License-Identifier: LGPL-2.1-or-later
// corpus TARGET DIRECTORY: runs a fuzz target on every file of the directory.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/fuzz/fuzz.h"

// Each is LLVMFuzzerTestOneInput of one target.
extern "C" {
int fuzz_addresses(const std::uint8_t* data, std::size_t size);
int fuzz_cmdline(const std::uint8_t* data, std::size_t size);
int fuzz_conf(const std::uint8_t* data, std::size_t size);
int fuzz_ids(const std::uint8_t* data, std::size_t size);
int fuzz_links(const std::uint8_t* data, std::size_t size);
int fuzz_modalias(const std::uint8_t* data, std::size_t size);
int fuzz_tables(const std::uint8_t* data, std::size_t size);
}

namespace {

struct Target {
    std::string_view name;
    int (*run)(const std::uint8_t* data, std::size_t size);
};
constexpr Target kTargets[] = {
    {"addresses", fuzz_addresses}, {"cmdline", fuzz_cmdline},
    {"conf", fuzz_conf},           {"ids", fuzz_ids},
    {"links", fuzz_links},         {"modalias", fuzz_modalias},
    {"tables", fuzz_tables},
};

std::size_t run_all(const Target& target, const char* directory) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::vector<char> content{std::istreambuf_iterator<char>(file), {}};
        // a copy of the exact size, so that AddressSanitizer sees what is read beyond it
        const std::vector<std::uint8_t> input(content.begin(), content.end());
        std::printf("%s\n", entry.path().c_str());
        std::fflush(stdout);  // the last one printed is the one that failed
        target.run(input.data(), input.size());
        ++count;
    }
    return count;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const auto* target = std::find_if(std::begin(kTargets), std::end(kTargets),
                                      [&](const Target& known) { return known.name == argv[1]; });
    if (target == std::end(kTargets)) {
        std::fprintf(stderr, "there is no fuzz target %s\n", argv[1]);
        return 2;
    }
    const std::size_t count = run_all(*target, argv[2]);
    std::printf("%zu inputs\n", count);
    return count == 0 ? 1 : 0;
}
