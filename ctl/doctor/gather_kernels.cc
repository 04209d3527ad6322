// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "ctl/doctor/gather.h"
#include "ctl/doctor/quiet_kmod.h"
#include "ctl/inside.h"

namespace pt::ctl {
namespace {

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

// What the child's exit code says: both places, or that there is no memory.
constexpr int kPlaces = 3;
constexpr int kNoMemory = kPlaces * kPlaces;

// As a process of its own, to be ended by a limit or by a fault.
[[noreturn]] void look_up(const std::string& directory) {
    // A lookup takes a moment.
    const rlimit one_second{1, 1};
    const rlimit no_core{0, 0};
    if (setrlimit(RLIMIT_CPU, &one_second) != 0 || setrlimit(RLIMIT_CORE, &no_core) != 0)
        _exit(kNoMemory);
    // A fault is not for whoever watches over the parent to tell.
    for (const int fault : {SIGSEGV, SIGBUS, SIGABRT}) (void)std::signal(fault, SIG_DFL);
    // No configuration: what it says about names is for loading modules.
    const char* no_configuration = nullptr;
    const KmodContext kmod = quiet_kmod(directory.c_str(), &no_configuration);
    if (kmod == nullptr) _exit(kNoMemory);
    const auto vfio_pci = static_cast<int>(find_module(kmod.get(), "vfio_pci"));
    const auto type1 = static_cast<int>(find_module(kmod.get(), "vfio_iommu_type1"));
    _exit(vfio_pci * kPlaces + type1);
}

// Asks libkmod in a child: in an index with a wrong byte it may read behind its memory, or take up
// all memory in a loop without end. Returns 0 or an errno.
int find_modules(const std::string& directory, KernelFacts& kernel) {
    const pid_t child = fork();
    if (child < 0) return errno;
    if (child == 0) look_up(directory);
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return errno;
    if (!WIFEXITED(status) || WEXITSTATUS(status) > kNoMemory) return EUCLEAN;
    if (WEXITSTATUS(status) == kNoMemory) return ENOMEM;
    kernel.vfio_pci = static_cast<ModulePlace>(WEXITSTATUS(status) / kPlaces);
    kernel.type1 = static_cast<ModulePlace>(WEXITSTATUS(status) % kPlaces);
    return 0;
}

// libkmod opens its indexes by name and would wait at a FIFO. In a captured tree one may also be a
// link that leads out of it. Returns 0 or an errno.
int look_at_indexes(int directory, bool is_foreign) {
    if (faccessat(directory, "modules.dep.bin", R_OK, 0) != 0) return errno;
    for (const char* name : {"modules.dep.bin", "modules.alias.bin", "modules.symbols.bin",
                             "modules.builtin.bin", "modules.builtin.alias.bin"}) {
        struct stat status {};
        const int flags = is_foreign ? AT_SYMLINK_NOFOLLOW : 0;
        if (fstatat(directory, name, &status, flags) == 0 && !S_ISREG(status.st_mode))
            return EINVAL;
    }
    return 0;
}

// A directory of a kernel that was removed may stay, with modules that others have built for it.
bool is_installed(int root, const std::string& directory) {
    return exists_inside(root, directory + "/modules.builtin") ||
           exists_inside(root, directory + "/kernel");
}

KernelFacts examine_kernel(const Context& context, const std::string& version) {
    KernelFacts kernel;
    kernel.version = version;
    const std::string directory = "lib/modules/" + version;
    Fd opened;
    kernel.error = open_inside(context.root_dir.get(), directory, O_PATH | O_DIRECTORY, opened);
    if (kernel.error == 0) kernel.error = look_at_indexes(opened.get(), !context.is_this_machine);
    if (kernel.error != 0) return kernel;
    kernel.error = find_modules("/proc/self/fd/" + std::to_string(opened.get()), kernel);
    if (kernel.error != 0) return kernel;
    // pacman's hook of mkinitcpio reads it too.
    const TextFile package = read_text_file(opened.get(), "pkgbase");
    kernel.package = package.text.substr(0, package.text.find('\n'));
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
