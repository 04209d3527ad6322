// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/overrides.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <span>

#include "sys/file.h"

namespace pt::ctl {
namespace {

// A reading takes microseconds. The first wait is for machines that are busy; who has waited in
// vain once need not be as patient with the other functions of the same driver.
constexpr std::chrono::milliseconds kFirstWait{1000};
constexpr std::chrono::milliseconds kFurtherWait{200};

// As PciBus::read_override() does it, but for a file that waits, a FIFO in a test: it is waited
// for.
std::string read_override(int root, PciAddress address) {
    std::string path = "sys/bus/pci/devices/";
    put_address(path, address);
    path += "/driver_override";
    const Fd file(openat(root, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    char buffer[4096];
    const ssize_t length = file.is_open() ? read(file.get(), buffer, sizeof buffer) : 0;
    std::string text(buffer, length > 0 ? static_cast<std::size_t>(length) : 0);
    text.resize(std::min(text.size(), text.find_first_of(std::string_view("\n\0", 2))));
    return text == "(null)" ? std::string() : text;
}

[[noreturn]] void read_as_child(int root, std::span<const PciAddress> addresses, int output) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    // A pipe or a lock of who started us would last as long as it does.
    const auto [first, last] = std::minmax(root, output);
    unsigned next = 0;
    for (const int fd : {first, last}) {
        const auto kept = static_cast<unsigned>(fd);
        if (kept > next) (void)close_range(next, kept - 1, 0);  // Linux 5.9; else they stay
        next = kept + 1;
    }
    (void)close_range(next, ~0U, 0);
    for (const PciAddress address : addresses) {
        std::string driver = read_override(root, address);
        driver.push_back('\0');
        if (write(output, driver.data(), driver.size()) != static_cast<ssize_t>(driver.size()))
            _exit(1);
    }
    _exit(0);
}

// Whether something came, or the end of it, before the time is over.
bool has_input(int fd, std::chrono::milliseconds time) {
    pollfd input{fd, POLLIN, 0};
    int result = 0;
    do result = poll(&input, 1, static_cast<int>(time.count()));
    while (result < 0 && errno == EINTR);
    return result != 0;
}

// Where no child can be had; this may wait.
bool read_here(int root, const std::vector<PciAddress>& addresses, std::size_t& next,
               std::vector<Override>& overrides) {
    for (; next < addresses.size(); ++next)
        overrides[next].driver = read_override(root, addresses[next]);
    return true;
}

// Reads into `overrides` from `next` on, as far as one child gets. Returns whether that was all.
bool read_some(int root, const std::vector<PciAddress>& addresses, std::size_t& next,
               std::chrono::milliseconds wait, std::vector<Override>& overrides) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return read_here(root, addresses, next, overrides);
    const Fd input(ends[0]);
    Fd output(ends[1]);
    const pid_t child = fork();
    if (child < 0) return read_here(root, addresses, next, overrides);
    if (child == 0) read_as_child(root, std::span(addresses).subspan(next), output.get());
    output = Fd();
    while (has_input(input.get(), wait)) {
        char buffer[4096];
        const ssize_t length = read(input.get(), buffer, sizeof buffer);
        if (length < 0 && errno == EINTR) continue;
        if (length <= 0) {
            while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
            return next == addresses.size();  // or somebody has ended the child
        }
        for (const char c : std::string_view(buffer, static_cast<std::size_t>(length))) {
            if (next == overrides.size()) break;
            if (c == '\0')
                ++next;
            else
                overrides[next].driver.push_back(c);
        }
    }
    (void)kill(child, SIGKILL);  // which it may not obey before the lock is free
    return false;
}

}  // namespace

std::vector<Override> read_overrides(int root, const std::vector<PciAddress>& addresses) {
    std::vector<Override> overrides(addresses.size());
    std::chrono::milliseconds wait = kFirstWait;
    std::size_t next = 0;
    while (next < addresses.size() && !read_some(root, addresses, next, wait, overrides)) {
        if (next == addresses.size()) break;
        overrides[next] = {{}, true};
        ++next;
        wait = kFurtherWait;
    }
    return overrides;
}

}  // namespace pt::ctl
