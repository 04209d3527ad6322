# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154 # the runner has root, image, version, work and deb
# What mkinitcpio makes of pt-hook: the trees of its images, in both flavours, and images by way of
# pacman, as it installs, upgrades and removes a package. Sourced by tests/image/run.

# In the chroot, with what mkinitcpio and pacman want, in mounts that end with the command. /sys is
# a plain folder there: the devices of this machine are nothing to the tests. Nor has it the folder
# that TMPDIR names.
alone() {
    # shellcheck disable=SC2016 # for the inner shell
    LC_ALL=C env -u TMPDIR unshare --mount --propagation private sh -c '
        root=$1 && shift
        mount --rbind /proc "$root/proc" && mount --rbind /dev "$root/dev" && exec "$@"' sh \
        "$root" "$@"
}

configuration() { printf 'MODULES=(bochs)\nHOOKS=(%s)' "$*" >"$root/etc/mkinitcpio.conf"; }

# tree_of HOOKS [OPTION...]: has mkinitcpio make $image; leaves what it says in $log, its exit
# status in $status.
tree_of() {
    configuration "$1"
    shift
    image=$root/image status=0
    rm -rf "$image" && mkdir "$image"
    log=$(alone chroot "$root" mkinitcpio --nocolor -k "$version" -d /image "$@" 2>&1) || status=$?
}

pt_hook_of_tree() {
    [ -e "$image/init" ] || echo "there is no image"
    find "$image" -iname '*pt-hook*'
}

has_no_pt_hook() { nothing "$1" pt_hook_of_tree; }

early_hooks() { sed -n 's/^EARLYHOOKS="\(.*\)"$/\1/p' "$image/config"; }

has_program() {
    check "$1: the program is the one of the package" \
        cmp "$image/usr/lib/pt-hook/pt-hook" "$root/usr/lib/pt-hook/pt-hook"
    check "$1: it is executable" test -x "$image/usr/lib/pt-hook/pt-hook"
    check "$1: the configuration is the one of the system" \
        cmp "$image/etc/pt-hook.conf" "$root/etc/pt-hook.conf"
    for module in vfio 'vfio[-_]pci' vfio_iommu_type1; do
        contains "$1: module $module is there" "/$module\\.ko" "$(find "$image" -name '*.ko*')"
    done
    lacks "$1: pt-hook gives no reason to warn" 'pt-hook:' "$log"
    same "$1: mkinitcpio counts no error" 0 "$status"
}

with_busybox() {
    local wants=$root/image/usr/lib/systemd/system/sysinit.target.wants
    tree_of "base udev modconf kms block"
    has_program "$what, busybox"
    same "$what, busybox: pt-hook runs before udev" "pt-hook udev" "$(early_hooks)"
    check "$what, busybox: its script can be run" test -x "$image/hooks/pt-hook"
    check "$what, busybox: no unit is there" test ! -e "$wants/pt-hook.service"
    contains "$what, busybox: a native driver would be loaded by MODULES=" \
        '^MODULES="bochs"$' "$(cat "$image/config")"
    contains "$what: kms has brought the drivers of cards" '/nouveau\.ko' \
        "$(find "$image" -name '*.ko*')"
    tree_of "base pt-hook udev"
    same "$what, busybox: a place that the user chose counts" "pt-hook udev" "$(early_hooks)"
}

with_systemd() {
    local units=$root/image/usr/lib/systemd/system
    tree_of "base systemd modconf kms block"
    has_program "$what, systemd"
    check "$what, systemd: the unit is wanted by sysinit.target" \
        test "$units/sysinit.target.wants/pt-hook.service" -ef "$units/pt-hook.service"
    for unit in pt-hook.service pt-hook-stop.target; do
        check "$what, systemd: $unit is the one of the package" \
            cmp "$units/$unit" "$root/usr/lib/systemd/system/$unit"
    done
    check "$what, systemd: no script of the other flavour is there" \
        test ! -e "$image/hooks/pt-hook"
    contains "$what, systemd: a native driver would be loaded by MODULES=" '^bochs$' \
        "$(cat "$image/etc/modules-load.d/MODULES.conf")"
    check "$what, systemd: what pt.on_error=stop runs is there" \
        test -x "$image/bin/sh" -a -x "$image/usr/bin/systemctl"
}

