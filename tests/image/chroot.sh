# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # the runner has deb, here, image, root and work
# A throwaway system per suite and builder, and what every image is asked. Sourced by tests/image/run.

# make_root SUITE [BUILDER]: the system is in $root, with the package as /pt-hook.deb, and its kernel
# is $version.
make_root() {
    local archive
    archive=$("$here/base-archive" "$@") || return
    mkdir -p "$root"
    tar -C "$root" -xf "$archive" || return
    version=$(ls "$root/lib/modules")
    cp "$deb" "$root/pt-hook.deb"
}

# A folder that TMPDIR names is not in there.
in_root() { env -u TMPDIR DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$root" "$@"; }

image_stamp() { stat -c '%i %Y %s' "$root/boot/initrd.img-$version"; }

# What of pt-hook has to be in an image, whoever built it.
image_has_parts() { # WHAT
    check "$1: the program in the image is the one of the package" \
        cmp "$image/usr/lib/pt-hook/pt-hook" "$root/usr/lib/pt-hook/pt-hook"
    check "$1: it is executable" test -x "$image/usr/lib/pt-hook/pt-hook"
    check "$1: the configuration is the one of the system" \
        cmp "$image/etc/pt-hook.conf" "$root/etc/pt-hook.conf"
    nothing "$1: the modules of vfio are there, and known by their names" missing_modules
}

# What a listing of an image has of pt-hook. Words for `nothing`.
listed() { # COMMAND...
    local list
    list=$("$@") || return
    [ -n "$list" ] || echo "there is no list"
    sed -n '/pt-hook/p' <<<"$list"
}

modules_of_image() { find "$image" -name '*.ko*'; }

missing_modules() {
    local list module
    list=$(modules_of_image)
    for module in vfio 'vfio[-_]pci' vfio_iommu_type1; do
        grep -q "/$module\\.ko" <<<"$list" || echo "$module is not in the image"
        grep -q "^kernel/.*/$module\\.ko" "$image"/usr/lib/modules/*/modules.dep ||
            echo "$module is not in modules.dep"
    done
}

modules_of_vfio() {
    find "$image" -regextype posix-extended \
        -regex '.*/(vfio|vfio[-_]pci|vfio[-_]pci[-_]core|vfio_iommu_type1)\.ko.*'
}

# A kernel that has no more modules than vfio's and their kin, and vfio-pci not among them, until
# whole_kernel puts things right: depmod reads all there are.
kernel_without_vfio_pci() {
    local modules=$root/usr/lib/modules/$version
    mv "$modules" "$work/modules"
    mkdir "$modules"
    (cd "$work/modules" && cp --parents -r modules.builtin* modules.order \
        kernel/virt kernel/drivers/{iommu,pci,vfio} "$modules/")
    find "$modules/kernel" -name 'vfio[-_]pci.ko*' -delete
    in_root depmod "$version"
}

whole_kernel() {
    rm -r "$root/usr/lib/modules/$version"
    mv "$work/modules" "$root/usr/lib/modules/$version"
}

# Of pt-hook, in the system.
left_on_disk() {
    find "$root" -xdev \( -path "$root/proc" -o -path "$root/pt-hook.deb" -o -path "$root/next.deb" \) \
        -prune -o -iname '*pt-hook*' -print
}

# Of this shell and what it has run, in hundredths of a second.
cpu_time() {
    local words
    read -ra words <"/proc/$$/stat"
    echo $((words[13] + words[14] + words[15] + words[16]))
}

# timed STEP: says what it has cost, for each image counts.
timed() {
    local before
    before=$(cpu_time)
    "$1"
    printf '      %s: %d s of CPU\n' "$1" $((($(cpu_time) - before + 50) / 100))
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
        '^pt\.ids=10de:1b06$' "$(cat "$root/etc/pt-hook.conf" 2>&1)"
    contains "$1: and puts the new default beside it" '^# the default has changed$' \
        "$(cat "$root/etc/pt-hook.conf.dpkg-dist" 2>&1)"
}
