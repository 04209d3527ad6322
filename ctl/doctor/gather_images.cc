// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "ctl/doctor/gather.h"
#include "ctl/doctor/read_image.h"
#include "ctl/inside.h"

namespace pt::ctl {
namespace {

// Where boot loaders look for kernels and images: the directory of the distribution, and where
// the EFI system partition or the extended boot partition is mounted (kernel-install(8)).
constexpr std::string_view kBootDirectories[] = {"boot", "efi", "boot/efi"};

// What a path leads to; a link at its end is followed unless `flags` has O_NOFOLLOW.
bool look_at(int root, const std::string& path, int flags, struct stat& status) {
    Fd file;
    return open_inside(root, path, O_PATH | flags, file) == 0 && fstat(file.get(), &status) == 0;
}

bool is_link(int root, const std::string& path) {
    struct stat status {};
    return look_at(root, path, O_NOFOLLOW, status) && S_ISLNK(status.st_mode);
}

std::string text_of(std::span<const std::uint8_t> bytes) {
    std::string text(bytes.begin(), bytes.end());
    text.resize(std::min(text.size(), text.find('\0')));
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
}

// Sets what a unified kernel image holds, and leaves in `bytes` its initramfs.
void open_unified(std::span<const std::uint8_t>& bytes, ImageFacts& image) {
    if (const auto uname = pe_section(bytes, ".uname")) image.kernel = text_of(*uname);
    if (const auto cmdline = pe_section(bytes, ".cmdline")) image.cmdline = text_of(*cmdline);
    if (const auto initrd = pe_section(bytes, ".initrd"))
        bytes = *initrd;
    else
        image.damage = "it is no unified kernel image with an initramfs";
}

ImageFacts examine(int root, const std::string& path, bool is_unified) {
    ImageFacts image;
    image.path = "/" + path;
    image.is_unified = is_unified;
    image.kernel = is_unified ? std::string() : kernel_in_path(path);
    image.modified = modified_inside(root, path);
    MappedFile file;
    image.error = file.open(root, path);
    if (image.error != 0) return image;
    std::span<const std::uint8_t> bytes = file.bytes();
    if (is_unified) open_unified(bytes, image);
    if (!image.damage.empty()) return image;
    ImageContent content;
    image.damage = read_image(bytes, content);
    image.found = examine_image(content);
    if (image.kernel.empty()) image.kernel = image.found.kernel;
    return image;
}

class Search {
  public:
    Search(const Context& context, Facts& facts, Which which)
        : root_(context.root_dir.get()), facts_(facts), which_(which) {}

    // Images that lie in the directory itself.
    void in_directory(const std::string& directory) {
        for (const std::string& name : names(directory)) {
            const std::string path = directory + "/" + name;
            if (is_image_name(name) && !is_link(root_, path)) add(path, false);
        }
    }

    // DIRECTORY/TOKEN/VERSION/initrd, as kernel-install lays them out.
    void of_kernel_install(const std::string& directory) {
        for (const std::string& token : names(directory)) {
            if (token == "grub" || token == "efi" || token == "EFI" || token == "loader") continue;
            for (const std::string& version : names(directory + "/" + token))
                for (const std::string& name : names(directory + "/" + token + "/" + version))
                    if (name == "initrd" || is_image_name(name))
                        add(directory + "/" + token + "/" + version + "/" + name, false);
        }
    }

    void of_unified(const std::string& directory) {
        for (const std::string& name : names(directory))
            if (name.ends_with(".efi")) add(directory + "/" + name, true);
    }

  private:
    std::vector<std::string> names(const std::string& directory) {
        int error = 0;
        std::vector<std::string> found = sorted_names(root_, directory, error);
        if (error == EACCES || error == EPERM)
            facts_.unreadable_directories.push_back("/" + directory);
        return found;
    }

    void add(const std::string& path, bool is_unified) {
        const std::string kernel = is_unified ? std::string() : kernel_in_path(path);
        const bool is_other =
            !kernel.empty() && !facts_.running_kernel.empty() && kernel != facts_.running_kernel;
        if (which_ == Which::kOfRunningKernel && is_other) return;
        // A partition may be mounted in two places, and a directory be a link to another.
        struct stat status {};
        if (look_at(root_, path, 0, status)) {
            const std::pair<dev_t, ino_t> identity(status.st_dev, status.st_ino);
            if (std::find(seen_.begin(), seen_.end(), identity) != seen_.end()) return;
            seen_.push_back(identity);
        }
        facts_.images.push_back(examine(root_, path, is_unified));
    }

    int root_;
    Facts& facts_;
    Which which_;
    std::vector<std::pair<dev_t, ino_t>> seen_;
};

}  // namespace

void gather_images(const Context& context, Facts& facts, Which which) {
    Search search(context, facts, which);
    for (const std::string_view directory : kBootDirectories) {
        search.in_directory(std::string(directory));
        search.of_kernel_install(std::string(directory));
        search.of_unified(std::string(directory) + "/EFI/Linux");
    }
}

}  // namespace pt::ctl
