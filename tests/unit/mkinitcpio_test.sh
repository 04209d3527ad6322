#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the package does to the HOOKS of mkinitcpio, without mkinitcpio: the place of pt-hook, the
# drop-in, and what pacman's hooks warn of.

set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/checks.sh
. "$top/tests/checks.sh"
# shellcheck source=mkinitcpio/place.sh
. "$top/mkinitcpio/place.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/pt-mkinitcpio.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The program below a root, with its two files where the package puts them. The drop-in is the only
# one that names a path of the running system.
root=$work/root
config=$root/etc/mkinitcpio.conf
drop_ins=$config.d
presets=$root/etc/mkinitcpio.d
mkdir -p "$root/usr/lib/pt-hook" "$drop_ins" "$presets"
cp "$top/mkinitcpio/place.sh" "$root/usr/lib/pt-hook/mkinitcpio-place.sh"
sed "s|/usr/lib/pt-hook|$root&|" "$top/mkinitcpio/zz-pt-hook.conf" >"$work/drop-in"

# What mkinitcpio has in HOOKS after a configuration and the drop-in, with "|" between the words.
# It makes one file of them, and takes a line of words for a list.
hooks_after() { # TEXT
    printf '%s' "$1" | cat - "$work/drop-in" >"$work/config"
    # shellcheck disable=SC2016 # for the other shell
    bash -c '
        . "$1" || echo "status $?"
        [[ ${HOOKS@a} = *a* ]] || IFS=" " read -r -a HOOKS <<<"$HOOKS"
        IFS="|"
        echo "${HOOKS[*]}"' bash "$work/config" 2>&1
}

