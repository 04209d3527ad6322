// SPDX-License-Identifier: LGPL-2.1-or-later
// The order in which modules are inserted, and how modprobe is called. libkmod and execve() are
// stand-ins here, for the kernel takes no module from a test.
#include "sys/modules.h"

#include <libkmod.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <string>
#include <vector>

struct kmod_ctx {};
struct kmod_module {
    std::string name;
    std::vector<kmod_module*> needs;
    int state = -ENOENT;
    int error = 0;
};
struct kmod_list {
    kmod_module* module;
    kmod_list* next;
};

namespace {

kmod_ctx context;
std::map<std::string, kmod_module> known;
std::vector<std::string> inserted;

}  // namespace

extern "C" {

kmod_ctx* kmod_new(const char*, const char* const*) {
    return &context;
}
kmod_ctx* kmod_unref(kmod_ctx*) {
    return nullptr;
}
int kmod_module_new_from_name(kmod_ctx*, const char* name, kmod_module** module) {
    const auto found = known.find(name);
    if (found == known.end()) return -ENOENT;
    *module = &found->second;
    return 0;
}
kmod_module* kmod_module_unref(kmod_module*) {
    return nullptr;
}
int kmod_module_get_initstate(const kmod_module* module) {
    return module->state;
}
kmod_list* kmod_module_get_dependencies(const kmod_module* module) {
    kmod_list* list = nullptr;
    for (auto it = module->needs.rbegin(); it != module->needs.rend(); ++it)
        list = new kmod_list{*it, list};
    return list;
}
kmod_list* kmod_list_next(const kmod_list*, const kmod_list* item) {
    return item->next;
}
kmod_module* kmod_module_get_module(const kmod_list* item) {
    return item->module;
}
int kmod_module_unref_list(kmod_list* list) {
    while (list != nullptr) {
        kmod_list* const next = list->next;
        delete list;
        list = next;
    }
    return 0;
}
const char* kmod_module_get_options(const kmod_module*) {
    return "";
}
int kmod_module_insert_module(kmod_module* module, unsigned, const char*) {
    inserted.push_back(module->name);
    return module->error;
}

// In the place of modprobe: its status says whether it is called as it has to be.
int execve(const char* path, char* const arguments[], char* const environment[]) {
    if (std::strcmp(path, "/sbin/modprobe") != 0)
        return static_cast<int>(syscall(SYS_execve, path, arguments, environment));
    int signal_at_death = 0;
    (void)prctl(PR_GET_PDEATHSIG, &signal_at_death);
    const bool is_bare = std::strncmp(environment[0], "PATH=", 5) == 0 && environment[1] == nullptr;
    const bool is_module = std::strcmp(arguments[1], "packed") == 0 && arguments[2] == nullptr;
    _exit(signal_at_death == SIGKILL && is_bare && is_module ? 0 : 1);
}

}  // extern "C"

namespace {

using Names = std::vector<std::string>;

int load(const char* name) {
    inserted.clear();
    return pt::Modules().load(name);
}

void know(const char* name, const Names& needs, int state = -ENOENT, int error = 0) {
    kmod_module& module = known[name];
    module = {name, {}, state, error};
    for (const std::string& need : needs) module.needs.push_back(&known.at(need));
}

TEST_CASE("a module is inserted behind all that it depends on", "[modules]") {
    known.clear();
    know("iommufd", {});
    know("vfio", {});
    know("vfio_pci_core", {});
    know("vfio-pci", {"iommufd", "vfio", "vfio_pci_core"});
    CHECK(load("vfio-pci") == 0);
    CHECK(inserted == Names{"iommufd", "vfio", "vfio_pci_core", "vfio-pci"});
    CHECK(load("nothing") == ENOENT);
    CHECK(inserted.empty());
}

TEST_CASE("what is there already is no error, and another one ends it", "[modules]") {
    known.clear();
    know("vfio", {}, -ENOENT, -EEXIST);
    know("vfio-pci", {"vfio"});
    CHECK(load("vfio-pci") == 0);
    CHECK(inserted == Names{"vfio", "vfio-pci"});
    know("vfio", {}, -ENOENT, -EPERM);
    CHECK(load("vfio-pci") == EPERM);
    CHECK(inserted == Names{"vfio"});
    for (const int state : {int{KMOD_MODULE_LIVE}, int{KMOD_MODULE_BUILTIN}}) {
        know("vfio-pci", {"vfio"}, state);
        CHECK(load("vfio-pci") == 0);
        CHECK(inserted.empty());
    }
}

TEST_CASE("modprobe loads what libkmod cannot, and dies with the step", "[modules]") {
    known.clear();
    know("packed", {}, -ENOENT, -ENOSYS);
    CHECK(load("packed") == 0);
    know("other", {}, -ENOENT, -ENOSYS);  // the stand-in fails
    CHECK(load("other") == ENOSYS);
}

}  // namespace
