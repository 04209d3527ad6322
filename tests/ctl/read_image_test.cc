// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/doctor/read_image.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

using namespace pt::ctl;
using Bytes = std::vector<std::uint8_t>;
using Names = std::vector<std::string>;

namespace {

// A cpio archive in the form of the kernel's initramfs, compressed by one of libarchive's filters.
Bytes archive_of(const std::vector<std::pair<std::string, std::string>>& members,
                 int filter = ARCHIVE_FILTER_NONE) {
    Bytes bytes(1 << 20);
    std::size_t used = 0;
    archive* writer = archive_write_new();
    REQUIRE(archive_write_set_format_cpio_newc(writer) == ARCHIVE_OK);
    REQUIRE(archive_write_add_filter(writer, filter) == ARCHIVE_OK);
    REQUIRE(archive_write_set_bytes_in_last_block(writer, 1) == ARCHIVE_OK);
    REQUIRE(archive_write_open_memory(writer, bytes.data(), bytes.size(), &used) == ARCHIVE_OK);
    for (const auto& [name, text] : members) {
        archive_entry* entry = archive_entry_new();
        archive_entry_set_pathname(entry, name.c_str());
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_size(entry, static_cast<la_int64_t>(text.size()));
        REQUIRE(archive_write_header(writer, entry) == ARCHIVE_OK);
        REQUIRE(archive_write_data(writer, text.data(), text.size()) ==
                static_cast<la_ssize_t>(text.size()));
        archive_entry_free(entry);
    }
    REQUIRE(archive_write_close(writer) == ARCHIVE_OK);
    archive_write_free(writer);
    bytes.resize(used);
    return bytes;
}

Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

struct Read {
    std::string error;
    ImageContent content;
};

Read read(const Bytes& bytes) {
    Read result;
    result.error = read_image(bytes, result.content);
    return result;
}

Bytes microcode() {
    return archive_of({{"kernel/x86/microcode/GenuineIntel.bin", "code"}});
}

void put(Bytes& bytes, std::size_t at, std::uint32_t value, std::size_t size = 4) {
    for (std::size_t i = 0; i < size; ++i)
        bytes.at(at + i) = static_cast<std::uint8_t>(value >> (8 * i));
}

// A PE file of one section, whose content stands at 200.
Bytes pe_file(std::string_view name, std::string_view text) {
    Bytes bytes(200 + text.size());
    bytes[0] = 'M';
    bytes[1] = 'Z';
    put(bytes, 0x3c, 64);
    put(bytes, 64, 0x4550);
    put(bytes, 64 + 6, 1, 2);
    put(bytes, 64 + 20, 16, 2);
    const std::size_t section = 64 + 24 + 16;
    std::copy(name.begin(), name.end(), bytes.begin() + static_cast<std::ptrdiff_t>(section));
    put(bytes, section + 8, static_cast<std::uint32_t>(text.size()));
    put(bytes, section + 16, static_cast<std::uint32_t>(text.size()));
    put(bytes, section + 20, 200);
    std::copy(text.begin(), text.end(), bytes.begin() + 200);
    return bytes;
}

std::string section(const Bytes& file, std::string_view name) {
    const auto found = pe_section(file, name);
    return found ? std::string(found->begin(), found->end()) : "none";
}

}  // namespace

TEST_CASE("an image is read through all its archives, whatever the last one is compressed by") {
    for (const int filter :
         {ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_BZIP2, ARCHIVE_FILTER_XZ,
          ARCHIVE_FILTER_LZMA, ARCHIVE_FILTER_ZSTD, ARCHIVE_FILTER_LZ4}) {
        INFO(filter);
        const Bytes main =
            archive_of({{"./init", "#!/bin/sh"}, {"etc/pt-hook.conf", "pt.off\n"}}, filter);
        const Read found = read(microcode() + Bytes(3 * 512) + main);
        CHECK(found.error.empty());
        CHECK(found.content.names ==
              Names{"kernel/x86/microcode/GenuineIntel.bin", "init", "etc/pt-hook.conf"});
        CHECK(found.content.texts.at("etc/pt-hook.conf") == "pt.off\n");
        CHECK(found.content.texts.size() == 1);
    }
}

TEST_CASE("three plain archives in a row are read") {
    const Bytes bytes =
        microcode() + archive_of({{"a", ""}}) + archive_of({{"/b", "x"}}) + Bytes(9);
    CHECK(read(bytes).content.names == Names{"kernel/x86/microcode/GenuineIntel.bin", "a", "b"});
    CHECK(read(bytes).error.empty());
}

TEST_CASE("of a long text the beginning is kept, and what follows is read") {
    const Bytes bytes = archive_of({{"config", std::string(100000, 'x')}, {"buildconfig", ""}},
                                   ARCHIVE_FILTER_GZIP);
    const Read found = read(bytes);
    CHECK(found.content.texts.at("config").size() == 65536);
    CHECK(found.content.names == Names{"config", "buildconfig"});
}

TEST_CASE("what is damaged is told, and what came before it is kept") {
    CHECK(read({}).error == "it is empty");
    CHECK(read(Bytes(4096)).error == "it holds nothing");
    for (const char* text : {"x", "070701", "no archive, only text"}) {
        INFO(text);
        const std::string_view view(text);
        CHECK_FALSE(read(Bytes(view.begin(), view.end())).error.empty());
    }
    Bytes cut = archive_of({{"init", std::string(5000, 'x')}, {"later", "y"}}, ARCHIVE_FILTER_GZIP);
    cut.resize(cut.size() / 2);
    const Read found = read(microcode() + cut);
    CHECK_FALSE(found.error.empty());
    CHECK(found.content.names.front() == "kernel/x86/microcode/GenuineIntel.bin");
    Bytes plain = archive_of({{"init", std::string(5000, 'x')}, {"later", "y"}});
    plain.resize(3000);
    CHECK_FALSE(read(plain).error.empty());
}

TEST_CASE("a section of a PE file is found by its whole name") {
    const Bytes file = pe_file(".cmdline", "pt.ids=10de:1b06");
    CHECK(section(file, ".cmdline") == "pt.ids=10de:1b06");
    CHECK(section(file, ".cmd") == "none");
    CHECK(section(file, ".initrd") == "none");
    CHECK(section(pe_file(".uname", ""), ".uname").empty());
}

TEST_CASE("what is no PE file, or a broken one, has no sections") {
    const Bytes file = pe_file(".cmdline", "text");
    for (std::size_t size = 0; size < file.size(); ++size) {
        Bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(section(cut, ".cmdline") == "none");
    }
    for (const std::size_t at : {std::size_t{0}, std::size_t{0x3f}, std::size_t{64}}) {
        Bytes wrong = file;
        wrong[at] = 0xff;
        CHECK(section(wrong, ".cmdline") == "none");
    }
    Bytes far = file;
    put(far, 64 + 24 + 16 + 20, 0xffffffff);
    CHECK(section(far, ".cmdline") == "none");
    put(far, 64 + 24 + 16 + 20, 199);
    put(far, 64 + 24 + 16 + 8, 0xffffffff);
    CHECK(section(far, ".cmdline").size() == 4);
}
