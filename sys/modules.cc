// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sys/modules.h"

#include <libkmod.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace pt {
namespace {

// Called for a dependency that has an "install" line: loads it as if there were none.
int insert_plainly(kmod_module* module, const char*, void*) {
    return kmod_module_insert_module(module, 0, kmod_module_get_options(module));
}

// Lets the modprobe of the initramfs load what libkmod cannot: a compressed module on a kernel
// that does not decompress modules itself. Its environment is empty, since the initramfs of Debian
// exports MODPROBE_OPTIONS=-qb.
int run_modprobe(const char* name) {
    char program[] = "/sbin/modprobe";
    char* const arguments[] = {program, const_cast<char*>(name), nullptr};
    char path[] = "PATH=/sbin:/usr/sbin:/bin:/usr/bin";
    char* const environment[] = {path, nullptr};
    const pid_t pid = fork();
    if (pid < 0) return errno;
    if (pid == 0) {
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
    if (error == 0)
        error = kmod_module_probe_insert_module(module, KMOD_PROBE_IGNORE_COMMAND, nullptr,
                                                insert_plainly, nullptr, nullptr);
    kmod_module_unref(module);
    if (error == -ENOSYS) return run_modprobe(name);
    return error < 0 ? -error : 0;
}

}  // namespace pt
