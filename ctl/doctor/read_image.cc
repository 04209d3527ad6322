// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/doctor/read_image.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "ctl/inside.h"

namespace pt::ctl {
namespace {

using Archive = std::unique_ptr<archive, int (*)(archive*)>;

// More than any text that counts; the rest of a longer one is left out.
constexpr std::size_t kTextMax = 65536;

std::string_view plain_name(std::string_view name) {
    while (name.starts_with("./")) name.remove_prefix(2);
    while (name.starts_with("/")) name.remove_prefix(1);
    return name;
}

std::string error_of(archive* reader) {
    const char* said = archive_error_string(reader);
    return said == nullptr ? "it cannot be read" : said;
}

// The compressions that kernels unpack (lib/decompress.c).
void allow_formats(archive* reader) {
    (void)archive_read_support_filter_gzip(reader);
    (void)archive_read_support_filter_bzip2(reader);
    (void)archive_read_support_filter_lzma(reader);
    (void)archive_read_support_filter_xz(reader);
    (void)archive_read_support_filter_lzop(reader);
    (void)archive_read_support_filter_lz4(reader);
    (void)archive_read_support_filter_zstd(reader);
    (void)archive_read_support_format_cpio(reader);
}

void read_text(archive* reader, std::string& text) {
    text.resize(kTextMax);
    const la_ssize_t size = archive_read_data(reader, text.data(), text.size());
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
}

// Reads one archive from the start of `bytes` and cuts off what it took up. The last member of an
// archive, TRAILER!!!, is libarchive's end of it.
std::string read_archive(std::span<const std::uint8_t>& bytes, ImageContent& content) {
    const Archive reader(archive_read_new(), archive_read_free);
    if (reader == nullptr) return "out of memory";
    allow_formats(reader.get());
    if (archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK)
        return error_of(reader.get());
    archive_entry* entry = nullptr;
    int result = ARCHIVE_OK;
    while ((result = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK ||
           result == ARCHIVE_WARN) {
        const char* path = archive_entry_pathname(entry);
        if (path == nullptr) continue;
        const std::string name(plain_name(path));
        if (is_wanted_text(name)) read_text(reader.get(), content.texts[name]);
        content.names.push_back(name);
    }
    if (result != ARCHIVE_EOF) return error_of(reader.get());
    const bool is_compressed = archive_filter_count(reader.get()) > 1;
    const la_int64_t taken = archive_filter_bytes(reader.get(), 0);
    // Nothing follows what is compressed.
    const bool is_last = is_compressed || taken <= 0;
    bytes = is_last ? bytes.last(0)
                    : bytes.subspan(std::min(static_cast<std::size_t>(taken), bytes.size()));
    return {};
}

std::uint32_t little_endian(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i)
        value |= static_cast<std::uint32_t>(bytes[at + i]) << (8 * i);
    return value;
}

}  // namespace

std::string read_image(std::span<const std::uint8_t> image, ImageContent& content) {
    if (image.empty()) return "it is empty";
    while (true) {
        // Zeros fill the space between two archives.
        const auto begin =
            std::find_if(image.begin(), image.end(), [](std::uint8_t byte) { return byte != 0; });
        image = image.subspan(static_cast<std::size_t>(begin - image.begin()));
        if (image.empty()) break;
        if (std::string error = read_archive(image, content); !error.empty()) return error;
    }
    return content.names.empty() ? "it holds nothing" : std::string();
}

// The layout is that of the PE format: the offset of the header at 0x3c; there the signature, a
// header of 20 bytes with the number of sections and the size of the optional header, which
// follows, and then 40 bytes for each section.
std::optional<std::span<const std::uint8_t>> pe_section(std::span<const std::uint8_t> file,
                                                        std::string_view name) {
    constexpr std::size_t kOffsetAt = 0x3c;
    constexpr std::size_t kHeaderSize = 24;  // with the signature
    constexpr std::size_t kSectionSize = 40;
    constexpr std::size_t kNameSize = 8;
    if (file.size() < kOffsetAt + 4 || file[0] != 'M' || file[1] != 'Z') return std::nullopt;
    const std::size_t header = little_endian(file, kOffsetAt, 4);
    if (header > file.size() || file.size() - header < kHeaderSize) return std::nullopt;
    if (little_endian(file, header, 4) != 0x4550) return std::nullopt;  // "PE\0\0"
    const std::size_t count = little_endian(file, header + 6, 2);
    std::size_t at = header + kHeaderSize + little_endian(file, header + 20, 2);
    for (std::size_t i = 0; i < count; ++i, at += kSectionSize) {
        if (at > file.size() || file.size() - at < kSectionSize) return std::nullopt;
        std::string found;
        for (std::size_t n = 0; n < kNameSize && file[at + n] != 0; ++n)
            found.push_back(static_cast<char>(file[at + n]));
        if (found != name) continue;
        // What is in the file may be padded, what is used is the virtual size.
        const std::size_t size =
            std::min(little_endian(file, at + 8, 4), little_endian(file, at + 16, 4));
        const std::size_t start = little_endian(file, at + 20, 4);
        if (start > file.size() || file.size() - start < size) return std::nullopt;
        return file.subspan(start, size);
    }
    return std::nullopt;
}

int MappedFile::open(int root, const std::string& path) {
    Fd file;
    if (const int error = open_regular(root, path, file); error != 0) return error;
    struct stat status {};
    if (fstat(file.get(), &status) != 0) return errno;
    if (status.st_size == 0) return 0;
    const auto size = static_cast<std::size_t>(status.st_size);
    void* memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (memory == MAP_FAILED) return errno;
    bytes_ = {static_cast<const std::uint8_t*>(memory), size};
    return 0;
}

MappedFile::~MappedFile() {
    if (bytes_.empty()) return;
    // munmap changes nothing that bytes_ refers to as const before it is gone.
    (void)munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
}

}  // namespace pt::ctl
