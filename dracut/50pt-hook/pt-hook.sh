#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# First hook of dracut's command line stage, for images without systemd; sourced by process 1, so it
# never exits. rd.driver.pre loads drivers in the hooks of the same stage, behind this one.

/usr/lib/pt-hook/pt-hook
pt_hook_status=$?

# 0 to 3 are its own exit codes and it has said why; more is a crash or a missing file.
if [ "$pt_hook_status" -gt 3 ]; then
    echo "<3>pt-hook: ended with status $pt_hook_status before its work was done; the boot goes on" \
        >/dev/kmsg
elif [ "$pt_hook_status" = 3 ]; then
    # The stop comes before the root file system is mounted: by then udev has loaded the drivers
    # of keyboards.
    # shellcheck disable=SC2154 # hookdir is dracut's
    cat >"$hookdir/pre-mount/00-pt-hook-stop.sh" <<'END'
emergency_shell -n pt-hook "pt-hook: not all that was asked for is done, and pt.on_error=stop" \
    "stops the boot here; dmesg says what and why, and leaving the shell lets the boot go on"
END
fi
unset pt_hook_status
