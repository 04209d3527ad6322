// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sys/modules.h"

#include <fcntl.h>
#include <libkmod.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sys/file.h"

namespace pt {
namespace {

// Inserts one module with the parameters that modprobe.d and the kernel command line give it; one
// that is there already, or built in, is fine.
int insert(kmod_module* module) {
    const int error = kmod_module_insert_module(module, 0, kmod_module_get_options(module));
    return error == -EEXIST ? 0 : error;
}

// Inserts a module behind those it depends on. Neither "install" lines nor softdeps are followed.
int insert_with_dependencies(kmod_module* module) {
    const int state = kmod_module_get_initstate(module);
    if (state == KMOD_MODULE_LIVE || state == KMOD_MODULE_BUILTIN) return 0;
    // The list begins with what the others depend on.
    kmod_list* const needed = kmod_module_get_dependencies(module);
    int error = 0;
    for (const kmod_list* item = needed; item != nullptr && error == 0;
         item = kmod_list_next(needed, item)) {
        kmod_module* dependency = kmod_module_get_module(item);
        error = insert(dependency);
        kmod_module_unref(dependency);
    }
    kmod_module_unref_list(needed);
    return error != 0 ? error : insert(module);
}

// Lets the modprobe of the initramfs load what libkmod cannot: a compressed module on a kernel
// that does not decompress modules itself. Its environment is empty, since the initramfs of Debian
// exports MODPROBE_OPTIONS=-qb.
int run_modprobe(const char* name) {
    char program[] = "/sbin/modprobe";
    char* const arguments[] = {program, const_cast<char*>(name), nullptr};
    char path[] = "PATH=/sbin:/usr/sbin:/bin:/usr/bin";
    char* const environment[] = {path, nullptr};
    const pid_t pid = _Fork();
    if (pid < 0) return errno;
    if (pid == 0) {
        (void)signal(SIGPIPE, SIG_DFL);
        // When this step is given up, a module must not come after the report.
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        execve(program, arguments, environment);
        _exit(127);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return errno;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : ENOSYS;
}

}  // namespace

Modules::~Modules() {
    kmod_unref(context_);
}

int Modules::load(const char* name) {
    if (context_ == nullptr) context_ = kmod_new(nullptr, nullptr);
    if (context_ == nullptr) return ENOMEM;

    kmod_module* module = nullptr;
    int error = kmod_module_new_from_name(context_, name, &module);
    if (error == 0) error = insert_with_dependencies(module);
    kmod_module_unref(module);
    if (error == -ENOSYS) return run_modprobe(name);
    return error < 0 ? -error : 0;
}

int show_aliases(int root, std::vector<VariantFinder>& finders) {
    utsname kernel{};
    (void)uname(&kernel);  // it fails for a bad address only
    std::string path("lib/modules/");
    path += kernel.release;
    path += "/modules.alias";
    Fd file(openat(root, path.c_str(), O_RDONLY | O_CLOEXEC));
    // The images of mkinitcpio lose that file; its part of this is put there beside the program.
    if (!file.is_open() && errno == ENOENT)
        file = Fd(openat(root, "usr/lib/pt-hook/modules.alias", O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) return errno;

    // The file of a full installation has more than a megabyte, so it is not read whole.
    char buffer[4096];
    std::size_t filled = 0;
    for (;;) {
        const ssize_t length = read(file.get(), buffer + filled, sizeof buffer - filled);
        if (length < 0) return errno;
        filled += static_cast<std::size_t>(length);
        std::string_view rest(buffer, filled);
        for (std::size_t end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
            for (VariantFinder& finder : finders) finder.see_line(rest.substr(0, end));
            rest.remove_prefix(end + 1);
        }
        // What does not fit whole into the buffer is no alias of a PCI device.
        filled = rest.size() == sizeof buffer ? 0 : rest.size();
        std::memmove(buffer, rest.data(), filled);
        if (length == 0) return 0;
    }
}

std::string registered_driver(int root, const std::string& module) {
    constexpr std::string_view kBus = "pci:";
    std::string path("sys/module/");
    for (char c : module) path.push_back(c == '-' ? '_' : c);
    path += "/drivers";
    std::vector<std::string> names;
    (void)list_directory(root, path.c_str(), names);
    for (const std::string& name : names)
        if (name.starts_with(kBus)) return name.substr(kBus.size());
    return {};
}

}  // namespace pt
