// SPDX-License-Identifier: LGPL-2.1-or-later
// The parameters with a single value, and the conf file.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "core/cmdline.h"
#include "core/wish.h"

namespace {

using namespace pt;

// What a wish asks for besides devices, in the words that would ask for it.
std::string settings(const Wish& wish) {
    std::string result = "driver=" + std::string(wish.driver);
    if (wish.variant_driver) result += " auto";
    if (wish.with == With::kNone) result += " none";
    if (wish.with == With::kSlot) result += " slot";
    if (wish.with == With::kGroup) result += " group";
    if (wish.take_boot_display) result += " take";
    if (wish.keep_framebuffer) result += " keep";
    if (wish.stop_on_error) result += " stop";
    if (wish.off) result += " off";
    if (wish.debug) result += " debug";
    return result;
}

// The items of the selectors, those of the conf file with "c:" before them.
std::string items(const Wish& wish) {
    std::string result;
    for (const Selector& selector : wish.selectors) {
        if (!result.empty()) result += ' ';
        if (selector.from_conf) result += "c:";
        result += selector.item;
    }
    return result;
}

TEST_CASE("each setting has its words, the last of which counts", "[wish]") {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"", "driver=vfio-pci"},
        {"pt.with=gpu", "driver=vfio-pci"},
        {"pt.with=none", "driver=vfio-pci none"},
        {"pt.with=slot", "driver=vfio-pci slot"},
        {"pt.with=group", "driver=vfio-pci group"},
        {"pt.with=group pt.with=slot", "driver=vfio-pci slot"},
        {"pt.with=group pt.with=gpu", "driver=vfio-pci"},
        {"pt.with=group pt.with=", "driver=vfio-pci"},
        {"pt.with=\"none\"", "driver=vfio-pci none"},
        {"pt.driver=auto", "driver=vfio-pci auto"},
        {"pt.driver=pci-stub", "driver=pci-stub"},
        {"pt.driver=vfio-pci", "driver=vfio-pci"},
        {"pt.driver=auto pt.driver=pci-stub", "driver=pci-stub"},
        {"pt.driver=pci-stub pt.driver=auto", "driver=vfio-pci auto"},
        {"pt.driver=pci-stub pt.driver=", "driver=vfio-pci"},
        {"pt.driver=auto pt.driver=", "driver=vfio-pci"},
        {"pt.driver=A_b-9.c", "driver=A_b-9.c"},
        {"pt.boot_vga=take", "driver=vfio-pci take"},
        {"pt.boot-vga=take", "driver=vfio-pci take"},
        {"pt.boot_vga=take pt.boot_vga=keep", "driver=vfio-pci"},
        {"pt.boot_vga=take pt.boot_vga=", "driver=vfio-pci"},
        {"pt.fb=keep", "driver=vfio-pci keep"},
        {"pt.fb=keep pt.fb=release", "driver=vfio-pci"},
        {"pt.fb=keep pt.fb=", "driver=vfio-pci"},
        {"pt.on_error=stop", "driver=vfio-pci stop"},
        {"pt.on-error=stop", "driver=vfio-pci stop"},
        {"pt.on_error=stop pt.on_error=continue", "driver=vfio-pci"},
        {"pt.on_error=stop pt.on_error=", "driver=vfio-pci"},
        {"pt.with=none pt.boot_vga=take pt.fb=keep pt.on_error=stop pt.debug pt.off",
         "driver=vfio-pci none take keep stop off debug"},
        {"-- pt.with=none", "driver=vfio-pci"},
    };
    for (const auto& [text, wanted] : rows) {
        CAPTURE(text);
        const ReadWords read = read_words(text);
        CHECK(settings(read.wish) == wanted);
        CHECK(read.complaints.empty());
        // the conf file has the same words; a "--" ends its line there too
        const ReadWords conf = read_words("", text);
        CHECK(settings(conf.wish) == wanted);
        CHECK(conf.complaints.empty());
    }
}

