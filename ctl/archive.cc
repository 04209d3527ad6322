// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "core/text.h"

namespace pt::ctl {
namespace {

// A host with 500 PCI functions has 10,000 entries of 4 kB at most.
constexpr std::size_t kEntriesMax = 200'000;
constexpr std::int64_t kBytesMax = 64 << 20;
constexpr std::size_t kBlock = 10240;

struct FreeReader {
    void operator()(archive* reader) const { archive_read_free(reader); }
};
struct FreeDisk {
    void operator()(archive* disk) const { archive_write_free(disk); }
};
struct FreeEntry {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

std::string error_of(archive* which) {
    const char* const text = archive_error_string(which);
    return text == nullptr ? "unknown error" : text;
}

// The name in an archive without what stands for its own root; empty for one that is not allowed.
std::string clean_name(const char* raw) {
    if (raw == nullptr || *raw == '/') return {};
    const std::filesystem::path path = std::filesystem::path(raw).lexically_normal();
    for (const std::filesystem::path& part : path)
        if (part == "..") return {};
    return path.string();
}

std::string about(const char* name, std::string_view problem) {
    std::string text("entry ");
    put_quoted(text, name == nullptr ? "" : name);
    return text + " " + std::string(problem);
}

// Changes to a directory for as long as it lives: libarchive writes below the current one.
class Inside {
  public:
    explicit Inside(const std::string& path) : back_(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)) {
        is_there_ = back_.is_open() && chdir(path.c_str()) == 0;
    }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    // Where it was before there was a directory when this began.
    ~Inside() { (void)!fchdir(back_.get()); }

    [[nodiscard]] bool is_there() const { return is_there_; }

  private:
    Fd back_;
    bool is_there_ = false;
};

class Unpacker {
  public:
    Unpacker() : reader_(archive_read_new()), disk_(archive_write_disk_new()) {
        archive_read_support_filter_all(reader_.get());
        archive_read_support_format_tar(reader_.get());
        archive_read_support_format_cpio(reader_.get());
        // The checks below are on names; these are on what is on the disk by then.
        archive_write_disk_set_options(
            disk_.get(), ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
                             ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS | ARCHIVE_EXTRACT_TIME);
    }

    std::string open(const std::string& path) {
        if (archive_read_open_filename(reader_.get(), path.c_str(), kBlock) != ARCHIVE_OK)
            return error_of(reader_.get());
        return {};
    }

    std::string run() {
        archive_entry* entry = nullptr;
        for (std::size_t count = 0;; ++count) {
            const int result = archive_read_next_header(reader_.get(), &entry);
            if (result == ARCHIVE_EOF) return count == 0 ? "it is empty" : "";
            if (result < ARCHIVE_WARN) return error_of(reader_.get());
            if (count >= kEntriesMax) return "it has more entries than any machine";
            if (std::string problem = take(entry); !problem.empty()) return problem;
        }
    }

  private:
    std::string take(archive_entry* entry) {
        const char* const raw = archive_entry_pathname(entry);
        const std::string name = clean_name(raw);
        if (name.empty()) return about(raw, "lies outside of the tree");
        if (name == ".") return {};
        const auto type = archive_entry_filetype(entry);
        if (archive_entry_hardlink(entry) != nullptr ||
            (type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK))
            return about(raw, "is neither a file nor a directory nor a symbolic link");
        if (type == AE_IFLNK) {
            const char* const target = archive_entry_symlink(entry);
            if (target == nullptr || !stays_inside(name, target))
                return about(raw, "is a link out of the tree");
        }
        archive_entry_set_pathname(entry, name.c_str());
        archive_entry_set_perm(entry, type == AE_IFDIR ? 0700 : 0600);
        if (archive_write_header(disk_.get(), entry) < ARCHIVE_WARN) return error_of(disk_.get());
        if (std::string problem = copy(); !problem.empty()) return problem;
        return archive_write_finish_entry(disk_.get()) < ARCHIVE_WARN ? error_of(disk_.get()) : "";
    }

    std::string copy() {
        const void* block = nullptr;
        std::size_t size = 0;
        la_int64_t offset = 0;
        for (;;) {
            const int result = archive_read_data_block(reader_.get(), &block, &size, &offset);
            if (result == ARCHIVE_EOF) return {};
            if (result < ARCHIVE_WARN) return error_of(reader_.get());
            bytes_ += static_cast<std::int64_t>(size);
            // a hole of any length costs nothing to write in an archive
            if (bytes_ > kBytesMax || offset > kBytesMax) return "it is larger than any machine";
            if (archive_write_data_block(disk_.get(), block, size, offset) < ARCHIVE_WARN)
                return error_of(disk_.get());
        }
    }

