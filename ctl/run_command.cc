// SPDX-License-Identifier: LGPL-2.1-or-later
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <tuple>

#include "ctl/change.h"

namespace pt::ctl {
namespace {

// An ordinary user's search path, and that of `su` without `-`, lack the directories of programs
// like update-grub.
void complete_path() {
    const char* path = std::getenv("PATH");
    const std::string complete =
        std::string(path == nullptr ? "/usr/bin:/bin" : path) + ":/usr/local/sbin:/usr/sbin:/sbin";
    (void)setenv("PATH", complete.c_str(), 1);  // fails for want of memory only
}

constexpr int kInterrupts[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE};

void do_nothing(int) {}

}  // namespace

Uninterrupted::Uninterrupted() {
    static_assert(std::size(kInterrupts) == std::tuple_size_v<decltype(old_)>);
    // A handler, for a command that is started has the default in its place; what is ignored stays
    // ignored (nohup).
    struct sigaction action {};
    action.sa_handler = do_nothing;
    action.sa_flags = SA_RESTART;
    for (std::size_t i = 0; i < old_.size(); ++i)
        if (sigaction(kInterrupts[i], nullptr, &old_[i]) == 0 && old_[i].sa_handler == SIG_DFL)
            (void)sigaction(kInterrupts[i], &action, nullptr);  // fails for wrong numbers only
}

Uninterrupted::~Uninterrupted() {
    for (std::size_t i = 0; i < old_.size(); ++i)
        (void)sigaction(kInterrupts[i], &old_[i], nullptr);
}

std::string run_command(const Command& command) {
    complete_path();
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    // Standard output is for what ptctl itself says, which may be JSON.
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    pid_t child = 0;
    const int error =
        posix_spawnp(&child, arguments.front(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) return std::string("cannot be started: ") + std::strerror(error);

    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return std::string("cannot be waited for: ") + std::strerror(errno);
    if (WIFSIGNALED(status))
        return std::string("was ended by a signal: ") + strsignal(WTERMSIG(status));
    if (WEXITSTATUS(status) != 0) return "ended with status " + std::to_string(WEXITSTATUS(status));
    return {};
}

}  // namespace pt::ctl
