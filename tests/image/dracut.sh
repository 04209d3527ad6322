# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # the runner has deb, here and work, and reads log
# What dracut makes of the package. Sourced by tests/image/run, which calls images_of_dracut.

# dracut wants /proc, /sys and /dev; they are mounted for the one command.
in_dracut_root() {
    # shellcheck disable=SC2016 # for the shell in the namespace
    unshare --mount --propagation private sh -c '
        for name in proc sys dev; do mount --rbind "/$name" "$0/$name" || exit; done
        exec env -u TMPDIR DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$0" "$@"' "$root" "$@"
}

make_dracut_root() {
    local archive
    archive=$("$here/base-archive" "$1" dracut) || return
    mkdir -p "$root"
    tar -C "$root" -xf "$archive"
    # Quick to make: the drivers of all disks and networks are not what is tested.
    printf '%s\n' 'omit_dracutmodules+=" kernel-modules kernel-network-modules "' \
        'compress="zstd"' 'early_microcode="no"' >"$root/etc/dracut.conf.d/quick.conf"
}

unpack_dracut() { # IMAGE
    rm -rf "$image" "$root/unpacked"
    mkdir "$root/unpacked"
    # shellcheck disable=SC2016 # for the shell in the chroot
    in_dracut_root sh -c 'cd /unpacked && lsinitrd --unpack "$0"' "$1" && mv "$root/unpacked" "$image"
}

# Make an image with these options and unpack it; what dracut says is left in $log.
build_dracut() {
    local status=0
    log=$(in_dracut_root dracut --force "$@" /trial.img "$version" 2>&1) || status=$?
    [ "$status" = 0 ] || return "$status"
    unpack_dracut /trial.img
}

hooks_of_stage() { find "$image" -path "*/dracut/hooks/$1/*.sh" -printf '%f\n' | LC_ALL=C sort; }

dracut_image_holds_pt_hook() { # WHAT
    local list module
    check "$1: the program is the one of the package" \
        cmp "$image/usr/lib/pt-hook/pt-hook" "$root/usr/lib/pt-hook/pt-hook"
    check "$1: it is executable" test -x "$image/usr/lib/pt-hook/pt-hook"
    check "$1: the configuration is the one of the system" \
        cmp "$image/etc/pt-hook.conf" "$root/etc/pt-hook.conf"
    list=$(find "$image" -name '*.ko*')
    for module in vfio 'vfio[-_]pci' vfio_iommu_type1; do
        contains "$1: module $module is there" "/$module\\.ko" "$list"
    done
    contains "$1: the image knows the module by its name" '/vfio[-_]pci\.ko' \
        "$(cat "$image"/usr/lib/modules/*/modules.dep)"
}

systemd_runs_pt_hook() { # WHAT
    local unit=usr/lib/systemd/system/pt-hook.service link
    check "$1: the unit is the one of the package" cmp "$image/$unit" "$root/$unit"
    check "$1: so is the target that stops the boot" test -s "$image/${unit%.service}-stop.target"
    link=$(find "$image" -path '*/sysinit.target.wants/pt-hook.service')
    same "$1: sysinit.target wants the unit" pt-hook.service "${link##*/}"
    same "$1: by a link to it" "$unit" "$(chroot_path "$link")"
    check "$1: which is enough for systemd" systemd_lists_pt_hook
    lacks "$1: there is no hook beside it" 'pt-hook' "$(hooks_of_stage cmdline)"
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
    state=$(in_dracut_root systemctl --root "/image" is-enabled pt-hook.service 2>&1) || true
    echo "$state"
    [[ $state == enabled || $state == static ]]
}

dracut_installed() {
    local before
    before=$(image_stamp)
    lacks "$suite, dracut: the base has no image with pt-hook" 'pt-hook' \
        "$(in_dracut_root lsinitrd "/boot/initrd.img-$version")"
    log=$(in_dracut_root dpkg -i /pt-hook.deb 2>&1) ||
        fail "$suite, dracut: the package installs" "$log"
    contains "$suite, dracut: installing rebuilds the image through the trigger" \
        'dracut: Generating' "$log"
    lacks "$suite, dracut: the image file is a new one" "^$before\$" "$(image_stamp)"
    lacks "$suite, dracut: installing warns of nothing" 'pt-hook: ' "$log"
    unpack_dracut "/boot/initrd.img-$version"
    dracut_image_holds_pt_hook "$suite, dracut as installed"
}