    std::unique_ptr<archive, FreeReader> reader_;
    std::unique_ptr<archive, FreeDisk> disk_;
    std::int64_t bytes_ = 0;
};

}  // namespace

namespace {

// A link by way of other links can lead further than its text says: looks where each one ends.
std::string find_way_out(const std::string& tree) {
    std::error_code error;
    const std::filesystem::path top = std::filesystem::canonical(tree, error);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top)) {
        if (!entry.is_symlink()) continue;
        const std::filesystem::path end = std::filesystem::canonical(entry.path(), error);
        if (error) continue;  // it leads nowhere
        if (*end.lexically_relative(top).begin() == "..")
            return about(entry.path().lexically_relative(top).c_str(), "is a link out of the tree");
    }
    return {};
}

}  // namespace

bool stays_inside(std::string_view name, std::string_view target) {
    if (target.empty() || target.front() == '/') return false;
    // Each ".." must leave something of the way down to the link, at every point: what lies on the
    // way may itself be a link, but one that was looked at in the same way.
    std::ptrdiff_t depth = -1;  // the link's own name is no directory
    while (!name.empty())
        if (!cut(name, '/').empty()) ++depth;
    while (!target.empty()) {
        const std::string_view part = cut(target, '/');
        if (part == "..")
            --depth;
        else if (!part.empty() && part != ".")
            ++depth;
        if (depth < 0) return false;
    }
    return true;
}

TemporaryTree::~TemporaryTree() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
}

std::string TemporaryTree::unpack(const std::string& archive_path) {
    Unpacker unpacker;
    if (std::string problem = unpacker.open(archive_path); !problem.empty()) return problem;
    std::error_code error;
    const std::filesystem::path place = std::filesystem::temp_directory_path(error);
    std::string made = (error ? std::filesystem::path("/tmp") : place) / "ptctl-XXXXXX";
    if (mkdtemp(made.data()) == nullptr)
        return "cannot make a directory for it: " + std::string(std::strerror(errno));
    path_ = made;
    {
        const Inside inside(path_);
        if (!inside.is_there()) return "cannot enter " + path_;
        if (std::string problem = unpacker.run(); !problem.empty()) return problem;
    }
    return find_way_out(path_);
}

void ArchiveWriter::Free::operator()(archive* writer) const {
    archive_write_free(writer);
}

ArchiveWriter::ArchiveWriter() : archive_(archive_write_new()) {}

std::string ArchiveWriter::check(int result) {
    if (result < ARCHIVE_WARN && problem_.empty()) problem_ = error_of(archive_.get());
    return problem_;
}

std::string ArchiveWriter::open(const std::string& path) {
    if (archive_write_set_format_filter_by_ext_def(archive_.get(), path.c_str(), ".tar") <
        ARCHIVE_WARN)
        return check(ARCHIVE_FATAL);
    check(archive_write_set_format_pax_restricted(archive_.get()));
    return check(archive_write_open_filename(archive_.get(), path.c_str()));
}

std::string ArchiveWriter::add_file(const std::string& name, std::string_view content,
                                    std::int64_t modified) {
    if (!problem_.empty()) return problem_;
    const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    archive_entry_set_mtime(entry.get(), modified, 0);
    check(archive_write_header(archive_.get(), entry.get()));
    if (!problem_.empty()) return problem_;
    if (archive_write_data(archive_.get(), content.data(), content.size()) < 0)
        return check(ARCHIVE_FATAL);
    return {};
}

std::string ArchiveWriter::add_link(const std::string& name, const std::string& target) {
    if (!problem_.empty()) return problem_;
    const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFLNK);
    archive_entry_set_perm(entry.get(), 0777);
    archive_entry_set_symlink(entry.get(), target.c_str());
    return check(archive_write_header(archive_.get(), entry.get()));
}

std::string ArchiveWriter::add_directory(const std::string& name) {
    if (!problem_.empty()) return problem_;
    const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFDIR);
    archive_entry_set_perm(entry.get(), 0755);
    return check(archive_write_header(archive_.get(), entry.get()));
}

std::string ArchiveWriter::close() {
    if (!problem_.empty()) return problem_;
    return check(archive_write_close(archive_.get()));
}

}  // namespace pt::ctl