TEST_CASE("a setting that is not understood changes nothing, and is reported", "[wish]") {
    const std::string long_name(64, 'x');
    const std::string longest = "pt.driver=" + long_name.substr(1);
    CHECK(read_words(longest).complaints.empty());

    struct Row {
        std::string text;  // behind words that set everything
        Fault fault;
        std::string item;
    };
    const Row rows[] = {
        {"pt.with=all", Fault::kBadChoice, "all"},
        {"pt.with=GPU", Fault::kBadChoice, "GPU"},
        {"pt.with=gpu|none", Fault::kBadChoice, "gpu|none"},
        {"pt.with=gpu,slot", Fault::kBadChoice, "gpu,slot"},
        {"pt.with", Fault::kBadChoice, ""},
        {"pt.boot_vga=yes", Fault::kBadChoice, "yes"},
        {"pt.boot_vga", Fault::kBadChoice, ""},
        {"pt.fb=off", Fault::kBadChoice, "off"},
        {"pt.on_error=halt", Fault::kBadChoice, "halt"},
        {"pt.gpus=first", Fault::kBadChoice, "first"},
        {"pt.gpus=all,secondary", Fault::kBadChoice, "all,secondary"},
        {"pt.gpus", Fault::kBadChoice, ""},
        {"pt.driver=../../etc", Fault::kBadDriverName, "../../etc"},
        {"pt.driver=.", Fault::kBadDriverName, "."},
        {"pt.driver=.hidden", Fault::kBadDriverName, ".hidden"},
        {"pt.driver=a/b", Fault::kBadDriverName, "a/b"},
        {"pt.driver=\"a b\"", Fault::kBadDriverName, "a b"},
        {"pt.driver=a,b", Fault::kBadDriverName, "a,b"},
        {"pt.driver=\xc3\xa4", Fault::kBadDriverName, "\xc3\xa4"},
        {"pt.driver", Fault::kBadDriverName, ""},
        {"pt.driver=" + long_name, Fault::kBadDriverName, long_name},
        {"pt.boot_vgas=take", Fault::kUnknownParameter, "pt.boot_vgas"},
        {"pt.off=2", Fault::kBadSwitch, "2"},
    };
    const std::string before =
        "pt.with=slot pt.driver=pci-stub pt.boot_vga=take pt.fb=keep pt.on_error=stop pt.debug "
        "pt.gpus=all ";
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const std::string text = before + row.text;
        const ReadWords read = read_words(text);
        CHECK(settings(read.wish) == "driver=pci-stub slot take keep stop debug");
        CHECK(items(read.wish) == "all");
        REQUIRE(read.complaints.size() == 1);
        CHECK(read.complaints[0].fault == row.fault);
        CHECK(read.complaints[0].item == row.item);
        CHECK(read.complaints[0].position >= before.size());
    }
}

TEST_CASE("of the choices of displays the last one counts", "[wish]") {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"pt.gpus=all", "all"},
        {"pt.gpus=secondary", "secondary"},
        {"pt.gpus=all pt.gpus=secondary", "secondary"},
        {"pt.gpus=secondary pt.gpus=", ""},
        {"pt.gpus=all pt.ids=1:2 pt.gpus=secondary", "1:2 secondary"},
        {"pt.gpus=all pt.ids=", "all"},
        {"pt.ids=1:2 pt.addrs=3:4.5 pt.gpus=", "1:2 3:4.5"},
    };
    for (const auto& [text, wanted] : rows) {
        CAPTURE(text);
        CHECK(items(read_words(text).wish) == wanted);
        CHECK(read_words(text).complaints.empty());
    }
    CHECK(read_words("pt.gpus=all").wish.selectors[0].all_displays);
    CHECK_FALSE(read_words("pt.gpus=all pt.gpus=secondary").wish.selectors[0].all_displays);
}

