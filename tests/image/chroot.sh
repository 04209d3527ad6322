# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # the runner has root, image and version, and reads log
# A throwaway system per suite, and images built and unpacked in it. Sourced by tests/image/run.

make_root() {
    local archive
    archive=$("$here/base-archive" "$@") || return
    mkdir -p "$root"
    tar -C "$root" -xf "$archive"
    # Quick to make; what the images are packed with is not what is tested.
    printf 'COMPRESS=zstd\nCOMPRESSLEVEL=1\n' >"$root/etc/initramfs-tools/conf.d/quick"
}

# A folder that TMPDIR names is not in there.
in_root() { env -u TMPDIR DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$root" "$@"; }

image_stamp() { stat -c '%i %Y %s' "$root/boot/initrd.img-$version"; }

# Unpack an image of the chroot to $image, whether or not it has an early part.
unpack() {
    rm -rf "$image" "$root/unpacked"
    in_root unmkinitramfs "$1" /unpacked
    if [ -d "$root/unpacked/main" ]; then
        mv "$root/unpacked/main" "$image"
    else
        mv "$root/unpacked" "$image"
    fi
}

unpack_current() { unpack "/boot/initrd.img-$version"; }

images_with_pt_hook() { in_root lsinitramfs "/boot/initrd.img-$version" | grep pt-hook || true; }

# Make an image with as few modules as MODULES=list gives, and unpack it. What the builder says
# is left in $log; without an image the outcome is a failure.
build_image() {
    local status=0
    printf 'MODULES=list\n' >"$root/etc/initramfs-tools/conf.d/quick-list"
    log=$(in_root mkinitramfs -o /trial.img "$version" 2>&1) || status=$?
    rm -f "$root/etc/initramfs-tools/conf.d/quick-list"
    [ "$status" = 0 ] || return "$status"
    unpack /trial.img
}

# The same package with a higher version, another default configuration, and a program that can be
# told apart, as /next.deb of the root.
make_next_deb() {
    local tree=$work/upgrade
    rm -rf "$tree"
    dpkg-deb -R "$deb" "$tree"
    sed -i 's/^Version: .*/&+next/' "$tree/DEBIAN/control"
    printf 'next' >>"$tree/usr/lib/pt-hook/pt-hook"
    echo '# the default has changed' >>"$tree/etc/pt-hook.conf"
    dpkg-deb --root-owner-group -Zgzip -z1 -b "$tree" "$root/next.deb" >/dev/null
}

keeps_configuration() { # WHAT
    contains "$1: an upgrade keeps the administrator's configuration on disk" \
        '^pt\.ids=10de:1b06$' "$(cat "$root/etc/pt-hook.conf")"
    contains "$1: and puts the new default beside it" '^# the default has changed$' \
        "$(cat "$root/etc/pt-hook.conf.dpkg-dist" 2>&1)"
}
