// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/variant.h"

#include <catch2/catch_test_macros.hpp>
#include <initializer_list>

namespace {

using namespace pt;

constexpr PciIds kVf{0x15b3, 0x101e, 0x15b3, 0x0007, 0x020000};
constexpr PciIds kHopper{0x10de, 0x2342, 0x10de, 0x16eb, 0x030200};

std::string best(const PciIds& ids, std::initializer_list<std::string_view> lines) {
    VariantFinder finder(ids);
    for (const std::string_view line : lines) finder.see_line(line);
    return finder.module();
}

TEST_CASE("a module with a fitting alias is a variant driver", "[variant]") {
    struct Row {
        std::string_view line;
        bool fits;
    };
    const Row rows[] = {
        {"alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* m", true},
        {"alias vfio_pci:v000015b3d0000101esv*sd*bc*sc*i* m", true},
        {"alias vfio_pci:v000015B3d*sv*sd*bc*sc*i* m", true},
        {"alias vfio_pci:v*d*sv*sd*bc02sc*i* m", true},
        {"alias vfio_pci:v*d*sv*sd*bc02sc00i00 m", true},
        {"alias vfio_pci:v*d*sv*sd*bc*sc*i* m", true},
        {"alias vfio_pci:v000015B3d0000101Esv000015B3sd00000007bc02sc00i00 m", true},
        // each field counts
        {"alias vfio_pci:v000015B4d0000101Esv*sd*bc*sc*i* m", false},
        {"alias vfio_pci:v000015B3d0000101Fsv*sd*bc*sc*i* m", false},
        {"alias vfio_pci:v000015B3d0000101Esv00000001sd*bc*sc*i* m", false},
        {"alias vfio_pci:v000015B3d0000101Esv*sd00000008bc*sc*i* m", false},
        {"alias vfio_pci:v000015B3d0000101Esv*sd*bc03sc*i* m", false},
        {"alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc01i* m", false},
        {"alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i01 m", false},
        {"alias vfio_pci:v000115B3d0000101Esv*sd*bc*sc*i* m", false},
        // other buses' and other drivers' aliases
        {"alias pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_core", false},
        {"alias vfio_pc:v*d*sv*sd*bc*sc*i* m", false},
        {"alias symbol:vfio_pci_core_enable vfio_pci_core", false},
        // nonsense
        {"", false},
        {"\n", false},
        {"# Aliases extracted from modules themselves.", false},
        {"alias", false},
        {"alias vfio_pci:", false},
        {"alias vfio_pci: m", false},
        {"alias vfio_pci:v*d*sv*sd*bc*sc*i*", false},
        {"alias vfio_pci:v*d*sv*sd*bc*sc*i* ", false},
        {"alias vfio_pci:v*d*sv*sd*bc*sc*i*x m", false},
        {"alias vfio_pci:v*d*sv*sd*bc*sc* m", false},
        {"alias vfio_pci:v15B3d*sv*sd*bc*sc*i* m", false},
        {"alias vfio_pci:v00001 m", false},
        {"alias vfio_pci:v*d*sv*sd*bc2sc*i* m", false},
        {" alias vfio_pci:v*d*sv*sd*bc*sc*i* m", false},
        {"ALIAS vfio_pci:v*d*sv*sd*bc*sc*i* m", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.line);
        CHECK(best(kVf, {row.line}) == (row.fits ? "m" : ""));
    }
}

TEST_CASE("vfio-pci itself fits everything, and is no variant", "[variant]") {
    CHECK(best(kVf, {"alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci"}).empty());
    CHECK(best(kVf, {"alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio-pci"}).empty());
    CHECK(best(kVf, {"alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* vfio_pci"}).empty());
    CHECK(best(kVf, {"alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci_x"}) == "vfio_pci_x");
}

TEST_CASE("the alias with the fewest wildcards wins, wherever it stands", "[variant]") {
    const std::string_view five = "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* five";
    const std::string_view six = "alias vfio_pci:v000015B3d*sv*sd*bc*sc*i* six";
    const std::string_view two = "alias vfio_pci:v*d*sv000015B3sd00000007bc02sc00i00 two";
    const std::string_view none =
        "alias vfio_pci:v000015B3d0000101Esv000015B3sd00000007bc02sc00i00 none";
    const std::string_view other_five = "alias vfio_pci:v*d0000101Esv000015B3sd*bc*sc*i* other";
    const std::string_view vfio_pci = "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci";
    CHECK(best(kVf, {five, six}) == "five");
    CHECK(best(kVf, {six, five}) == "five");
    CHECK(best(kVf, {vfio_pci, six, two, five}) == "two");
    CHECK(best(kVf, {none, two, five, six, vfio_pci}) == "none");
    // of equals the first, as depmod orders them
    CHECK(best(kVf, {five, other_five}) == "five");
    CHECK(best(kVf, {other_five, five}) == "other");
}

TEST_CASE("what kernels list today is told apart", "[variant]") {
    const std::initializer_list<std::string_view> list{
        "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci",
        "alias vfio_pci:v*d*sv*sd*bc03sc00i00* vfio_pci",
        "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci",
        "alias vfio_pci:v000010DEd00002342sv*sd*bc*sc*i* nvgrace_gpu_vfio_pci",
        "alias vfio_pci:v000010DEd00002345sv*sd*bc*sc*i* nvgrace_gpu_vfio_pci",
    };
    CHECK(best(kVf, list) == "mlx5_vfio_pci");
    CHECK(best(kHopper, list) == "nvgrace_gpu_vfio_pci");
    CHECK(best({0x10de, 0x1b06, 0x1462, 0x3602, 0x030000}, list).empty());
}

}  // namespace
