// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hook/supervisor.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <new>

#include "sys/clock.h"

namespace pt {
namespace {

// How long a killed child is waited for. One that sleeps in the kernel does not die at all.
constexpr std::uint64_t kReapUs = 50'000;

// What the child tells its supervisor as it goes; the results follow it in the same memory.
struct Progress {
    std::atomic<std::size_t> step{0};        // that is being done
    std::atomic<std::uint64_t> since_us{0};  // when it began
};

// Memory that parent and child share.
class SharedResults {
  public:
    explicit SharedResults(std::size_t count)
        : size_(sizeof(Progress) + count * sizeof(StepResult)), count_(count) {
        memory_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory_ == MAP_FAILED) return;
        progress_ = new (memory_) Progress;
        for (std::size_t i = 0; i < count; ++i) new (&result(i)) StepResult;
    }
    SharedResults(const SharedResults&) = delete;
    SharedResults& operator=(const SharedResults&) = delete;
    ~SharedResults() {
        if (memory_ != MAP_FAILED) munmap(memory_, size_);
    }

    [[nodiscard]] bool is_valid() const { return progress_ != nullptr; }
    [[nodiscard]] Progress& progress() const { return *progress_; }
    [[nodiscard]] StepResult& result(std::size_t index) const {
        return reinterpret_cast<StepResult*>(progress_ + 1)[index];
    }
    [[nodiscard]] std::vector<StepResult> copy() const { return {&result(0), &result(0) + count_}; }

  private:
    std::size_t size_;
    std::size_t count_;
    void* memory_ = MAP_FAILED;
    Progress* progress_ = nullptr;
};

class Supervisor {
  public:
    Supervisor(std::size_t count, const Supervision& limits, RunStep run, void* context)
        : shared_(count),
          count_(count),
          step_limit_us_(std::uint64_t{limits.step_limit_ms} * 1000),
          deadline_us_(now_us() + std::uint64_t{limits.total_limit_ms} * 1000),
          run_(run),
          context_(context) {}

    std::vector<StepResult> run_all() {
        if (!shared_.is_valid()) {
            be_ended_at_deadline();
            return run_unwatched();
        }
        SignalGuard guard;
        std::size_t next = 0;
        while (next < count_ && now_us() < deadline_us_) {
            shared_.progress().step = next;
            shared_.progress().since_us = now_us();
            const pid_t child = _Fork();  // there are no other threads to be careful of
            if (child < 0) {
                be_ended_at_deadline();
                run_from(next);
                break;
            }
            if (child == 0) {
                guard.restore();
                run_from(next);
                _exit(0);
            }
            next = watch(child);
        }
        return shared_.copy();
    }

  private:
    // SIGCHLD is to be waited for, so it must be neither delivered nor ignored.
    class SignalGuard {
      public:
        SignalGuard() {
            sigemptyset(&child_signal_);
            sigaddset(&child_signal_, SIGCHLD);
            (void)signal(SIGCHLD, SIG_DFL);
            (void)sigprocmask(SIG_BLOCK, &child_signal_, &before_);
        }
        SignalGuard(const SignalGuard&) = delete;
        SignalGuard& operator=(const SignalGuard&) = delete;
        ~SignalGuard() { restore(); }
        void restore() const { (void)sigprocmask(SIG_SETMASK, &before_, nullptr); }

      private:
        sigset_t child_signal_{};
        sigset_t before_{};
    };

    // Without shared memory or a child the work is still worth doing, though nobody watches: then a
    // step that hangs is the end of the program, which the boot survives.
    void be_ended_at_deadline() const {
        const std::uint64_t now = now_us();
        const std::uint64_t left = deadline_us_ > now ? deadline_us_ - now : 0;
        (void)alarm(static_cast<unsigned>(left / 1'000'000) + 1);
    }

    std::vector<StepResult> run_unwatched() {
        std::vector<StepResult> results;
        for (std::size_t i = 0; i < count_; ++i)
            results.push_back(run_(context_, i, results.data()));
        return results;
    }

    void run_from(std::size_t next) {
        for (std::size_t i = next; i < count_; ++i) {
            shared_.progress().since_us = now_us();
            shared_.progress().step = i;
            shared_.result(i) = run_(context_, i, &shared_.result(0));
        }
    }

    // Waits until the child is done or has to be given up; returns the step to go on with.
    std::size_t watch(pid_t child) {
        for (;;) {
            const std::uint64_t now = now_us();
            const std::uint64_t limit = step_end();
            if (now >= limit) return abandon(child);
            if (wait_until_dead(child, limit - now)) return after_death();
        }
    }

    // When the step that is being done has to be over. It may use half of the time that is left, so
    // that however many hang there is some for the next one.
    std::uint64_t step_end() const {
        const std::uint64_t since = shared_.progress().since_us;
        const std::uint64_t left = deadline_us_ > since ? deadline_us_ - since : 0;
        return since + std::min(step_limit_us_, left / 2);
    }

    // Waits for the child's death for at most this time; returns whether it came.
    static bool wait_until_dead(pid_t child, std::uint64_t microseconds) {
        sigset_t child_signal;
        sigemptyset(&child_signal);
        sigaddset(&child_signal, SIGCHLD);
        const timespec time{static_cast<time_t>(microseconds / 1'000'000),
                            static_cast<long>(microseconds % 1'000'000) * 1000};
        // The signal may be an older child's, or may have come before: only waitpid() tells.
        if (is_dead(child)) return true;
        (void)sigtimedwait(&child_signal, nullptr, &time);
        return is_dead(child);
    }

    // No child: whoever started this process ignores SIGCHLD, and the kernel has reaped it. Another
    // error says nothing of the child.
    static bool is_dead(pid_t child) {
        const pid_t dead = waitpid(child, nullptr, WNOHANG);
        return dead == child || (dead < 0 && errno == ECHILD);
    }

    std::size_t after_death() {
        const std::size_t step = shared_.progress().step;
        StepResult& result = shared_.result(step);
        if (result.state == StepResult::State::kNotReached)
            result.state = StepResult::State::kCrashed;
        return step + 1;
    }

    std::size_t abandon(pid_t child) {
        (void)kill(child, SIGKILL);
        (void)wait_until_dead(child, kReapUs);
        const std::size_t step = shared_.progress().step;
        StepResult& result = shared_.result(step);
        if (result.state != StepResult::State::kNotReached) return step + 1;
        const std::uint64_t since = shared_.progress().since_us;
        const std::uint64_t now = now_us();
        // The child may have come to its next step just before it was killed: that one has not
        // hung, and is done again, as each step can be.
        if (now < step_end()) return step;
        result.state = StepResult::State::kHung;
        result.microseconds = static_cast<std::uint32_t>(now - since);
        return step + 1;
    }

    SharedResults shared_;
    std::size_t count_;
    std::uint64_t step_limit_us_;
    std::uint64_t deadline_us_;
    RunStep run_;
    void* context_;
};

}  // namespace

std::vector<StepResult> run_supervised(std::size_t count, const Supervision& supervision,
                                       RunStep run, void* context) {
    if (count == 0) return {};
    return Supervisor(count, supervision, run, context).run_all();
}

}  // namespace pt
