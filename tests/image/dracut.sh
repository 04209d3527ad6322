# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # the runner has deb, here and work, and reads log
# What dracut makes of the package. An image is made for as many claims as it can hold, for each takes
# seconds. Sourced by tests/image/run, which calls images_of_dracut.

# dracut wants /proc, /sys and /dev; they are mounted for the one command.
in_dracut_root() {
    # shellcheck disable=SC2016 # for the shell in the namespace
    unshare --mount --propagation private sh -c '
        for name in proc sys dev; do mount --rbind "/$name" "$0/$name" || exit; done
        exec env -u TMPDIR DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$0" "$@"' "$root" "$@"
}

# What the images of packages' triggers are like. Quick to make: the drivers of all disks and
# networks are not what is tested.
dracut_settings() { # LINE...
    printf '%s\n' 'omit_dracutmodules+=" kernel-modules kernel-network-modules "' \
        'compress="zstd -1 -q"' 'early_microcode="no"' 'do_strip="no"' "$@" \
        >"$root/etc/dracut.conf.d/quick.conf"
}

systemd='systemd systemd-initrd systemd-udevd dracut-systemd'

unpack_dracut() { # IMAGE
    rm -rf "$image" "$root/unpacked"
    mkdir "$root/unpacked"
    # shellcheck disable=SC2016 # for the shell in the chroot
    in_dracut_root sh -c 'cd /unpacked && lsinitrd --unpack "$0"' "$1" &&
        mv "$root/unpacked" "$image" && [ -s "$image/init" ]
}

unpack_dracut_current() {
    unpack_dracut "/boot/initrd.img-$version" || fail "$suite, dracut: the image can be unpacked"
}

# Make an image with these options and unpack it; what dracut says is left in $log. Without an image
# the outcome is a failure, and nothing is left of the one before.
build_dracut() {
    rm -rf "$image"
    log=$(in_dracut_root dracut --force --no-hostonly "$@" /trial.img "$version" 2>&1) &&
        unpack_dracut /trial.img
}

# dracut_must_build WHAT OPTION...: for the images that have to be made.
dracut_must_build() {
    build_dracut "${@:2}" || fail "$suite, dracut: an image is made $1" "$log"
}

hooks_of_stage() { find "$image" -path "*/dracut/hooks/$1/*.sh" -printf '%f\n' | LC_ALL=C sort; }

systemd_runs_pt_hook() { # WHAT
    local unit=usr/lib/systemd/system/pt-hook.service link
    check "$1: the unit is the one of the package" cmp "$image/$unit" "$root/$unit"
    check "$1: so is the target that stops the boot" test -s "$image/${unit%.service}-stop.target"
    link=$(find "$image" -path '*/sysinit.target.wants/pt-hook.service')
    same "$1: sysinit.target wants the unit" pt-hook.service "${link##*/}"
    same "$1: by a link to it" "$unit" "$(chroot_path "$link")"
    check "$1: which is enough for systemd" systemd_lists_pt_hook
    nothing "$1: there is no hook beside it" find "$image" -path '*/dracut/hooks/*' -name '*pt-hook*'
}

