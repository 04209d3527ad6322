// SPDX-License-Identifier: LGPL-2.1-or-later
#include <libkmod.h>

#include <memory>

#include "ctl/doctor/gather.h"

namespace pt::ctl {
namespace {

using KmodContext = std::unique_ptr<kmod_ctx, kmod_ctx* (*)(kmod_ctx*)>;

// A module as modprobe would find it for that kernel.
ModulePlace find_module(kmod_ctx* context, const char* name) {
    kmod_list* list = nullptr;
    if (kmod_module_new_from_lookup(context, name, &list) != 0 || list == nullptr)
        return ModulePlace::kMissing;
    kmod_module* module = kmod_module_get_module(list);
    const ModulePlace place =
        kmod_module_get_path(module) != nullptr ? ModulePlace::kModule : ModulePlace::kBuiltIn;
    kmod_module_unref(module);
    kmod_module_unref_list(list);
    return place;
}

// A directory of a kernel that was removed may stay, with modules that others have built for it.
bool is_installed(int root, const std::string& directory) {
    return exists(root, (directory + "/modules.builtin").c_str()) ||
           exists(root, (directory + "/kernel").c_str());
}

KernelFacts examine_kernel(const Context& context, const std::string& version) {
    KernelFacts kernel;
    kernel.version = version;
    const std::string directory = "lib/modules/" + version;
    const std::string index = directory + "/modules.dep.bin";
    if (faccessat(context.root_dir.get(), index.c_str(), R_OK, 0) != 0) {
        kernel.error = errno;
        return kernel;
    }
    // No configuration: what it says about names is for loading modules.
    const char* no_configuration = nullptr;
    const KmodContext kmod(kmod_new((context.root + "/" + directory).c_str(), &no_configuration),
                           kmod_unref);
    if (kmod == nullptr) {
        kernel.error = ENOMEM;
        return kernel;
    }
    kernel.vfio_pci = find_module(kmod.get(), "vfio_pci");
    kernel.type1 = find_module(kmod.get(), "vfio_iommu_type1");
    return kernel;
}

}  // namespace

void gather_kernels(const Context& context, Facts& facts) {
    const int root = context.root_dir.get();
    for (const std::string& version : sorted_names(root, "lib/modules", facts.kernels_error))
        if (is_installed(root, "lib/modules/" + version))
            facts.kernels.push_back(examine_kernel(context, version));
    // A machine whose kernel comes from elsewhere has no such directory.
    if (facts.kernels_error == ENOENT) facts.kernels_error = 0;
}

}  // namespace pt::ctl
