// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hook/supervisor.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <new>
#include <string>

#include "sys/clock.h"

namespace {

// Where the child is when it is killed, for a test that wants the worst moment. The child sees the
// same memory.
struct Moment {
    std::atomic<bool> is_to_be_killed{false};
    std::atomic<int> second_step_began{0};
};
Moment* moment = nullptr;

}  // namespace

// The supervisor's: with a Moment the child may go on to its next step before it dies.
extern "C" int kill(pid_t process, int number) noexcept {
    if (moment != nullptr && number == SIGKILL) {
        moment->is_to_be_killed = true;
        for (int i = 0; i < 2000 && moment->second_step_began == 0; ++i) pt::sleep_us(1000);
    }
    return static_cast<int>(syscall(SYS_kill, process, number));
}

namespace {

using namespace pt;
using State = StepResult::State;

// Each letter is a step: d does its work, f fails, h hangs, c crashes, s is slow (30 ms), p tells
// what it sees of the step before it.
StepResult run_letter(void* context, std::size_t index, const StepResult* results) {
    const std::string& letters = *static_cast<const std::string*>(context);
    switch (letters[index]) {
        case 'h':
            for (;;) pause();
        case 'c':
            (void)raise(SIGKILL);
            break;
        case 's':
            sleep_us(30'000);
            break;
        case 'f':
            return {State::kFailed, EIO, 0};
        case 'p':
            return {results[index - 1].state, results[index - 1].error, 1};
        default:
            break;
    }
    return {State::kDone, 0, 0};
}

std::string states(std::string letters, const Supervision& limits) {
    std::string text;
    for (const StepResult& result : run_supervised(letters.size(), limits, run_letter, &letters)) {
        switch (result.state) {
            case State::kDone:
                text += 'd';
                break;
            case State::kFailed:
                text += result.error == EIO ? 'f' : '?';
                break;
            case State::kHung:
                text += 'h';
                break;
            case State::kCrashed:
                text += 'c';
                break;
            case State::kNotReached:
                text += '-';
                break;
            default:
                text += '?';
        }
    }
    return text;
}

TEST_CASE("a step that fails, hangs or crashes costs no other step", "[supervisor]") {
    const Supervision limits{100, 2000};
    CHECK(states("", limits) == "");
    CHECK(states("ddd", limits) == "ddd");
    CHECK(states("dfd", limits) == "dfd");
    CHECK(states("dhd", limits) == "dhd");
    CHECK(states("dcd", limits) == "dcd");
    CHECK(states("hch", limits) == "hch");
    CHECK(states("c", limits) == "c");
}

TEST_CASE("a step sees what became of those before it, in whichever process", "[supervisor]") {
    const Supervision limits{100, 2000};
    CHECK(states("fp", limits) == "ff");
    CHECK(states("hp", limits) == "hh");
    CHECK(states("cp", limits) == "cc");
}

TEST_CASE("the deadline ends the run wherever it is", "[supervisor]") {
    const std::uint64_t begin = now_us();
    const std::string result = states("d" + std::string(200, 'h') + "d", {100, 250});
    CHECK(now_us() - begin < 1'500'000);
    CHECK(result.starts_with("dhh"));
    CHECK(result.ends_with("---"));
    CHECK(result.find_first_not_of('h', 1) == result.find('-'));
    CHECK(result.find_first_not_of('-', result.find('-')) == std::string::npos);
}

TEST_CASE("steps that hang leave time for the next one, however long they may", "[supervisor]") {
    CHECK(states("hhhd", {5000, 1000}) == "hhhd");
}

TEST_CASE("many steps that are slow together, but none alone, are let be", "[supervisor]") {
    CHECK(states("ssssss", {120, 5000}) == "dddddd");
}

TEST_CASE("a signal mask or handler that was inherited does no harm", "[supervisor]") {
    (void)signal(SIGCHLD, SIG_IGN);
    CHECK(states("dcd", {100, 2000}) == "dcd");
    (void)signal(SIGCHLD, SIG_DFL);
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    CHECK(states("dhd", {100, 2000}) == "dhd");
    sigprocmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE("a step that began when the child was killed is done again, and not called hung",
          "[supervisor]") {
    void* const memory =
        mmap(nullptr, sizeof(Moment), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    moment = new (memory) Moment;
    // The first step is too slow, but ends before the signal comes; the second hangs once.
    const auto run = [](void*, std::size_t index, const StepResult*) -> StepResult {
        while (index == 0 && !moment->is_to_be_killed) sleep_us(1000);
        if (index == 1 && moment->second_step_began++ == 0)
            for (;;) pause();
        return {State::kDone, 0, 0};
    };
    const std::vector<StepResult> results = run_supervised(3, {300, 5000}, run, nullptr);
    CHECK(moment->second_step_began == 2);
    for (const StepResult& result : results) CHECK(result.state == State::kDone);
    moment = nullptr;
    (void)munmap(memory, sizeof(Moment));
}

}  // namespace