# Where a link leads in the image.
chroot_path() {
    case $(readlink "$1") in
        /*) realpath -m --relative-to "$image" "$image$(readlink "$1")" ;;
        *) realpath -m --relative-to "$image" "$(dirname "$1")/$(readlink "$1")" ;;
    esac | sed 's|^lib/|usr/lib/|'
}

# Does systemd, reading the units of the image, see the unit as one that is wanted?
systemd_lists_pt_hook() {
    local state
    state=$(in_dracut_root systemctl --root /image is-enabled pt-hook.service 2>&1) || true
    echo "$state"
    [ "$state" = enabled ]
}

dracut_installed() {
    local before
    dracut_settings 'hostonly="no"'
    before=$(image_stamp)
    nothing "$suite, dracut: the base has no image with pt-hook" \
        listed in_dracut_root lsinitrd "/boot/initrd.img-$version"
    log=$(in_dracut_root dpkg -i /pt-hook.deb 2>&1) ||
        fail "$suite, dracut: the package installs" "$log"
    contains "$suite, dracut: installing rebuilds the image through the trigger" \
        'dracut: Generating' "$log"
    lacks "$suite, dracut: the image file is a new one" "^$before\$" "$(image_stamp)"
    lacks "$suite, dracut: installing warns of nothing" 'pt-hook: ' "$log"
    unpack_dracut_current
    image_has_parts "$suite, dracut, generic"
    systemd_runs_pt_hook "$suite, dracut, generic"
}

dracut_without_systemd() {
    dracut_must_build "without systemd" --omit "$systemd"
    image_has_parts "$suite, dracut without systemd"
    same "$suite, dracut without systemd: only a hook that looks for root comes before ours" \
        "00-pt-hook.sh" "$(hooks_of_stage cmdline | sed '/^00-parse-root\.sh$/d' | head -n 1)"
    nothing "$suite, dracut without systemd: there is no unit" \
        find "$image" -name 'pt-hook*.service' -o -name 'pt-hook*.target'

    dracut_must_build "without pt-hook" --omit "$systemd pt-hook"
    nothing "$suite, dracut: --omit pt-hook leaves all of it out" find "$image" -iname '*pt-hook*'
}

dracut_complains() {
    kernel_without_vfio_pci
    mv "$root/etc/pt-hook.conf" "$work/conf"
    dracut_must_build "without vfio-pci and a configuration" --omit "$systemd"
    contains "$suite, dracut: a kernel without vfio-pci gives a warning" \
        "pt-hook: kernel ${version//+/[+]} has no vfio-pci" "$log"
    check "$suite, dracut: with neither that nor the configuration, the image has the program" \
        test -x "$image/usr/lib/pt-hook/pt-hook"
    check "$suite, dracut: and no configuration" test ! -e "$image/etc/pt-hook.conf"
    mv "$work/conf" "$root/etc/pt-hook.conf"
    whole_kernel

    mv "$root/usr/lib/pt-hook/pt-hook" "$work/program"
    if build_dracut --omit "$systemd"; then
        fail "$suite, dracut: a missing program stops the image build"
    else
        contains "$suite, dracut: a missing program stops the image build" \
            'pt-hook: /usr/lib/pt-hook/pt-hook cannot be copied, so no image is written' "$log"
    fi
    mv "$work/program" "$root/usr/lib/pt-hook/pt-hook"
}

# The image of the upgrade is one for this machine alone.
dracut_upgraded() {
    make_next_deb
    dracut_settings 'hostonly="yes"' 'hostonly_cmdline="no"'
    echo 'pt.ids=10de:1b06' >>"$root/etc/pt-hook.conf"
    log=$(in_dracut_root dpkg --force-confdef -i /next.deb 2>&1) ||
        fail "$suite, dracut: the upgrade installs" "$log"
    contains "$suite, dracut: an upgrade rebuilds the image" 'dracut: Generating' "$log"
    unpack_dracut_current
    image_has_parts "$suite, dracut, hostonly"
    systemd_runs_pt_hook "$suite, dracut, hostonly"
    same "$suite, dracut: the image has the upgraded program" next \
        "$(tail -c 4 "$image/usr/lib/pt-hook/pt-hook" | tr -d '\0')"
    contains "$suite, dracut: and still the administrator's configuration" '^pt\.ids=10de:1b06$' \
        "$(cat "$image/etc/pt-hook.conf" 2>&1)"
    keeps_configuration "$suite, dracut"
}

dracut_removed() {
    dracut_settings 'hostonly="no"' "omit_dracutmodules+=\" $systemd \""
    log=$(in_dracut_root dpkg --purge pt-hook 2>&1) ||
        fail "$suite, dracut: the package can be removed" "$log"
    contains "$suite, dracut: removal rebuilds the image" 'dracut: Generating' "$log"
    unpack_dracut_current
    nothing "$suite, dracut: nothing of pt-hook is left in the image" find "$image" -iname '*pt-hook*'
    nothing "$suite, dracut: nor are the vfio modules" modules_of_vfio
    nothing "$suite, dracut: after a purge nothing is left on disk" left_on_disk
}

images_of_dracut() {
    root=$work/$suite.dracut image=$work/$suite.dracut/image
    if ! make_root "$suite" dracut; then
        fail "$suite, dracut: a base system can be made"
        return
    fi
    # shellcheck disable=SC2016 # dpkg-query expands it
    echo "   $(in_root dpkg-query -W -f '${Package} ${Version}' dracut), kernel $version"
    for step in installed without_systemd complains upgraded removed; do timed "dracut_$step"; done
    [ -n "$keep" ] || rm -rf --one-file-system "$root"
}