# Configuration => HOOKS, "\n" for the end of a line.
configurations() {
    cat <<'END'
HOOKS=(base udev autodetect kms block)\n => base|pt-hook|udev|autodetect|kms|block
HOOKS=(base systemd autodetect kms)\n => base|systemd|pt-hook|autodetect|kms
HOOKS=(systemd)\n => systemd|pt-hook
HOOKS=(base)\n => base|pt-hook
HOOKS=(base plymouth udev)\n => base|pt-hook|plymouth|udev
HOOKS=(plymouth udev base)\n => plymouth|pt-hook|udev|base
HOOKS=(base udev)\nHOOKS+=(block)\n => base|pt-hook|udev|block
HOOKS=(base udev systemd)\n => base|udev|systemd|pt-hook
HOOKS=(base pt-hook udev)\n => base|pt-hook|udev
HOOKS=(base udev pt-hook)\n => base|udev|pt-hook
HOOKS=(base pt-hook systemd)\n => base|pt-hook|systemd
HOOKS=(base udev pt-hook2 my-pt-hook)\n => base|pt-hook|udev|pt-hook2|my-pt-hook
HOOKS=(base udev2 my-udev udev)\n => base|pt-hook|udev2|my-udev|udev
HOOKS=(base udev base udev)\n => base|pt-hook|udev|base|udev
HOOKS=(base sd-udev systemd-x)\n => base|pt-hook|sd-udev|systemd-x
HOOKS="base udev  block"\n => base|pt-hook|udev|block
HOOKS="base systemd block"\n => base|systemd|pt-hook|block
HOOKS='base udev pt-hook'\n => base|udev|pt-hook
HOOKS=(base "two words" udev)\n => base|pt-hook|two words|udev
HOOKS=(base '*' udev "")\n => base|pt-hook|*|udev|
HOOKS=(base udev) => base|pt-hook|udev
# HOOKS=(base systemd)\nHOOKS=(base udev) # as it was => base|pt-hook|udev
HOOKS=(\nbase\n# systemd\nudev\n)\n => base|pt-hook|udev
set -f; IFS=,\nHOOKS=(base udev)\n => base|pt-hook|udev
declare -a HOOKS=([3]=base [7]=systemd)\n => base|systemd|pt-hook
HOOKS=(sd-shutdown)\n => sd-shutdown
HOOKS=(udev autodetect)\n => udev|autodetect
HOOKS=()\n =>
HOOKS=""\n =>
MODULES=(vfio)\n =>
END
}

places() {
    local line text
    while IFS= read -r line; do
        text=$(printf '%b.' "${line% =>*}")
        line=${line#* =>}
        same "HOOKS: ${text//[$'\n']/ }" "${line# }" "$(hooks_after "${text%.}")"
    done < <(configurations)
}

# Twice is as once: the second time pt-hook is there.
idempotence() {
    local hooks=(base udev block)
    pt_hook_place hooks
    pt_hook_place hooks
    same "placing twice is as placing once" "base pt-hook udev block" "${hooks[*]}"
}

drop_in() {
    check "the drop-in begins with an empty line, for a file before it that does not end in one" \
        test "$(head -c 1 "$top/mkinitcpio/zz-pt-hook.conf" | od -An -c | tr -d ' ')" = '\n'
    same "nothing but functions is left behind" "" "$(
        before=$(compgen -v)
        # shellcheck disable=SC2034 # read by the drop-in
        HOOKS=(base udev)
        # shellcheck source=/dev/null
        . "$work/drop-in"
        diff <(printf '%s\n' "$before") <(compgen -v) |
            grep -vE '^[0-9,acd]+$|^> (HOOKS|before|BASH_[A-Z]*|PIPESTATUS|_)$')"
    mv "$root/usr/lib/pt-hook" "$work/away"
    contains "without the package's files HOOKS stays as it is" '^base\|udev$' \
        "$(hooks_after 'HOOKS=(base udev)')"
    lacks "and the configuration is still a good one" '^status' "$(hooks_after 'HOOKS=(base udev)')"
    mv "$work/away" "$root/usr/lib/pt-hook"
}

# Hooks as they are about to run => what is wrong.
problems() {
    local line expected
    while IFS= read -r line; do
        expected=${line#* =>}
        # shellcheck disable=SC2086 # words of the table
        same "in place? ${line% =>*}" "${expected# }" "$(pt_hook_problem ${line% =>*})"
    done <<'END'
base pt-hook udev block =>
base pt-hook plymouth udev =>
base systemd pt-hook block =>
base systemd block pt-hook =>
systemd pt-hook =>
base pt-hook =>
pt-hook udev base =>
base udev pt-hook => 'pt-hook' comes after 'udev' in HOOKS, so other drivers could be first
udev base block pt-hook => 'pt-hook' comes after 'udev' in HOOKS, so other drivers could be first
base udev pt-hook udev => 'pt-hook' comes after 'udev' in HOOKS, so other drivers could be first
base pt-hook systemd => 'pt-hook' comes before 'systemd' in HOOKS, which is too early to add a unit
pt-hook base udev systemd => 'pt-hook' comes before 'systemd' in HOOKS, which is too early to add a unit
pt-hook udev => HOOKS has neither 'base' nor 'systemd', so nothing would start pt-hook
pt-hook => HOOKS has neither 'base' nor 'systemd', so nothing would start pt-hook
END
}

warnings() { bash "$top/mkinitcpio/libalpm/pt-hook-check" --root "$root" "$1" 2>&1; }

# A machine: its configuration and the preset of its kernel, with our drop-in and no other.
machine() { # CONFIGURATION PRESET
    rm -rf "${drop_ins:?}"/* "${presets:?}"/*
    printf '%b\n' "$1" >"$config"
    printf '%b\n' "$2" >"$presets/linux.preset"
    cp "$work/drop-in" "$drop_ins/zz-pt-hook.conf"
}

installed() {
    local plain="ALL_kver=/boot/vmlinuz-linux\nPRESETS=('default')"
    machine 'HOOKS=(base udev block)' "$plain"
    same "after the installation: nothing to warn of" "" "$(warnings installed)"

    machine 'HOOKS=(base udev block)' "$plain\nALL_config=/etc/mkinitcpio.conf"
    contains "a preset that names its configuration gives a warning, with what to write" \
        '^==> WARNING: pt-hook: /etc/mkinitcpio.d/linux.preset: ALL_config names /etc/mkinitcpio.conf .*write HOOKS=\(base pt-hook udev block\) in /etc/mkinitcpio.conf; then run mkinitcpio -P$' \
        "$(warnings installed)"
    machine 'HOOKS=(base systemd pt-hook)' "$plain\nALL_config=/etc/mkinitcpio.conf"
    same "and none when that has pt-hook" "" "$(warnings installed)"

    machine 'HOOKS=(base udev)' "PRESETS=(default fallback)\nfallback_config=/etc/other.conf"
    echo 'HOOKS=(base systemd)' >"$root/etc/other.conf"
    same "only the preset that does so is named" 1 "$(warnings installed | wc -l)"
    contains "and the place is that of its own flavour" \
        "fallback_config names /etc/other.conf as the configuration of 'fallback'.*HOOKS=\(base systemd pt-hook\)" \
        "$(warnings installed)"
    rm "$root/etc/other.conf"
    contains "a configuration that is missing is said to be so" \
        'fallback_config names /etc/other.conf, which gives no HOOKS' "$(warnings installed)"

    machine 'HOOKS=(base udev)' "$plain"
    echo 'HOOKS=(base systemd)' >"$drop_ins/zz-z.conf"
    contains "a drop-in that comes later and sets HOOKS anew gives a warning" \
        'HOOKS is \(base systemd\): the images are without pt-hook' "$(warnings installed)"
    mv "$drop_ins/zz-z.conf" "$drop_ins/50-mine.conf"
    same "one that comes earlier gives none" "" "$(warnings installed)"

    machine 'HOOKS=(base udev' "$plain"
    same "a configuration that is no bash is left to mkinitcpio" "" "$(warnings installed)"
    machine 'HOOKS=(base udev)' 'PRESETS=((('
    same "so is a preset that is none" "" "$(warnings installed)"
    machine 'exit 7' "exit 8"
    check "whatever the files do, pacman is told of no failure" \
        bash "$top/mkinitcpio/libalpm/pt-hook-check" --root "$root" installed
    rm -rf "${presets:?}"/* "$config"
    same "a machine without mkinitcpio has nothing to warn of" "" "$(warnings installed)"
    same "wrong usage has a status of its own" 2 \
        "$(bash "$top/mkinitcpio/libalpm/pt-hook-check" --root /nowhere installed 2>/dev/null
        echo $?)"
}

removing() {
    machine 'HOOKS=(base udev)' "PRESETS=(default)"
    same "before the removal: nothing to warn of" "" "$(warnings removing)"
    machine 'HOOKS=(base pt-hook udev)' "PRESETS=(default)\ndefault_config=/etc/mkinitcpio.conf"
    same "what the user wrote is named, and once" 1 \
        "$(warnings removing | grep -c '/etc/mkinitcpio.conf has pt-hook in HOOKS.*take it out')"
    machine 'HOOKS=(base udev)' "PRESETS=(default)"
    echo 'HOOKS+=(pt-hook)' >"$drop_ins/mine.conf"
    contains "also in a drop-in" '/etc/mkinitcpio.conf.d/mine.conf has pt-hook' \
        "$(warnings removing)"
    same "nothing of it is changed" 'HOOKS+=(pt-hook)' "$(cat "$drop_ins/mine.conf")"
}

# Where dracut makes the images no hook of pacman rebuilds them.
dracut() {
    local run='WARNING: pt-hook: .* run dracut --force --regenerate-all'
    machine 'HOOKS=(base udev)' "PRESETS=(default)"
    mkdir -p "$root/usr/bin"
    install -m 755 /dev/null "$root/usr/bin/dracut"
    install -m 755 /dev/null "$root/usr/bin/mkinitcpio"
    same "dracut beside mkinitcpio, which has a preset: nothing to tell" "" \
        "$(warnings installed; warnings removing)"
    rm "$presets/linux.preset"
    contains "without a preset the images are dracut's: it is told what to run" "$run" \
        "$(warnings installed)"
    contains "also for the removal" "after the removal run dracut" "$(warnings removing)"
    machine 'HOOKS=(base udev)' "PRESETS=(default)"
    rm "$root/usr/bin/mkinitcpio"
    contains "a preset without mkinitcpio makes no image" "$run" "$(warnings installed)"
    rm -r "${root:?}/usr/bin" "$presets/linux.preset"
    same "without either there is nothing to tell" "" "$(warnings installed; warnings removing)"
}

places
idempotence
drop_in
problems
installed
removing
dracut
summary
