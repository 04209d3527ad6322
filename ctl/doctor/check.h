// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/doctor/facts.h"

namespace pt::ctl {

// What a check has come to, from good to bad, and then what it could not come to.
enum class State : std::uint8_t {
    kOk,
    kNote,     // good, and something is worth knowing
    kWarning,  // it works, or may work; something is better changed
    kFailed,   // a card cannot be handed over like this
    kUnknown,  // it cannot be told, for what would have to be read cannot be
};

// The names for JSON and for people: "ok", "note", "warning", "failed", "unknown".
[[nodiscard]] std::string_view name_of(State state);

struct Finding {
    State state = State::kOk;
    std::string text;                    // one line: what was found, and why it is so
    std::vector<std::string> details{};  // a line each, about one image, kernel, file or device
    std::vector<std::string> fixes{};    // commands to paste, in their order

    bool operator==(const Finding&) const = default;
};

// A link of the chain. `judge` is pure: all that it knows is in the facts.
struct Check {
    std::string_view name;   // for programs: "iommu"
    std::string_view title;  // for people: "IOMMU"
    bool is_essential;       // not being able to tell is worth an exit code
    Finding (*judge)(const Facts& facts);
};

// All checks, in the order of the chain.
[[nodiscard]] std::span<const Check> all_checks();

// The checks themselves. Those of the machine,
[[nodiscard]] Finding check_cpu(const Facts& facts);
[[nodiscard]] Finding check_kvm(const Facts& facts);
[[nodiscard]] Finding check_iommu(const Facts& facts);
[[nodiscard]] Finding check_interrupts(const Facts& facts);
// of what is asked for,
[[nodiscard]] Finding check_words(const Facts& facts);
[[nodiscard]] Finding check_groups(const Facts& facts);
[[nodiscard]] Finding check_framebuffer(const Facts& facts);
[[nodiscard]] Finding check_pending(const Facts& facts);
[[nodiscard]] Finding check_boot(const Facts& facts);
// of what has to be there at boot,
[[nodiscard]] Finding check_modules(const Facts& facts);
[[nodiscard]] Finding check_images(const Facts& facts);
[[nodiscard]] Finding check_conf(const Facts& facts);
[[nodiscard]] Finding check_secure_boot(const Facts& facts);
// and of what should not be there.
[[nodiscard]] Finding check_leftovers(const Facts& facts);

// How the copies of /etc/pt-hook.conf in the images compare with the file.
struct ConfCopies {
    std::size_t seen = 0;                     // images that can be read and have pt-hook
    std::vector<const ImageFacts*> outdated;  // those that say something else
    bool is_next_outdated = false;            // the image that is likely to be booted next is one
};
[[nodiscard]] ConfCopies compare_conf(const Facts& facts);

// The exit code of `ptctl doctor`: 1 if a check failed, else 4 if an essential one cannot be told,
// else 0.
[[nodiscard]] int exit_code_of(std::span<const Finding> findings);

}  // namespace pt::ctl