TEST_CASE("the conf file is read first, and the command line adds, clears and overrules",
          "[wish]") {
    struct Row {
        std::string_view conf, line, items, settings;
    };
    const Row rows[] = {
        {"pt.ids=1:2", "", "c:1:2", "driver=vfio-pci"},
        {"pt.ids=1:2", "pt.ids=3:4", "c:1:2 3:4", "driver=vfio-pci"},
        {"pt.ids=1:2", "pt.ids=", "", "driver=vfio-pci"},
        {"pt.ids=1:2,3:4", "pt.ids= pt.ids=5:6", "5:6", "driver=vfio-pci"},
        {"pt.addrs=1:2.3\npt.ids=1:2", "pt.ids=", "c:1:2.3", "driver=vfio-pci"},
        {"pt.ids=1:2\npt.ids=\npt.ids=3:4", "", "c:3:4", "driver=vfio-pci"},
        {"pt.gpus=all", "pt.gpus=secondary", "secondary", "driver=vfio-pci"},
        {"pt.gpus=all", "pt.gpus=", "", "driver=vfio-pci"},
        {"pt.driver=pci-stub", "pt.driver=auto", "", "driver=vfio-pci auto"},
        {"pt.driver=pci-stub", "pt.driver=", "", "driver=vfio-pci"},
        {"pt.with=none pt.fb=keep", "pt.with=slot", "", "driver=vfio-pci slot keep"},
        {"pt.boot_vga=take", "pt.boot_vga=keep", "", "driver=vfio-pci"},
        {"pt.on_error=stop", "pt.on_error=continue", "", "driver=vfio-pci"},
        {"pt.off", "pt.off=0", "", "driver=vfio-pci"},
        {"pt.off", "", "", "driver=vfio-pci off"},
        {"pt.off=0", "pt.off", "", "driver=vfio-pci off"},
        {"pt.debug", "pt.debug=no", "", "driver=vfio-pci"},
        // "--" in the one does not end the other
        {"pt.ids=1:2 -- pt.ids=", "pt.ids=3:4 -- pt.ids=", "c:1:2 3:4", "driver=vfio-pci"},
        {"pt.ids=1:2\n--\npt.debug", "", "c:1:2", "driver=vfio-pci debug"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.conf, row.line);
        const ReadWords read = read_words(row.line, row.conf);
        CHECK(items(read.wish) == row.items);
        CHECK(settings(read.wish) == row.settings);
        CHECK(read.complaints.empty());
    }
    CHECK(read_words("pt.off=0", "pt.ids=1:2 pt.off").wish.asks_for_nothing() == false);
    CHECK(read_words("", "pt.ids=1:2 pt.off").wish.asks_for_nothing());
}

TEST_CASE("in the conf file lines end words, and # begins a comment", "[wish]") {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"", ""},
        {"\n\n", ""},
        {"# pt.ids=1:2", ""},
        {"  # pt.ids=1:2\n", ""},
        {"#pt.ids=1:2\npt.ids=3:4\n", "c:3:4"},
        {"pt.ids=1:2 # 3:4\n", "c:1:2"},
        {"pt.ids=1:2\t#\n", "c:1:2"},
        {"pt.ids=1:2\xa0# pt.ids=3:4", "c:1:2"},  // white space of the kernel
        {"pt.ids=1:2 #", "c:1:2"},
        {"pt.ids=1:2 # \"quoted\npt.addrs=1:2.3", "c:1:2 c:1:2.3"},
        {"pt.ids=1:2\r\npt.addrs=1:2.3\r\n", "c:1:2 c:1:2.3"},
        {"# comment\r\npt.ids=1:2\r\n", "c:1:2"},
        {"pt.ids=1:2\r# comment", "c:1:2"},
        {"\tpt.ids=1:2   pt.addrs=1:2.3\t\n", "c:1:2 c:1:2.3"},
        {"pt.ids=\"1:2,3:4\" # why\n", "c:1:2 c:3:4"},
        // a quote that is not closed ends with its line
        {"pt.ids=\"1:2\npt.addrs=1:2.3", "c:1:2 c:1:2.3"},
    };
    for (const auto& [conf, wanted] : rows) {
        CAPTURE(conf);
        const ReadWords read = read_words("", conf);
        CHECK(items(read.wish) == wanted);
        CHECK(read.complaints.empty());
    }
}

