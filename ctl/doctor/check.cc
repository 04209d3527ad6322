// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/doctor/check.h"

#include <algorithm>
#include <array>

#include "ctl/context.h"

namespace pt::ctl {
namespace {

constexpr bool kEssential = true;

constexpr std::array kChecks = {
    Check{"cpu", "CPU virtualisation", !kEssential, check_cpu},
    Check{"kvm", "KVM", !kEssential, check_kvm},
    Check{"iommu", "IOMMU", kEssential, check_iommu},
    Check{"interrupts", "Interrupt remapping", !kEssential, check_interrupts},
    Check{"words", "Devices asked for", kEssential, check_words},
    Check{"groups", "IOMMU groups", !kEssential, check_groups},
    Check{"framebuffer", "Framebuffer", !kEssential, check_framebuffer},
    Check{"modules", "Kernel modules", kEssential, check_modules},
    Check{"images", "Initramfs images", kEssential, check_images},
    Check{"conf", "Words in the images", !kEssential, check_conf},
    Check{"pending", "Boot loader", !kEssential, check_pending},
    Check{"secure-boot", "Secure Boot", !kEssential, check_secure_boot},
    Check{"leftovers", "Older set-ups", !kEssential, check_leftovers},
    Check{"boot", "This boot", !kEssential, check_boot},
};

}  // namespace

std::string_view name_of(State state) {
    switch (state) {
        case State::kOk:
            return "ok";
        case State::kNote:
            return "note";
        case State::kWarning:
            return "warning";
        case State::kFailed:
            return "failed";
        case State::kUnknown:
            break;
    }
    return "unknown";
}

std::span<const Check> all_checks() {
    return kChecks;
}

int exit_code_of(std::span<const Finding> findings) {
    const auto is_failed = [](const Finding& finding) { return finding.state == State::kFailed; };
    if (std::any_of(findings.begin(), findings.end(), is_failed)) return kExitBad;
    for (std::size_t i = 0; i < findings.size() && i < kChecks.size(); ++i)
        if (findings[i].state == State::kUnknown && kChecks[i].is_essential) return kExitCannotTell;
    return kExitGood;
}

}  // namespace pt::ctl
