// SPDX-License-Identifier: LGPL-2.1-or-later
// What has to be there before the root file system is.
#include <algorithm>
#include <cstring>

#include "ctl/doctor/advice.h"
#include "ctl/doctor/check.h"
#include "ctl/shell.h"

namespace pt::ctl {
namespace {

std::string count_of(std::size_t count, std::string_view one) {
    return std::to_string(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

void worsen(State& state, State other) {
    state = std::max(state, other);
}

const KernelFacts* kernel_of(const Facts& facts, const ImageFacts& image) {
    for (const KernelFacts& kernel : facts.kernels)
        if (kernel.version == image.kernel) return &kernel;
    return nullptr;
}

// What is wrong with one image, and how bad it is; nothing for a good one.
std::string fault_of(const Facts& facts, const ImageFacts& image, State& state) {
    const ImageFindings& found = image.found;
    if (image.error != 0) {
        state = State::kUnknown;
        return std::string("cannot be read: ") + std::strerror(image.error);
    }
    if (!image.damage.empty()) {
        state = State::kUnknown;
        return "cannot be unpacked: " + image.damage;
    }
    state = State::kFailed;
    if (!found.has_program)
        return found.start == Start::kNever ? "is without pt-hook"
                                            : "starts pt-hook, but the program is not in it";
    if (found.start == Start::kNever) return "has pt-hook, but nothing in it starts it";
    if (found.start == Start::kAfterUdev)
        return "does not start pt-hook before udev and all else that loads drivers, which may take "
               "the devices first";
    const KernelFacts* kernel = kernel_of(facts, image);
    const bool has_driver =
        found.has_vfio_pci || (kernel != nullptr && kernel->vfio_pci == ModulePlace::kBuiltIn);
    const bool has_type1 =
        found.has_type1 || (kernel != nullptr && kernel->type1 == ModulePlace::kBuiltIn);
    if (!has_driver) return "is without the module vfio-pci";
    if (!has_type1) return "is without the module vfio_iommu_type1";
    if (found.start == Start::kUnknown) {
        state = State::kUnknown;
        return "has pt-hook, but is of no builder known here: when it starts cannot be told";
    }
    state = State::kOk;
    return {};
}

bool is_read(const ImageFacts& image) {
    return image.error == 0 && image.damage.empty();
}

// The image of the kernel that runs; the one that was booted unless it was built again since.
bool is_running(const Facts& facts, const ImageFacts& image) {
    return !image.kernel.empty() && image.kernel == facts.running_kernel;
}

Finding no_images(const Facts& facts) {
    if (facts.is_captured) return {State::kUnknown, "a captured machine comes without its images"};
    if (!facts.unreadable_directories.empty())
        return {State::kUnknown,
                "only root may read " + facts.unreadable_directories.front(),
                {},
                {"sudo ptctl doctor"}};
    return {State::kUnknown, "none found in /boot, /efi or /boot/efi"};
}

void add_command(Finding& found, std::string command) {
    if (!command.empty()) found.fixes.push_back(std::move(command));
}

// A line of the configuration without comment and blanks, to tell whether it has words.
bool has_words(std::string_view conf) {
    return !read_words({}, conf).words.empty();
}

// Whether two configurations say the same at boot. Where something stands is told, and no more.
bool is_same_conf(std::string_view a, std::string_view b) {
    const auto same_word = [](const SourceWord& one, const SourceWord& other) {
        return one.text == other.text;
    };
    const auto same_fault = [](const Complaint& one, const Complaint& other) {
        return one.fault == other.fault && one.parameter == other.parameter &&
               one.item == other.item;
    };
    const ReadWords in_a = read_words({}, a);
    const ReadWords in_b = read_words({}, b);
    return std::equal(in_a.words.begin(), in_a.words.end(), in_b.words.begin(), in_b.words.end(),
                      same_word) &&
           std::equal(in_a.complaints.begin(), in_a.complaints.end(), in_b.complaints.begin(),
                      in_b.complaints.end(), same_fault);
}

}  // namespace

Finding check_modules(const Facts& facts) {
    if (facts.kernels_error != 0)
        return {State::kUnknown,
                std::string("/lib/modules cannot be read: ") + std::strerror(facts.kernels_error)};
    if (facts.kernels.empty())
        return {State::kUnknown, facts.is_captured ? "a captured machine comes without its modules"
                                                   : "no kernel is installed in /lib/modules"};
    Finding found;
    std::size_t built_in = 0;
    for (const KernelFacts& kernel : facts.kernels) {
        if (kernel.error != 0) {
            worsen(found.state, State::kUnknown);
            found.details.push_back(kernel.version + ": its index of modules cannot be read: " +
                                    std::strerror(kernel.error));
            found.fixes.push_back("sudo depmod " + shell_quoted(kernel.version));
            continue;
        }
        if (kernel.vfio_pci == ModulePlace::kMissing || kernel.type1 == ModulePlace::kMissing)
            add_command(found, module_package_command(facts, kernel));
        for (const auto& [name, place] : {std::pair{"vfio-pci", kernel.vfio_pci},
                                          std::pair{"vfio_iommu_type1", kernel.type1}}) {
            if (place == ModulePlace::kBuiltIn) ++built_in;
            if (place != ModulePlace::kMissing) continue;
            worsen(found.state, State::kFailed);
            found.details.push_back(kernel.version + " has no " + name +
                                    ", neither as a module nor built in");
        }
    }
    const bool is_failed =
        std::any_of(facts.kernels.begin(), facts.kernels.end(), [](const KernelFacts& kernel) {
            return kernel.error == 0 && (kernel.vfio_pci == ModulePlace::kMissing ||
                                         kernel.type1 == ModulePlace::kMissing);
        });
    // What is missing weighs more than what cannot be read.
    if (is_failed) found.state = State::kFailed;
    if (found.state == State::kOk)
        found.text =
            "vfio-pci and vfio_iommu_type1 are in " +
            (facts.kernels.size() == 1 ? facts.kernels.front().version
                                       : "all " + count_of(facts.kernels.size(), "kernel")) +
            (built_in != 0 ? ", built in" : "");
    else
        found.text = is_failed ? "a kernel cannot give a device to a virtual machine"
                               : "a kernel does not tell which modules it has";
    return found;
}

Finding check_images(const Facts& facts) {
    if (facts.images.empty()) return no_images(facts);
    Finding found;
    std::vector<const ImageFacts*> to_rebuild;
    std::size_t good = 0;
    bool is_failed = false;
    for (const ImageFacts& image : facts.images) {
        State state = State::kOk;
        const std::string fault = fault_of(facts, image, state);
        if (state == State::kOk) {
            ++good;
            continue;
        }
        is_failed = is_failed || state == State::kFailed;
        worsen(found.state, state);
        found.details.push_back(image.path + " " + fault);
        if (state == State::kFailed || !image.damage.empty()) to_rebuild.push_back(&image);
    }
    if (is_failed) found.state = State::kFailed;
    found.text = "pt-hook runs before udev in ";
    if (good == facts.images.size())
        found.text += good == 1 ? facts.images.front().path : "all " + count_of(good, "image");
    else
        found.text += std::to_string(good) + " of " + count_of(facts.images.size(), "image");
    if (is_failed && !facts.is_installed) add_command(found, install_command(facts));
    for (std::string& command : rebuild_commands(facts, to_rebuild)) add_command(found, command);
    for (const std::string& directory : facts.unreadable_directories) {
        found.details.push_back("only root may see whether " + directory + " holds more");
        worsen(found.state, State::kNote);
    }
    const bool is_for_root =
        !facts.unreadable_directories.empty() ||
        std::any_of(facts.images.begin(), facts.images.end(), [](const ImageFacts& image) {
            return image.error == EACCES || image.error == EPERM;
        });
    if (is_for_root && !facts.is_root && found.fixes.empty()) found.fixes = {"sudo ptctl doctor"};
    return found;
}

ConfCopies compare_conf(const Facts& facts) {
    ConfCopies copies;
    bool running_is_old = false;
    for (const ImageFacts& image : facts.images) {
        if (!is_read(image) || !image.found.has_program) continue;
        ++copies.seen;
        if (is_same_conf(image.found.conf, facts.conf.text)) continue;
        copies.outdated.push_back(&image);
        running_is_old = running_is_old || is_running(facts, image);
    }
    // An old kernel's image is one that can be chosen in the boot menu; that of the running kernel
    // is booted next.
    copies.is_next_outdated =
        !copies.outdated.empty() &&
        (running_is_old || facts.running_kernel.empty() || copies.outdated.size() == copies.seen);
    return copies;
}

// What counts at boot is the copy of the configuration in the image.
Finding check_conf(const Facts& facts) {
    if (!facts.conf.is_read() && !facts.conf.is_absent())
        return {State::kUnknown, std::string("/etc/pt-hook.conf cannot be read: ") +
                                     std::strerror(facts.conf.error)};
    Finding found{State::kOk, has_words(facts.conf.text)
                                  ? "the words of /etc/pt-hook.conf are in every image"
                                  : "/etc/pt-hook.conf has no words, and neither have the images"};
    const ConfCopies copies = compare_conf(facts);
    if (copies.seen == 0)
        return {State::kUnknown, "no image with pt-hook could be read; see above"};
    if (copies.outdated.empty()) return found;
    for (const ImageFacts* image : copies.outdated)
        found.details.push_back(image->path + " was built before /etc/pt-hook.conf was changed");
    const bool is_bad = copies.is_next_outdated;
    found.state = is_bad ? State::kFailed : State::kWarning;
    found.text = is_bad ? "the next boot will not know what is in /etc/pt-hook.conf now"
                        : "some images do not know what is in /etc/pt-hook.conf now";
    for (std::string& command : rebuild_commands(facts, copies.outdated))
        add_command(found, command);
    return found;
}

Finding check_secure_boot(const Facts& facts) {
    if (!facts.has_efi && facts.is_captured)
        return {State::kUnknown, "a captured machine does not tell whether it has UEFI"};
    if (!facts.has_efi) return {State::kOk, "not with this firmware (no UEFI)"};
    const bool is_fixed = facts.booted_unified || facts.loader.has_fixed_line;
    switch (facts.secure_boot) {
        case Switch::kUnknown:
            return {State::kUnknown, "its EFI variable cannot be read"};
        case Switch::kOff:
            return {State::kOk, "off"};
        case Switch::kOn:
            break;
    }
    if (!is_fixed) return {State::kOk, "on; the kernel command line can be changed"};
    constexpr std::string_view kWhy =
        "on, and the command line is part of a signed image: the boot menu cannot add a word";
    if (!read_words(facts.cmdline.text).words.empty())
        return {State::kOk, "on; the words are in the signed image's command line"};
    if (has_words(facts.conf.text))
        return {State::kOk, "on, with a fixed command line; the words are in /etc/pt-hook.conf"};
    return {State::kNote,
            std::string(kWhy) + "; choose cards with --conf, which needs none",
            {},
            {"sudo ptctl use --conf CARD"}};
}

}  // namespace pt::ctl
