// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <libkmod.h>

#include <memory>

namespace pt::ctl {

using KmodContext = std::unique_ptr<kmod_ctx, kmod_ctx* (*)(kmod_ctx*)>;

// kmod_new() of which nothing gets to standard error: what it says there may have bytes of the
// files that it reads. Null for want of memory.
[[nodiscard]] KmodContext quiet_kmod(const char* directory, const char* const* configuration);

}  // namespace pt::ctl
