# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154 # as in mkinitcpio.sh, which has the functions
# A package with what pt-hook has for mkinitcpio, in the hands of the real pacman with the real
# hooks of mkinitcpio: it rebuilds the image, and in which order. Sourced by tests/image/run.

# The image as it is in /boot: listed, or a file of it printed.
listing() { alone chroot "$root" lsinitcpio /boot/initramfs-linux.img 2>&1; }

file_of_image() {
    # shellcheck disable=SC2016 # for the inner shell
    alone chroot "$root" sh -c 'rm -rf /unpacked && mkdir /unpacked && cd /unpacked &&
        lsinitcpio -x /boot/initramfs-linux.img >/dev/null 2>&1; cat "$1"' sh "$1"
}

arch_package() { # VERSION
    local stage=$work/stage
    rm -rf "$stage" && mkdir "$stage"
    dpkg-deb --fsys-tarfile "$deb" |
        tar -C "$stage" -xf - ./usr/lib/pt-hook ./etc/pt-hook.conf
    "$here/put-mkinitcpio" --pt-hook "$stage"
    printf '%s' "$1" >>"$stage/usr/lib/pt-hook/pt-hook"
    printf '%s\n' "pkgname = pt-hook" "pkgver = $1-1" "arch = any" "pkgdesc = trial" "size = 1" \
        "backup = etc/pt-hook.conf" "backup = etc/mkinitcpio.conf.d/zz-pt-hook.conf" \
        >"$stage/.PKGINFO"
    tar -C "$stage" --owner=0 --group=0 -cf "$work/pt-hook-$1.pkg.tar" .PKGINFO etc usr
}

# Leaves in $log what is said; $status is that of pacman.
run_pacman() {
    status=0
    log=$(alone pacman --root "$root" --config "$work/pacman.conf" --noconfirm --noprogressbar \
        "$@" 2>&1) || status=$?
}

with_pacman() {
    if ! command -v pacman >/dev/null; then
        skip "$what: images by way of pacman" "pacman is not here"
        return
    elif [ ! -e "$root/usr/share/libalpm/scripts/mkinitcpio" ]; then
        skip "$what: images by way of pacman" "this mkinitcpio comes without its hooks of pacman"
        return
    fi
    mkdir -p "$root/var/lib/pacman" "$root/var/cache/pacman/pkg"
    printf '[options]\nArchitecture = x86_64\nSigLevel = Never\n' >"$work/pacman.conf"
    printf '%s\n' "PRESETS=(default)" "ALL_kver=$version" "default_options='-z cat'" \
        "default_image=/boot/initramfs-linux.img" >"$root/etc/mkinitcpio.d/linux.preset"
    configuration base udev
    cp "$root/etc/mkinitcpio.conf" "$work/mkinitcpio.conf"
    pacman_installs
    pacman_upgrades
    pacman_removes
    pacman_warns
}

pacman_installs() {
    arch_package 1
    run_pacman -U "$work/pt-hook-1.pkg.tar"
    contains "$what: pacman installs the package" '^0$' "$status"$'\n'"$log"
    contains "$what: installing rebuilds the image, with pt-hook" '^usr/lib/pt-hook/pt-hook$' \
        "$(listing)"
    contains "$what: at its place" '^EARLYHOOKS="pt-hook udev"$' "$(file_of_image config)"
    same "$what: the images are looked at after they are built" \
        "Updating linux initcpios...|Checking that linux initcpios have pt-hook..." \
        "$(sed -n 's/^([0-9/]*) \(.*\.\.\.\)$/\1/p' <<<"$log" | grep initcpios | paste -sd '|')"
    lacks "$what: installing warns of nothing" 'WARNING: pt-hook' "$log"
    check "$what: the user's configuration is left alone" \
        cmp "$root/etc/mkinitcpio.conf" "$work/mkinitcpio.conf"
}

# Nothing is new in it but the program.
pacman_upgrades() {
    arch_package 2
    run_pacman -U "$work/pt-hook-2.pkg.tar"
    same "$what: pacman upgrades the package" 0 "$status"
    same "$what: an upgrade rebuilds the image, with the new program" 2 \
        "$(file_of_image usr/lib/pt-hook/pt-hook | tail -c 1)"
}

pacman_removes() {
    run_pacman -R pt-hook
    same "$what: pacman removes the package" 0 "$status"
    lacks "$what: removal rebuilds the image, without pt-hook" 'pt-hook' "$(listing)"
    contains "$what: the image is one" '^init$' "$(listing)"
    nothing "$what: nothing of the package is left" find "$root/etc" "$root/usr" "$root/var" \
        -name '*pt-hook*'
    check "$what: the user's configuration is still left alone" \
        cmp "$root/etc/mkinitcpio.conf" "$work/mkinitcpio.conf"
}

# Where mkinitcpio reads no drop-ins, and where the user has written pt-hook by hand.
pacman_warns() {
    echo 'ALL_config=/etc/mkinitcpio.conf' >>"$root/etc/mkinitcpio.d/linux.preset"
    run_pacman -U "$work/pt-hook-2.pkg.tar"
    contains "$what: a preset that names its configuration gives a warning" \
        'WARNING: pt-hook: .*linux.preset: ALL_config.*write HOOKS=\(base pt-hook udev\)' "$log"
    lacks "$what: which is true: the image is without pt-hook" 'pt-hook' "$(listing)"
    configuration base pt-hook udev
    run_pacman -R pt-hook
    contains "$what: before the removal, HOOKS that names pt-hook gives one" \
        'WARNING: pt-hook: /etc/mkinitcpio.conf has pt-hook in HOOKS' "$log"
    rm "$root/etc/mkinitcpio.d/linux.preset"
}