# Each wrong place: an error that counts, what to write, and no pt-hook in the image.
in_wrong_places() {
    local hooks why right
    while IFS='|' read -r hooks why right; do
        tree_of "$hooks"
        same "$what, HOOKS=($hooks): mkinitcpio counts an error" 1 "$status"
        contains "$what, HOOKS=($hooks): it is said why" "^==> ERROR: pt-hook: $why" "$log"
        contains "$what, HOOKS=($hooks): and what to write" \
            "^==> ERROR: pt-hook: write HOOKS=\\($right\\) in /etc/mkinitcpio.conf" "$log"
        has_no_pt_hook "$what, HOOKS=($hooks): the image is without it"
        tree_of "$right"
        same "$what, HOOKS=($right): what was said to write is right" 0 "$status"
    done <<'END'
base udev pt-hook block|'pt-hook' comes after 'udev' in HOOKS|base pt-hook udev block
base pt-hook systemd block|'pt-hook' comes before 'systemd' in HOOKS|base systemd pt-hook block
END
    : >"$root/etc/mkinitcpio.conf.d/zz-pt-hook.conf"
    tree_of "base udev block" -A pt-hook
    contains "$what: a place at the end, by -A, is wrong too" "comes after 'udev'" "$log"
    tree_of "base udev block"
    has_no_pt_hook "$what: with the drop-in emptied, the image is without pt-hook"
    same "$what: and that is no error" 0 "$status"
    put_pt_hook
    tree_of "base udev block" -S pt-hook
    has_no_pt_hook "$what: -S pt-hook leaves it out"
}

with_missing_parts() {
    mv "$root/usr/lib/pt-hook/pt-hook" "$work/program"
    tree_of "base udev"
    same "$what: without the program mkinitcpio counts an error" 1 "$status"
    contains "$what: and says which file is missing" \
        "^==> ERROR: file not found: '/usr/lib/pt-hook/pt-hook'" "$log"
    same "$what: nothing would start it" "udev" "$(early_hooks)"
    mv "$work/program" "$root/usr/lib/pt-hook/pt-hook"

    mv "$root/etc/pt-hook.conf" "$work/conf"
    tree_of "base udev"
    same "$what: without the configuration there is an image all the same" "0 pt-hook udev" \
        "$status $(early_hooks)"
    mv "$work/conf" "$root/etc/pt-hook.conf"
}

# The variants of vfio-pci for a device of the machine are asked for by its modalias. Debian's
# kernel has none of them, so an alias makes one of another module.
with_other_modules() {
    local device=$root/sys/bus/pci/devices/0000:01:00.0 modules=$root/lib/modules/$version
    mkdir -p "$device" "$work/kernel"
    echo 'pci:v000015B3d0000101Esv00000000sd00000000bc02sc00i00' >"$device/modalias"
    echo 'alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* uio_pci_generic' \
        >"$root/etc/modprobe.d/variant.conf"
    tree_of "base udev"
    contains "$what: a variant made for a device of the machine is there" '/uio_pci_generic\.ko' \
        "$(find "$image" -name '*.ko*')"
    rm -r "$root/sys/bus" "$root/etc/modprobe.d/variant.conf"

    find "$modules/kernel" -name 'vfio[-_]pci.ko*' -exec mv -t "$work/kernel" {} +
    in_root depmod "$version"
    tree_of "base udev"
    contains "$what: a kernel without vfio-pci gives a warning" \
        "^==> WARNING: pt-hook: kernel ${version//+/[+]} has no vfio-pci" "$log"
    same "$what: and no error" 0 "$status"
    cp "$modules/modules.builtin" "$work/kernel/"
    echo kernel/drivers/vfio/pci/vfio-pci.ko >>"$modules/modules.builtin"
    in_root depmod "$version"
    tree_of "base udev"
    lacks "$what: a built-in vfio-pci gives none" 'pt-hook:' "$log"
    cp "$work/kernel/modules.builtin" "$modules/"
    mv -t "$modules/kernel/drivers/vfio/pci" "$work/kernel"/vfio*
    in_root depmod "$version"
}

put_pt_hook() { "$here/put-mkinitcpio" --pt-hook "$root"; }

mkinitcpio_images() {
    local reason
    if ! reason=$("$here/put-mkinitcpio" --version); then
        skip "images of mkinitcpio" "$reason"
        return
    fi
    root=$work/mkinitcpio what="mkinitcpio $reason"
    echo "== $what"
    if ! make_root trixie mkinitcpio || ! "$here/put-mkinitcpio" "$root"; then
        fail "$what: a base system can be made"
        return
    fi
    with_pacman
    dpkg-deb -x "$deb" "$root"
    put_pt_hook
    with_busybox
    with_systemd
    in_wrong_places
    with_missing_parts
    with_other_modules
    [ -n "$keep" ] || rm -rf --one-file-system "$root"
}
