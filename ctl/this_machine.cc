// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/this_machine.h"

#include <filesystem>

#include "ctl/inside.h"

namespace pt::ctl {

bool is_root_of_this_machine(int root, const std::string& path) {
    // The link /proc/PID/root reads "/", and may lead to the root of a container.
    std::error_code ignored;  // what has no such path is not "/"
    return is_system_root(root) && std::filesystem::canonical(path, ignored) == "/";
}

}  // namespace pt::ctl
