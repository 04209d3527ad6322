// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/doctor/image.h"

#include <algorithm>
#include <set>

#include "core/text.h"

namespace pt::ctl {
namespace {

constexpr std::string_view kProgram = "usr/lib/pt-hook/pt-hook";
constexpr std::string_view kConf = "etc/pt-hook.conf";
constexpr std::string_view kInitTop = "scripts/init-top/";
constexpr std::string_view kOrder = "scripts/init-top/ORDER";
constexpr std::string_view kUdevScript = "scripts/init-top/udev";
constexpr std::string_view kUnit = "lib/systemd/system/pt-hook.service";
// One that takes its place, or a link to /dev/null, which has no text and masks it
// (systemd.unit(5)).
constexpr std::string_view kOwnUnit = "etc/systemd/system/pt-hook.service";
constexpr std::string_view kBlank = " \t\r";
// Its variables name the hooks of each stage (mkinitcpio(8), /config of the image).
constexpr std::string_view kMkinitcpioConfig = "config";

// In images with usrmerge "lib" is a link, in older ones a directory: both forms are one here.
std::string_view below_usr(std::string_view name) {
    return name.starts_with("usr/") ? name.substr(4) : name;
}

bool has(const ImageContent& content, std::string_view name) {
    return std::any_of(content.names.begin(), content.names.end(), [name](const auto& member) {
        return member == name || below_usr(member) == name;
    });
}

bool has_program(const ImageContent& content) {
    return has(content, kProgram) || has(content, below_usr(kProgram));
}

std::string_view text_of(const ImageContent& content, std::string_view name) {
    const auto found = content.texts.find(std::string(name));
    return found == content.texts.end() ? std::string_view() : std::string_view(found->second);
}

bool is_module(std::string_view name, std::string_view module) {
    const std::size_t slash = name.rfind('/');
    if (slash == std::string_view::npos) return false;
    std::string_view file = name.substr(slash + 1);
    if (!file.starts_with(module)) return false;
    file.remove_prefix(module.size());
    return file == ".ko" || file.starts_with(".ko.");
}

Builder builder_of(const ImageContent& content) {
    if (has(content, kOrder) || has(content, "scripts/functions")) return Builder::kInitramfsTools;
    if (has(content, "lib/dracut/build-parameter.txt") || has(content, "lib/dracut-version.sh") ||
        has(content, "lib/dracut/dracut-version.sh") || has(content, "lib/dracut-lib.sh"))
        return Builder::kDracut;
    // With systemd there is neither init_functions nor hooks; the build configuration is there
    // in every image (mkinitcpio 31 and later: buildconfig).
    if (has(content, "init_functions") || has(content, "buildconfig") ||
        has(content, kMkinitcpioConfig))
        return Builder::kMkinitcpio;
    return Builder::kUnknown;
}

// A line of ORDER that runs a script: `/scripts/init-top/udev "$@"`.
bool runs_script(std::string_view line, std::string_view script) {
    const std::size_t at = line.find(kInitTop);
    if (at == std::string_view::npos || line.substr(0, at).find('#') != std::string_view::npos)
        return false;
    const std::string_view rest = line.substr(at + kInitTop.size());
    return rest.substr(0, rest.find_first_of(" \t\"")) == script;
}

// The number of the first line that runs the script, or npos.
std::size_t place_in_order(std::string_view order, std::string_view script) {
    for (std::size_t number = 0; !order.empty(); ++number)
        if (runs_script(cut(order, '\n'), script)) return number;
    return std::string_view::npos;
}

Start start_of_initramfs_tools(const ImageContent& content) {
    constexpr std::size_t kNowhere = std::string_view::npos;
    const std::string_view order = text_of(content, kOrder);
    const std::size_t own = place_in_order(order, "pt-hook");
    const std::size_t udev = place_in_order(order, "udev");
    if (own != kNowhere && has(content, "scripts/init-top/pt-hook"))
        return own < udev ? Start::kBeforeUdev : Start::kAfterUdev;
    // Where the order would have put it behind udev, udev's script starts it.
    const bool by_udev = text_of(content, kUdevScript).find("/scripts/pt-hook") != kNowhere;
    if (udev != kNowhere && by_udev && has(content, "scripts/pt-hook")) return Start::kBeforeUdev;
    return Start::kNever;
}

// The words between the quotes of `NAME="..."` in a file of shell variables.
std::string_view shell_value(std::string_view text, std::string_view name) {
    while (!text.empty()) {
        std::string_view line = cut(text, '\n');
        if (!line.starts_with(name) || line.substr(name.size(), 1) != "=") continue;
        line.remove_prefix(name.size() + 1);
        const std::size_t first = line.find_first_of("\"'");
        if (first == std::string_view::npos) return line;
        const std::size_t last = line.find(line[first], first + 1);
        return line.substr(first + 1, last == std::string_view::npos ? last : last - first - 1);
    }
    return {};
}

// All early hooks run before any module is loaded; udev's starts the daemon, in their order.
Start start_of_busybox(const ImageContent& content) {
    if (!has(content, "hooks/pt-hook")) return Start::kNever;
    std::string_view hooks = shell_value(text_of(content, kMkinitcpioConfig), "EARLYHOOKS");
    bool udev_came = false;
    while (!hooks.empty()) {
        const std::string_view hook = cut(hooks, ' ');
        if (hook == "udev") udev_came = true;
        if (hook == "pt-hook") return udev_came ? Start::kAfterUdev : Start::kBeforeUdev;
    }
    return Start::kNever;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool has_word(std::string_view text, std::string_view word) {
    while (!(text = trimmed(text)).empty()) {
        const std::size_t end = std::min(text.find_first_of(kBlank), text.size());
        if (text.substr(0, end) == word) return true;
        text.remove_prefix(end);
    }
    return false;
}

// Whether a unit's file orders it before another one (systemd.syntax(7)).
bool is_ordered_before(std::string_view unit, std::string_view other) {
    bool is_before = false;
    bool goes_on = false;  // the line before ends with a backslash
    while (!unit.empty()) {
        std::string_view line = trimmed(cut(unit, '\n'));
        if (line.starts_with('#') || line.starts_with(';')) continue;
        if (!goes_on) is_before = trimmed(cut(line, '=')) == "Before";
        goes_on = line.ends_with('\\');
        if (goes_on) line.remove_suffix(1);
        if (is_before && has_word(line, other)) return true;
    }
    return false;
}

Start start_by_systemd(const ImageContent& content) {
    const bool is_wanted =
        has(content, "lib/systemd/system/sysinit.target.wants/pt-hook.service") ||
        has(content, "etc/systemd/system/sysinit.target.wants/pt-hook.service");
    std::string_view unit = text_of(content, kOwnUnit);
    if (!has(content, kOwnUnit)) {
        unit = text_of(content, kUnit);
        if (unit.empty()) unit = text_of(content, "usr/" + std::string(kUnit));
    }
    if (!is_wanted || unit.empty()) return Start::kNever;
    return is_ordered_before(unit, "systemd-udevd.service") ? Start::kBeforeUdev
                                                            : Start::kAfterUdev;
}

// The name of a hook of dracut's stage before udev, empty for another file. They run in the order
// of their names.
std::string_view cmdline_hook(std::string_view name) {
    constexpr std::string_view kStage = "lib/dracut/hooks/cmdline/";
    name = below_usr(name);
    if (name.starts_with("var/")) name.remove_prefix(4);
    return name.starts_with(kStage) ? name.substr(kStage.size()) : std::string_view();
}

// What loads the drivers of rd.driver.pre= is a hook of the same stage (dracut, kernel-modules).
Start start_by_dracut(const ImageContent& content) {
    std::string_view own;
    std::string_view loader;
    for (const std::string& name : content.names) {
        const std::string_view hook = cmdline_hook(name);
        if (hook.ends_with("pt-hook.sh")) own = hook;
        if (hook.ends_with("parse-kernel.sh")) loader = hook;
    }
    if (own.empty()) return Start::kNever;
    return loader.empty() || own < loader ? Start::kBeforeUdev : Start::kAfterUdev;
}

Start start_of(const ImageContent& content, Builder builder) {
    if (builder == Builder::kInitramfsTools) return start_of_initramfs_tools(content);
    if (const Start start = start_by_systemd(content); start != Start::kNever) return start;
    if (builder == Builder::kMkinitcpio) return start_of_busybox(content);
    if (const Start start = start_by_dracut(content); start != Start::kNever) return start;
    if (builder == Builder::kUnknown && has_program(content)) return Start::kUnknown;
    return Start::kNever;
}

std::string kernel_of(const ImageContent& content) {
    std::set<std::string> versions;
    constexpr std::string_view kModules = "lib/modules/";
    for (const std::string& member : content.names) {
        std::string_view name = below_usr(member);
        if (!name.starts_with(kModules)) continue;
        name.remove_prefix(kModules.size());
        if (name.find('/') != std::string_view::npos) versions.emplace(cut(name, '/'));
    }
    return versions.size() == 1 ? *versions.begin() : std::string();
}

}  // namespace

bool is_wanted_text(std::string_view name) {
    return name == kConf || name == kOrder || name == kUdevScript || name == kMkinitcpioConfig ||
           name == kOwnUnit || below_usr(name) == kUnit;
}

ImageFindings examine_image(const ImageContent& content) {
    ImageFindings found;
    found.builder = builder_of(content);
    found.start = start_of(content, found.builder);
    found.has_program = has_program(content);
    found.has_conf = has(content, kConf);
    found.conf = text_of(content, kConf);
    found.kernel = kernel_of(content);
    for (const std::string& name : content.names) {
        if (is_module(name, "vfio-pci")) found.has_vfio_pci = true;
        if (is_module(name, "vfio_iommu_type1")) found.has_type1 = true;
    }
    return found;
}

std::string kernel_in_path(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (name == "initrd" && slash != std::string_view::npos) {  // kernel-install: VERSION/initrd
        const std::string_view directory = path.substr(0, slash);
        name = directory.substr(directory.rfind('/') + 1);
    } else {
        for (const std::string_view prefix : {"initrd.img-", "initramfs-", "initrd-"}) {
            if (!name.starts_with(prefix)) continue;
            name.remove_prefix(prefix.size());
            break;
        }
        if (name.ends_with(".img")) name.remove_suffix(4);
    }
    const bool is_version = !name.empty() && name.front() >= '0' && name.front() <= '9' &&
                            name.find('.') != std::string_view::npos;
    return is_version ? std::string(name) : std::string();
}

bool is_image_name(std::string_view name) {
    for (const std::string_view odd : {"kdump", "rescue", ".old", ".bak", ".dpkg-", ".tmp", ".new"})
        if (name.find(odd) != std::string_view::npos) return false;
    if (name.starts_with("initrd.img-") || name.starts_with("initrd-")) return true;
    return name.starts_with("initramfs-") && name.ends_with(".img");
}

}  // namespace pt::ctl
