// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "core/variant.h"

struct kmod_ctx;

namespace pt {

// The kernel modules of the running kernel, through libkmod. Its index and its configuration
// (modprobe.d and the kernel command line) are read when the first module is loaded.
class Modules {
  public:
    Modules() = default;
    Modules(const Modules&) = delete;
    Modules& operator=(const Modules&) = delete;
    ~Modules();

    // Loads a module with its dependencies and parameters. Returns 0 also if it is loaded already
    // or built in; ENOENT if there is none of that name; else the errno of the loading.
    // "install" lines and softdeps of modprobe.d are not followed: they are a common way to get at
    // the devices that are being claimed here, and an initramfs has no shell to promise.
    [[nodiscard]] int load(const char* name);

  private:
    kmod_ctx* context_ = nullptr;
};

// Shows the lines of the running kernel's modules.alias below `root` to each finder. Returns 0 or
// an errno.
[[nodiscard]] int show_aliases(int root, std::vector<VariantFinder>& finders);

// The name under which a loaded module registers its PCI driver, empty for none.
[[nodiscard]] std::string registered_driver(int root, const std::string& module);

}  // namespace pt