dracut_flavours() {
    build_dracut --no-hostonly
    dracut_image_holds_pt_hook "$suite, dracut, generic"
    systemd_runs_pt_hook "$suite, dracut, generic"

    build_dracut --hostonly --no-hostonly-cmdline
    dracut_image_holds_pt_hook "$suite, dracut, hostonly"
    systemd_runs_pt_hook "$suite, dracut, hostonly"

    build_dracut --no-hostonly --omit 'systemd systemd-initrd systemd-udevd dracut-systemd'
    dracut_image_holds_pt_hook "$suite, dracut without systemd"
    same "$suite, dracut without systemd: only a hook that looks for root comes before ours" \
        "00-pt-hook.sh" "$(hooks_of_stage cmdline | sed '/^00-parse-root\.sh$/d' | head -n 1)"
    same "$suite, dracut without systemd: there is no unit" "" \
        "$(find "$image" -name 'pt-hook*.service' -o -name 'pt-hook*.target')"

    build_dracut --no-hostonly --omit pt-hook
    same "$suite, dracut: --omit pt-hook leaves all of it out" "" \
        "$(find "$image" -iname '*pt-hook*')"
}

dracut_complains() {
    local vfio=$root/lib/modules/$version/kernel/drivers/vfio
    mkdir -p "$work/vfio"
    find "$vfio/pci" -name 'vfio[-_]pci.ko*' -exec mv -t "$work/vfio" {} +
    in_dracut_root depmod "$version"
    build_dracut --no-hostonly
    contains "$suite, dracut: a kernel without vfio-pci gives a warning" \
        "pt-hook: kernel ${version//+/[+]} has no vfio-pci" "$log"
    check "$suite, dracut: and still an image" test -x "$image/usr/lib/pt-hook/pt-hook"
    mv -t "$vfio/pci" "$work/vfio"/*
    in_dracut_root depmod "$version"

    mv "$root/etc/pt-hook.conf" "$work/conf"
    build_dracut --no-hostonly
    check "$suite, dracut: without the configuration there is an image all the same" \
        test -x "$image/usr/lib/pt-hook/pt-hook"
    check "$suite, dracut: and no configuration in it" test ! -e "$image/etc/pt-hook.conf"
    mv "$work/conf" "$root/etc/pt-hook.conf"

    mv "$root/usr/lib/pt-hook/pt-hook" "$work/program"
    if build_dracut --no-hostonly; then
        fail "$suite, dracut: a missing program stops the image build"
    else
        contains "$suite, dracut: a missing program stops the image build" \
            'pt-hook: /usr/lib/pt-hook/pt-hook cannot be copied, so no image is written' "$log"
    fi
    mv "$work/program" "$root/usr/lib/pt-hook/pt-hook"
}

dracut_upgraded() {
    make_next_deb
    echo 'pt.ids=10de:1b06' >>"$root/etc/pt-hook.conf"
    log=$(in_dracut_root dpkg --force-confdef -i /next.deb 2>&1) ||
        fail "$suite, dracut: the upgrade installs" "$log"
    contains "$suite, dracut: an upgrade rebuilds the image" 'dracut: Generating' "$log"
    unpack_dracut "/boot/initrd.img-$version"
    same "$suite, dracut: the image has the upgraded program" next \
        "$(tail -c 4 "$image/usr/lib/pt-hook/pt-hook")"
    contains "$suite, dracut: and still the administrator's configuration" '^pt\.ids=10de:1b06$' \
        "$(cat "$image/etc/pt-hook.conf")"
    keeps_configuration "$suite, dracut"
}

dracut_removed() {
    log=$(in_dracut_root dpkg --purge pt-hook 2>&1) ||
        fail "$suite, dracut: the package can be removed" "$log"
    contains "$suite, dracut: removal rebuilds the image" 'dracut: Generating' "$log"
    unpack_dracut "/boot/initrd.img-$version"
    same "$suite, dracut: nothing of pt-hook is left in the image" "" \
        "$(find "$image" -iname '*pt-hook*')"
    lacks "$suite, dracut: nor are the vfio modules" "$our_modules" "$(find "$image" -name '*.ko*')"
    same "$suite, dracut: after a purge nothing is left on disk" "" \
        "$(find "$root" -xdev -path "$root/pt-hook.deb" -prune -o -path "$root/next.deb" -prune -o -iname '*pt-hook*' -print)"
}

images_of_dracut() {
    root=$work/$suite.dracut image=$work/$suite.dracut/image
    if ! make_dracut_root "$suite"; then
        fail "$suite, dracut: a base system can be made"
        return
    fi
    version=$(ls "$root/lib/modules")
    # shellcheck disable=SC2016 # dpkg-query expands it
    echo "   $(in_root dpkg-query -W -f '${Package} ${Version}' dracut), kernel $version"
    cp "$deb" "$root/pt-hook.deb"
    dracut_installed
    dracut_flavours
    dracut_complains
    dracut_upgraded
    dracut_removed
    [ -n "$keep" ] || rm -rf --one-file-system "$root"
}
