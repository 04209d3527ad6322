// SPDX-License-Identifier: LGPL-2.1-or-later
// Why there is no report of this boot although words ask for devices.
#include "ctl/absence.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/text.h"
#include "ctl/doctor/gather.h"
#include "ctl/texts.h"

namespace pt::ctl {
namespace {

using Images = std::vector<const ImageFacts*>;

// What an image, as it is now, would have made of this boot.
enum class Content : std::uint8_t {
    kUnreadable,
    kWithout,     // there is no pt-hook in it
    kNotStarted,  // there is, and nothing starts it
    kUnclear,     // there is, and whether anything starts it cannot be told
    kComplete,
};

Content content_of(const ImageFacts& image) {
    if (image.error != 0 || !image.damage.empty()) return Content::kUnreadable;
    if (!image.found.has_program) return Content::kWithout;
    if (image.found.start == Start::kNever) return Content::kNotStarted;
    return image.found.start == Start::kUnknown ? Content::kUnclear : Content::kComplete;
}

// Those for which `is_likely` is true, or all if it is true for none.
template <typename Predicate>
void prefer(Images& images, Predicate is_likely) {
    if (std::any_of(images.begin(), images.end(), is_likely))
        std::erase_if(images, [&](const ImageFacts* image) { return !is_likely(image); });
}

// The kernel ends its command line with one.
std::string_view without_newline(std::string_view word) {
    return word.substr(0, word.find('\n'));
}

// The word that keeps systemd in the initramfs from starting the unit (systemd-debug-generator(8)).
std::string_view mask_in(std::string_view cmdline) {
    while (!cmdline.empty()) {
        const std::string_view word = without_newline(cut(cmdline, ' '));
        if (word == "rd.systemd.mask=pt-hook.service" || word == "rd.systemd.mask=pt-hook")
            return word;
    }
    return {};
}

// Boot loaders that leave loading to the kernel's own stub name the images there, with the
// separators of EFI (systemd-boot(7)): "initrd=\6.12.1\initrd".
std::vector<std::string> initrds_in(std::string_view cmdline) {
    constexpr std::string_view kKey = "initrd=";
    std::vector<std::string> found;
    while (!cmdline.empty()) {
        const std::string_view word = without_newline(cut(cmdline, ' '));
        if (!word.starts_with(kKey)) continue;
        std::string path(word.substr(kKey.size()));
        std::replace(path.begin(), path.end(), '\\', '/');
        if (!path.starts_with('/')) path.insert(0, 1, '/');
        found.push_back(std::move(path));
    }
    return found;
}

bool is_conf_alone(const Facts& facts) {
    return read_words(facts.cmdline.text).wish.selectors.empty();
}

bool is_named(const std::vector<std::string>& initrds, const ImageFacts& image) {
    return std::any_of(initrds.begin(), initrds.end(),
                       [&](const std::string& name) { return image.path.ends_with(name); });
}

// The images that may have been booted.
Images candidates_of(const Facts& facts) {
    Images images;
    for (const ImageFacts& image : facts.images)
        if (image.kernel.empty() || facts.running_kernel.empty() ||
            image.kernel == facts.running_kernel)
            images.push_back(&image);
    prefer(images, [&](const ImageFacts* image) { return image->kernel == facts.running_kernel; });
    if (facts.booted_unified)
        prefer(images, [](const ImageFacts* image) { return image->is_unified; });
    const std::vector<std::string> named = initrds_in(facts.cmdline.text);
    prefer(images, [&](const ImageFacts* image) { return is_named(named, *image); });
    return images;
}

Images those_with(const Images& images, Content content) {
    Images found;
    for (const ImageFacts* image : images)
        if (content_of(*image) == content) found.push_back(image);
    return found;
}

// "/boot/a", "/boot/a and /boot/b", "/boot/a, /boot/b and /boot/c"
std::string paths_of(const Images& images) {
    std::string text;
    for (std::size_t i = 0; i < images.size(); ++i) {
        if (i != 0) text += i + 1 == images.size() ? " and " : ", ";
        text += printable(images[i]->path);
    }
    return text;
}

std::string verb(const Images& images, const char* singular, const char* plural) {
    return paths_of(images) + (images.size() == 1 ? singular : plural);
}

bool asks_for_devices(const ImageFacts& image) {
    return !read_words({}, image.found.conf).wish.selectors.empty();
}

Absence unreadable_to_user(const Facts& facts, const std::string& path) {
    return {Cause::kUnknown,
            "the cause cannot be told, for " +
                (facts.is_root ? path + " may not be read" : "only root may read " + path),
            !facts.is_root};
}

Absence without_images(const Facts& facts) {
    if (!facts.unreadable_directories.empty())
        return unreadable_to_user(facts, printable(facts.unreadable_directories.front()));
    return {Cause::kUnknown,
            "the cause cannot be told, for no initramfs image of the running kernel is in "
            "/boot, /efi or /boot/efi"};
}

Absence with_unreadable(const Facts& facts, const ImageFacts& image) {
    const std::string path = printable(image.path);
    if (image.error == EACCES || image.error == EPERM) return unreadable_to_user(facts, path);
    return {Cause::kUnknown,
            "the cause cannot be told, for " + path +
                (image.error != 0 ? " cannot be read: " + std::string(std::strerror(image.error))
                                  : " cannot be unpacked: " + printable(image.damage))};
}

// One that goes away when these images are built anew.
Absence to_be_rebuilt(const Facts& facts, Cause cause, std::string text, const Images& images) {
    Absence absence{cause, std::move(text)};
    for (const ImageFacts* image : images)
        absence.to_rebuild.push_back(static_cast<std::size_t>(image - facts.images.data()));
    return absence;
}

// The images have pt-hook now.
Absence with_complete(const Facts& facts, const Images& images, const Images& complete) {
    Images asking = complete;
    if (is_conf_alone(facts))
        std::erase_if(asking, [](const ImageFacts* image) { return !asks_for_devices(*image); });
    if (asking.empty())
        return to_be_rebuilt(
            facts, Cause::kConfNotInImage,
            verb(complete, " has", " have") +
                " pt-hook, but no words of /etc/pt-hook.conf: build it anew and reboot",
            complete);
    if (facts.boot.began == 0)
        return {Cause::kUnknown, verb(asking, " has", " have") +
                                     " pt-hook, but whether since this boot or before it cannot "
                                     "be told without /proc/stat"};
    const auto newer = std::find_if(asking.begin(), asking.end(), [&](const ImageFacts* image) {
        return image->modified > facts.boot.began;
    });
    if (newer != asking.end())
        return {Cause::kImageRebuilt, printable((*newer)->path) +
                                          " has pt-hook, but was built after this boot began: "
                                          "a reboot should be all that is missing"};
    std::string text = verb(asking, " has", " have") + " pt-hook since before this boot";
    Images others = images;
    std::erase_if(others,
                  [](const ImageFacts* image) { return content_of(*image) == Content::kComplete; });
    if (!others.empty())
        text += ", but there is " + paths_of(others) + ", which may have been booted";
    else
        text +=
            ": another initramfs was booted, or pt-hook ended too early, which sudo dmesg "
            "would tell";
    return to_be_rebuilt(facts, Cause::kOtherImage, std::move(text), others);
}

}  // namespace

Absence judge_absence(const Facts& facts) {
    if (const std::string_view mask = mask_in(facts.cmdline.text); !mask.empty())
        return {Cause::kSwitchedOff,
                "switched off by " + std::string(mask) + " on the command line", false,
                std::string(mask)};
    if (!facts.is_installed)
        return {Cause::kNotInstalled, "it is not installed (there is no /usr/lib/pt-hook/pt-hook)"};
    if (facts.is_captured)
        return {Cause::kUnknown,
                "the cause cannot be told, for a captured machine comes without its images"};
    const Images images = candidates_of(facts);
    if (images.empty()) return without_images(facts);
    if (const Images complete = those_with(images, Content::kComplete); !complete.empty())
        return with_complete(facts, images, complete);
    if (const Images unreadable = those_with(images, Content::kUnreadable); !unreadable.empty())
        return with_unreadable(facts, *unreadable.front());
    if (const Images unclear = those_with(images, Content::kUnclear); !unclear.empty())
        return {Cause::kUnknown, verb(unclear, " has", " have") +
                                     " pt-hook; whether anything there starts it cannot be told"};
    if (const Images without = those_with(images, Content::kWithout); !without.empty())
        return to_be_rebuilt(facts, Cause::kNotInImage, "it is not in " + paths_of(without),
                             without);
    return to_be_rebuilt(facts, Cause::kNotStarted,
                         "it is in " + paths_of(images) + ", but nothing there starts it", images);
}

Absence explain_absence(const Context& context) {
    Facts facts;
    gather_machine(context, facts);
    gather_images(context, facts, Which::kOfRunningKernel);
    Absence absence = judge_absence(facts);
    if (absence.needs_root) absence.text += "; sudo ptctl status tells it";
    if (absence.cause == Cause::kNotInImage || absence.cause == Cause::kNotStarted)
        absence.text += "; ptctl doctor has the command that builds the image anew";
    return absence;
}

}  // namespace pt::ctl
