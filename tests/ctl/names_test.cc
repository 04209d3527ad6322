// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/names.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace pt;
using namespace pt::ctl;

namespace {

// The vendors' part of a list, with a card of one of them.
constexpr char kGood[] = "10de  NVIDIA Corporation\n\t1b06  GP102\n";

PciIds ids_of(std::uint16_t vendor, std::uint16_t device) {
    PciIds ids{};
    ids.vendor = vendor;
    ids.device = device;
    return ids;
}

// A root directory with a pci.ids of this text.
class Root {
  public:
    explicit Root(const std::string& text) {
        std::string pattern = std::filesystem::temp_directory_path() / "pt-names-XXXXXX";
        REQUIRE(mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
        std::filesystem::create_directories(path_ / "usr/share/misc");
        std::ofstream(path_ / "usr/share/misc/pci.ids") << text;
    }
    Root(const Root&) = delete;
    Root& operator=(const Root&) = delete;
    ~Root() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] std::string path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace

TEST_CASE("a list of names tells vendors and devices") {
    const Root root(kGood);
    const PciNames names(root.path());
    CHECK(names.vendor(ids_of(0x10de, 0x1b06)) == "NVIDIA Corporation");
    CHECK(names.device(ids_of(0x10de, 0x1b06)) == "GP102");
    CHECK(names.device(ids_of(0x10de, 0x1b07)).empty());
    CHECK(names.vendor(ids_of(0x1234, 0x1b06)).empty());
}

TEST_CASE("a line of the list that makes no sense ends it, and not the program") {
    const std::string bad[] = {"hello world\n", "10de\n", "C xx\n", std::string(9000, 'x') + "\n"};
    for (const std::string& line : bad) {
        INFO(line.substr(0, 20));
        const Root behind(kGood + line + "8086  Intel Corporation\n");
        const PciNames names(behind.path());
        CHECK(names.device(ids_of(0x10de, 0x1b06)) == "GP102");
        CHECK(names.vendor(ids_of(0x8086, 0x1b06)).empty());
        const Root alone(line);
        const PciNames none(alone.path());
        CHECK(none.vendor(ids_of(0x10de, 0x1b06)).empty());
        CHECK(none.device(ids_of(0x10de, 0x1b06)).empty());
    }
}

TEST_CASE("an empty list has no names") {
    const Root root("");
    const PciNames names(root.path());
    CHECK(names.vendor(ids_of(0x10de, 0x1b06)).empty());
}
