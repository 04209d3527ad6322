// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/wish.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "core/cmdline.h"

namespace {

using namespace pt;

std::string items(const Wish& wish) {
    std::string result;
    for (const Selector& selector : wish.selectors) {
        if (!result.empty()) result += ' ';
        result += selector.parameter;
        result += '=';
        result += selector.item;
        result += '@';
        result += std::to_string(selector.position);
    }
    return result;
}

TEST_CASE("what is asked for adds up over words, items and parameters", "[wish]") {
    struct Row {
        std::string_view text, items;
    };
    const Row rows[] = {
        {"pt.ids=10de:1b06", "pt.ids=10de:1b06@7"},
        {"quiet pt.ids=10de:1b06,10de:10ef", "pt.ids=10de:1b06@13 pt.ids=10de:10ef@23"},
        {"pt.ids=1:2 pt.ids=3:4", "pt.ids=1:2@7 pt.ids=3:4@18"},
        {"pt.ids=1:2 pt.addrs=3:4.5", "pt.ids=1:2@7 pt.addrs=3:4.5@20"},
        {R"(pt.ids="1:2,3:4")", "pt.ids=1:2@8 pt.ids=3:4@12"},
        {R"("pt.ids=1:2,3:4")", "pt.ids=1:2@8 pt.ids=3:4@12"},
        // an empty value clears what came before, of its own list only
        {"pt.ids=1:2 pt.ids=", ""},
        {"pt.ids=1:2 pt.ids=\"\"", ""},
        {"pt.ids=1:2 pt.ids= pt.ids=3:4", "pt.ids=3:4@26"},
        {"pt.ids=1:2 pt.addrs=", "pt.ids=1:2@7"},
        {"pt.ids=1:2 pt.addrs=3:4.5 pt.ids=", "pt.addrs=3:4.5@20"},
        // nothing of ours
        {"", ""},
        {"vfio-pci.ids=10de:1b06", ""},
        {"ids=10de:1b06 xpt.ids=1:2 pt=1:2 Pt.ids=1:2", ""},
        {"-- pt.ids=1:2", ""},
        {"pt.ids=1:2 -- pt.ids=", "pt.ids=1:2@7"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const ReadWords words = read_words(row.text);
        CHECK(items(words.wish) == row.items);
        CHECK(words.complaints.empty());
        CHECK(words.wish.asks_for_nothing() == row.items.empty());
    }
}

TEST_CASE("a bad item is reported with its place, and the good ones count", "[wish]") {
    struct Row {
        std::string_view text, items;
        std::vector<Complaint> complaints;
    };
    const Row rows[] = {
        {"pt.ids=1:2,x,3:4", "pt.ids=1:2@7 pt.ids=3:4@13", {{Fault::kNoDevice, "pt.ids", "x", 11}}},
        {"pt.ids=,1:2", "pt.ids=1:2@8", {{Fault::kEmptyItem, "pt.ids", "", 7}}},
        {"pt.ids=1:2,", "pt.ids=1:2@7", {{Fault::kEmptyItem, "pt.ids", "", 11}}},
        {"pt.ids=1:2,,3:4", "pt.ids=1:2@7 pt.ids=3:4@12", {{Fault::kEmptyItem, "pt.ids", "", 11}}},
        {"pt.ids=,",
         "",
         {{Fault::kEmptyItem, "pt.ids", "", 7}, {Fault::kEmptyItem, "pt.ids", "", 8}}},
        {"pt.ids=1:2, 3:4", "pt.ids=1:2@7", {{Fault::kEmptyItem, "pt.ids", "", 11}}},
        {"pt.ids=\"1:2, 3:4\"", "pt.ids=1:2@8", {{Fault::kWhiteSpace, "pt.ids", " 3:4", 12}}},
        {"pt.ids=1:2;3:4", "", {{Fault::kNotHex, "pt.ids", "1:2;3:4", 7}}},
        {"pt.ids=1:g", "", {{Fault::kNotHex, "pt.ids", "1:g", 7}}},
        {"pt.ids='1:2'", "", {{Fault::kNotHex, "pt.ids", "'1:2'", 7}}},
        {"pt.ids=1:22222", "", {{Fault::kTooLong, "pt.ids", "1:22222", 7}}},
        {"pt.ids=1:2:3:4:5:6:7", "", {{Fault::kTooManyFields, "pt.ids", "1:2:3:4:5:6:7", 7}}},
        {"pt.addrs=10de:1b06", "", {{Fault::kBadAddress, "pt.addrs", "10de:1b06", 9}}},
        {"pt.addrs=1:0.0,2:0.9",
         "pt.addrs=1:0.0@9",
         {{Fault::kBadAddress, "pt.addrs", "2:0.9", 15}}},
        {"a pt.ids b", "", {{Fault::kNeedsValue, "pt.ids", "pt.ids", 2}}},
        {"pt.addrs", "", {{Fault::kNeedsValue, "pt.addrs", "pt.addrs", 0}}},
        {"pt.idz=1:2", "", {{Fault::kUnknownParameter, "pt.idz", "pt.idz", 0}}},
        {"pt.", "", {{Fault::kUnknownParameter, "pt.", "pt.", 0}}},
        {"\"pt.ids\"=1:2", "", {{Fault::kUnknownParameter, "pt.ids\"", "pt.ids\"", 1}}},
        {"pt.IDS=1:2", "", {{Fault::kUnknownParameter, "pt.IDS", "pt.IDS", 0}}},
        {"pt.off=maybe", "", {{Fault::kBadSwitch, "pt.off", "maybe", 7}}},
        {"pt.debug=2", "", {{Fault::kBadSwitch, "pt.debug", "2", 9}}},
        {"pt.debug=", "", {{Fault::kBadSwitch, "pt.debug", "", 9}}},
        // a word of another name does not clear, a bad item does not either
        {"pt.ids=1:2 pt.id=", "pt.ids=1:2@7", {{Fault::kUnknownParameter, "pt.id", "pt.id", 11}}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const ReadWords words = read_words(row.text);
        CHECK(items(words.wish) == row.items);
        CHECK(words.complaints == row.complaints);
    }
}

TEST_CASE("switches are on by their name, and the last one counts", "[wish]") {
    struct Row {
        std::string_view text;
        bool off, debug;
    };
    const Row rows[] = {
        {"pt.off", true, false},
        {"pt.debug", false, true},
        {"pt.off=1 pt.debug=yes", true, true},
        {"pt.off=y pt.debug=on", true, true},
        {"pt.off pt.off=0", false, false},
        {"pt.off=no pt.off", true, false},
        {"pt.off pt.off=off", false, false},
        {"pt.debug pt.debug=n", false, false},
        {"pt.off pt.off=maybe", true, false},  // what is not understood changes nothing
        {"pt.off=Y", false, false},
        {"off debug", false, false},
        {"-- pt.off", false, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const Wish wish = read_words(row.text).wish;
        CHECK(wish.off == row.off);
        CHECK(wish.debug == row.debug);
    }
}

TEST_CASE("pt.off wins over all that is asked for", "[wish]") {
    CHECK(read_words("pt.ids=1:2 pt.off").wish.asks_for_nothing());
    CHECK(read_words("pt.off pt.ids=1:2").wish.asks_for_nothing());
    CHECK_FALSE(read_words("pt.off pt.ids=1:2 pt.off=0").wish.asks_for_nothing());
}

TEST_CASE("a word that switches the IOMMU off is remembered as it was written", "[wish]") {
    struct Row {
        std::string_view text, word;
    };
    const Row rows[] = {
        {"intel_iommu=off", "intel_iommu=off"},
        {"quiet amd_iommu=off pt.ids=1:2", "amd_iommu=off"},
        {"iommu=pt,off", "iommu=pt,off"},
        {"intel_iommu=on,sm_off", ""},
        {"intel_iommu=on iommu=pt", ""},
        {"iommu", ""},
        {"iommu=", ""},
        {"myiommu=off", ""},
        {"-- iommu=off", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(read_words(row.text).wish.iommu_off == row.word);
    }
}

TEST_CASE("the item at the kernel's limit is not guessed at", "[wish]") {
    const std::string_view tail = " pt.ids=10de:1b06,10de:1";
    std::string text(kCommandLineSize - 1 - tail.size(), 'x');
    text += tail;
    REQUIRE(text.size() == kCommandLineSize - 1);
    const std::string cut_off = "10de:1";

    SECTION("cut within an item") {
        for (const char* end : {"", "\n"}) {
            const std::string line = text + end;
            const ReadWords words = read_words(line);
            CHECK(words.wish.selectors.size() == 1);
            REQUIRE(words.complaints.size() == 1);
            CHECK(words.complaints[0].fault == Fault::kMaybeTruncated);
            CHECK(words.complaints[0].item == cut_off);
            CHECK(words.complaints[0].position == kCommandLineSize - 1 - cut_off.size());
        }
    }
    SECTION("one byte shorter, the kernel has cut nothing") {
        const ReadWords words = read_words(std::string_view(text).substr(1));
        CHECK(words.wish.selectors.size() == 2);
        CHECK(words.complaints.empty());
    }
    SECTION("longer, by bootconfig, neither") {
        const std::string line = "x" + text;
        CHECK(read_words(line).complaints.empty());
    }
    SECTION("white space behind the item shows its end") {
        const std::string line = text.substr(1) + " ";
        const ReadWords words = read_words(line);
        CHECK(words.wish.selectors.size() == 2);
        CHECK(words.complaints.empty());
    }
    SECTION("the last word is none of ours") {
        const std::string line = text.substr(2) + " q";
        CHECK(read_words(line).complaints.empty());
    }
}

}  // namespace
