// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/known_driver.h"

#include <algorithm>
#include <string>

#include "core/text.h"
#include "ctl/inside.h"

namespace pt::ctl {
namespace {

// modules.dep of a distribution's kernel has less than a megabyte.
constexpr std::size_t kIndexMax = 16 << 20;

std::string with_underscores(std::string_view name) {
    std::string text(name);
    std::replace(text.begin(), text.end(), '-', '_');
    return text;
}

}  // namespace

bool has_module(std::string_view index, std::string_view name) {
    const std::string wanted = with_underscores(name) + ".ko";
    while (!index.empty()) {
        std::string_view line = cut(index, '\n');
        std::string_view path = cut(line, ':');
        path.remove_prefix(path.rfind('/') + 1);
        const std::string file = with_underscores(path);
        // The ending may go on with that of a compressed file.
        if (file == wanted || file.starts_with(wanted + ".")) return true;
    }
    return false;
}

bool is_driver_unknown(int root, std::string_view name) {
    if (exists_inside(root, "sys/bus/pci/drivers/" + std::string(name)) ||
        exists_inside(root, "sys/module/" + with_underscores(name)))
        return false;
    std::string release;
    if (read_inside(root, "proc/sys/kernel/osrelease", 256, release) != 0) return false;
    const std::string directory =
        "lib/modules/" + release.substr(0, release.find('\n')) + "/modules.";
    std::string modules;
    std::string built_in;
    return read_inside(root, directory + "dep", kIndexMax, modules) == 0 &&
           read_inside(root, directory + "builtin", kIndexMax, built_in) == 0 &&
           !has_module(modules, name) && !has_module(built_in, name);
}

}  // namespace pt::ctl
