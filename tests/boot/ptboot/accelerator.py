# SPDX-License-Identifier: LGPL-2.1-or-later
"""KVM or TCG. /dev/kvm proves nothing: nested virtualization may be there and hang, at once or at
the first instruction that it does not know. So KVM has to boot what a guest boots, once; the answer
is kept for this machine until it boots anew, and until then TCG serves."""

from __future__ import annotations

import os

from .scenario import BARE, NATIVE, Scenario

DEVICE = "/dev/kvm"
UNTRIED = "kvm?"  # /dev/kvm is there, and no guest has been booted with it yet
TRIAL_SECONDS = 15  # by KVM such a guest takes two


def forced() -> str | None:
    """What the user asks for; then nothing else is tried."""
    return os.environ.get("PT_ACCEL")


def first_guess() -> str:
    """The accelerator as far as it is known without a guest."""
    return UNTRIED if os.access(DEVICE, os.R_OK | os.W_OK) else "tcg"


def trial(wanted: Scenario) -> Scenario:
    """The guest that KVM has to boot, where guests like `wanted` are going to be booted: a bare one,
    or, where the distribution's own kernel is booted, the same one."""
    if wanted.suite == NATIVE or wanted.kernel or wanted.initrd:
        return wanted
    return Scenario(suite="trixie", builder=BARE, stage="initramfs", hook=False,
                    timeout=TRIAL_SECONDS)