TEST_CASE("what is wrong in the conf file is reported with its place there", "[wish]") {
    struct Row {
        std::string_view conf;
        Complaint complaint;
        std::size_t line, column;
    };
    const Row rows[] = {
        {"pt.ids=x", {Fault::kNoDevice, "pt.ids", "x", 7, true}, 1, 8},
        {"\n  pt.ids=1:2,x\n", {Fault::kNoDevice, "pt.ids", "x", 14, true}, 2, 14},
        {"# one\n\npt.with=x", {Fault::kBadChoice, "pt.with", "x", 15, true}, 3, 9},
        // every word is meant for us, others' names too
        {"ids=1:2", {Fault::kUnknownParameter, "ids", "ids", 0, true}, 1, 1},
        {"\nintel_iommu=on",
         {Fault::kUnknownParameter, "intel_iommu", "intel_iommu", 1, true},
         2,
         1},
        {"pt.idz=1:2 #", {Fault::kUnknownParameter, "pt.idz", "pt.idz", 0, true}, 1, 1},
        // no comments within words, nor between quotes
        {"pt.ids=#1:2", {Fault::kNotHex, "pt.ids", "#1:2", 7, true}, 1, 8},
        {"pt.with=none#", {Fault::kBadChoice, "pt.with", "none#", 8, true}, 1, 9},
        {"pt.with=\"none #\"", {Fault::kBadChoice, "pt.with", "none #", 9, true}, 1, 10},
        {"\"#\"", {Fault::kUnknownParameter, "#", "#", 1, true}, 1, 2},
        {"; pt.ids=", {Fault::kUnknownParameter, ";", ";", 0, true}, 1, 1},
        // no list goes on in the next line
        {"pt.ids=1:2,\n3:4 #", {Fault::kEmptyItem, "pt.ids", "", 11, true}, 1, 12},
    };
    for (const Row& row : rows) {
        CAPTURE(row.conf);
        const ReadWords read = read_words("", row.conf);
        REQUIRE_FALSE(read.complaints.empty());
        CHECK(read.complaints[0] == row.complaint);
        std::size_t column = 0;
        CHECK(line_of(row.conf, read.complaints[0].position, column) == row.line);
        CHECK(column == row.column);
    }
    CHECK(read_words("ids=1:2").complaints.empty());
}

TEST_CASE("only a command line can have been cut off", "[wish]") {
    std::string text(kCommandLineSize - 1 - 11, 'x');
    text = "#" + text.substr(1) + "\npt.ids=1:2";
    REQUIRE(text.size() == kCommandLineSize - 1);
    CHECK(read_words("", text).complaints.empty());
    CHECK(read_words("", text).wish.selectors.size() == 1);
}

TEST_CASE("all of our words are kept with their source, and nobody else's", "[wish]") {
    const ReadWords read =
        read_words("quiet pt.ids=\"1:2,3:4\" pt.off \"pt.x y=z\" pt.= root=/dev/sda",
                   "pt.with=none # pt.debug\nother\n");
    std::string words;
    for (const SourceWord& word : read.words)
        words += (word.from_conf ? "c[" : "[") + std::string(word.text) + "]";
    CHECK(words == "c[pt.with=none][pt.ids=\"1:2,3:4\"][pt.off][\"pt.x y=z\"][pt.=]");
}

TEST_CASE("bridges matter where a path is to be followed", "[wish]") {
    const std::pair<std::string_view, bool> rows[] = {
        {"pt.addrs=01:00.0", false},
        {"pt.addrs=01:00.*", false},
        {"pt.ids=1:2", false},
        {"pt.gpus=all", false},
        {"pt.addrs=00:01.0/00.0", true},
        {"pt.ids=1:2,1:2@00:01.0/00.*", true},
        {"pt.addrs=00:01.0/00.0 pt.addrs=", false},
    };
    for (const auto& [text, needed] : rows) {
        CAPTURE(text);
        CHECK(read_words(text).wish.needs_parents() == needed);
    }
}

TEST_CASE("intel_iommu=on is remembered", "[wish]") {
    CHECK(read_words("intel_iommu=on,sm_on").wish.iommu_on);
    CHECK_FALSE(read_words("amd_iommu=on iommu=on intel_iommu=sm_on").wish.iommu_on);
    CHECK_FALSE(read_words("intel_iommu=off").wish.iommu_on);
}

}  // namespace
