# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154 # the runner has work
# The boot scripts of all frameworks, with stand-ins for the program and for what they call in an
# image, under every shell that may run them. Sourced by tests/package/run.

# Every shell that may run the boot script: dash in the tests, busybox or klibc in images.
shells=(sh)
for shell in dash "busybox sh" /usr/lib/klibc/bin/sh; do
    if command -v "${shell%% *}" >/dev/null; then
        shells+=("$shell")
    else
        skip "boot scripts under $shell" "not installed"
    fi
done

boot_scripts=(initramfs-tools/scripts/init-top/pt-hook dracut/50pt-hook/pt-hook.sh
    mkinitcpio/hooks/pt-hook)

# wherever FUNCTION ARGUMENT...: for each boot script and each shell, what the function finds wrong.
# It reads $script and $shell. Words for `nothing`.
wherever() {
    local script shell wrong
    for script in "${scripts[@]}"; do
        for shell in "${shells[@]}"; do
            wrong=$("$@" 2>&1) || wrong+=${wrong:+$'\n'}"status $?"
            [ -z "$wrong" ] || printf '%s, %s:\n%s\n' "$script" "$shell" "$wrong"
        done
    done
}

# shellcheck disable=SC2086 # a shell can be two words
is_read() { $shell -n "$script"; }
# shellcheck disable=SC2086
names_no_prerequisites() { $shell "$script" prereqs; }

scripts_are_valid() {
    local scripts=(initramfs-tools/hooks/pt-hook initramfs-tools/scripts/init-top/pt-hook)
    check "initramfs-tools: hook and boot script are executable" test -x "${scripts[0]}" -a -x \
        "${scripts[1]}"
    nothing "every shell can read them" wherever is_read
    nothing "asked for prerequisites they name none" wherever names_no_prerequisites
}

# How each framework runs its boot script, with stand-ins for what it calls there.
init_of() { # SCRIPT
    case $1 in
        initramfs-tools/*) echo "sh '$work/script' || exit" ;;
        dracut/*) cat <<END ;;
emergency_shell() { echo "shell \$*"; }
hookdir=$work/hooks
. '$work/script'
for hook in '$work'/hooks/pre-mount/*.sh; do
    [ ! -e "\$hook" ] || . "\$hook"
done
END
        mkinitcpio/*) cat <<END ;;
run_hookfunctions() { :; }
modprobe() { :; }
launch_interactive_shell() { echo shell; }
. '$work/script'
run_earlyhook
END
    esac
}

# $script under $shell with a stand-in for the program; what it logs and shows, and how init goes on.
boot() { # STAND-IN
    local status=0
    : >"$work/kmsg"
    rm -rf "$work/pt-hook" "$work/hooks" "$work/screen"
    mkdir -p "$work/hooks/pre-mount"
    [ -z "$1" ] || { printf '#!/bin/sh\n%s\n' "$1" >"$work/pt-hook" && chmod +x "$work/pt-hook"; }
    sed "s|/usr/lib/pt-hook/pt-hook|$work/pt-hook|; s|/dev/kmsg|$work/kmsg|
        s|/dev/console|$work/screen|; s|/scripts/functions|$work/functions|" "$script" >"$work/script"
    # shellcheck disable=SC2016 # for the stand-in
    printf 'maybe_break() { [ "$break" = "$1" ] && echo "shell at $1"; }\n' >"$work/functions"
    { init_of "$script" && echo 'echo init goes on'; } | sed "s|^sh |$shell |" >"$work/init"
    # shellcheck disable=SC2086 # a shell can be two words
    $shell "$work/init" >"$work/console" 2>&1 || status=$?
    printf 'status %s\n' "$status"
    cat "$work/kmsg" "$work/console"
    [ ! -e "$work/screen" ] || cat "$work/screen"
}

passes_over_in_silence() {
    local code
    for code in 0 1 2; do
        diff <(printf 'status 0\ninit goes on\n') <(boot "exit $code")
    done
}

# The pattern is a line of what is seen, each time that the program comes to such an end.
says_after() { # PATTERN STAND-IN...
    local pattern=$1 end seen
    shift
    for end in "$@"; do
        seen=$(boot "$end")
        grep -Eq -e "$pattern" <<<"$seen" || printf '%s\n' "after '$end' no line has: $pattern" "$seen"
    done
}

# shellcheck disable=SC2016 # for the stand-in
killed=('kill -SEGV $$' 'kill -KILL $$' 'kill -ABRT $$')

boot_goes_on() {
    local scripts=("${boot_scripts[@]}")
    nothing "the exit codes 0, 1 and 2 of the program are passed over in silence" \
        wherever passes_over_in_silence
    nothing "its death by a signal is logged" \
        wherever says_after '^<3>pt-hook: ended with status 1[0-9][0-9] ' "${killed[@]}"
    nothing "a missing program is logged" wherever says_after '^<3>pt-hook: ended with status 127 ' ''
    nothing "and the boot goes on" wherever says_after '^init goes on$' "${killed[@]}" ''
}

is_no_crash() { ! boot "exit 3" | grep 'ended with status'; }

boot_stops() {
    local scripts=("${boot_scripts[@]}")
    nothing "exit code 3 says that the boot stops" \
        wherever says_after 'pt-hook: not all .* pt\.on_error=stop' 'exit 3'
    nothing "and opens a shell" wherever says_after '^shell' 'exit 3'
    nothing "which is no crash" wherever is_no_crash
    nothing "leaving the shell lets the boot go on" wherever says_after '^init goes on$' 'exit 3'
    scripts=("${boot_scripts[0]}")
    nothing "the shell of initramfs-tools is that of a machine without udev" \
        wherever says_after '^shell at top$' 'exit 3'
}

# What dracut is told when it asks whether the module is to be in an image, 0 for yes.
dracut_asks() { # VARIABLE=VALUE...
    # shellcheck disable=SC2016 # for the other shell
    env -u IN_KDUMP -u mount_needs "$@" bash -c '. "$1"; check; echo $?' bash \
        dracut/50pt-hook/module-setup.sh 2>&1
}

dracut_is_answered() {
    same "dracut: the module is in every image" 0 "$(dracut_asks)"
    same "dracut: but not in those for kdump" 1 "$(dracut_asks IN_KDUMP=1)"
    same "dracut: nor is it needed for file systems" 1 "$(dracut_asks mount_needs=1)"
}
