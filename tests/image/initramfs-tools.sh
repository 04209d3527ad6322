# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # the runner has deb, here and work, and reads log
# What initramfs-tools makes of the package. An image is made for as many claims as it can hold, for
# each takes seconds. Sourced by tests/image/run, which calls images_of_initramfs_tools.

# How many modules an image has: MODULES=list is quick to make, so is the compression; what the images
# are packed with is not what is tested.
policy() {
    printf 'COMPRESS=zstd\nCOMPRESSLEVEL=1\nMODULES=%s\n' "$1" \
        >"$root/etc/initramfs-tools/conf.d/quick"
}

# Unpack an image of the chroot to $image, whether or not it has an early part.
unpack() {
    rm -rf "$image" "$root/unpacked"
    in_root unmkinitramfs "$1" /unpacked
    if [ -d "$root/unpacked/main" ]; then
        mv "$root/unpacked/main" "$image"
    else
        mv "$root/unpacked" "$image"
    fi
    [ -s "$image/init" ]
}

unpack_current() {
    unpack "/boot/initrd.img-$version" || fail "$suite: the image can be unpacked"
}

# Make an image and unpack it. What the builder says is left in $log; without an image the outcome
# is a failure, and nothing is left of the one before.
build_image() {
    rm -rf "$image"
    log=$(in_root mkinitramfs -o /trial.img "$version" 2>&1) && unpack /trial.img
}

# must_build WHAT: for the images that have to be made.
must_build() { build_image || fail "$suite: an image is made $1" "$log"; }

# The warnings and errors of which the pattern is the beginning; without an image that is one, too.
warnings() { # PATTERN
    [ -s "$image/init" ] || echo "there is no image"
    sed -n "/^[WE]: $1/p" <<<"$log"
}

# The names in the order in which the image starts them.
order() { sed -n 's|^/scripts/init-top/\([^ ]*\) .*|\1|p' "$image/scripts/init-top/ORDER"; }

# in_order CLAIM NAME...: the named scripts are started, and in this order.
in_order() {
    local claim=$1 names found
    shift
    names=$(printf '%s\n' "$@")
    found=$(order | grep -Fx -- "$names" || true)
    same "$claim" "$names" "$found"
}

holds_pt_hook() { # WHAT
    local script=scripts/init-top/pt-hook
    image_has_parts "$1"
    check "$1: so is the boot script" test -x "$image/$script"
}

# A boot script of the administrator, as a line-by-line copy of what their manual shows.
local_script() { # NAME PREREQ BODY
    install -D -m 755 /dev/stdin "$root/etc/initramfs-tools/scripts/init-top/$1" <<EOT
#!/bin/sh
PREREQ="$2"
prereqs() { echo "\$PREREQ"; }
case \$1 in
prereqs) prereqs; exit 0 ;;
esac
$3
EOT
}

no_local_scripts() { rm -f "$root"/etc/initramfs-tools/scripts/init-top/*; }

# What is started before pt-hook, but for scripts that load nothing.
started_before() {
    local names
    names=$(order)
    grep -qx pt-hook <<<"$names" || echo "pt-hook is not started"
    sed '/^pt-hook$/,$d; /^all_generic_ide$/d; /^blacklist$/d; /^keymap$/d' <<<"$names"
}

installed() {
    local before
    nothing "$suite: the base has no image with pt-hook" \
        listed in_root lsinitramfs "/boot/initrd.img-$version"
    before=$(image_stamp)
    log=$(in_root dpkg -i /pt-hook.deb 2>&1) || fail "$suite: the package installs" "$log"
    contains "$suite: installing rebuilds the image through the trigger" \
        'update-initramfs: Generating' "$log"
    lacks "$suite: the image file is a new one" "^$before\$" "$(image_stamp)"
    unpack_current
    nothing "$suite: installing warns of nothing" warnings pt-hook
    holds_pt_hook "$suite, MODULES=$modules"
    in_order "$suite: pt-hook runs before udev" pt-hook udev
    nothing "$suite: nothing that loads modules runs before pt-hook" started_before
    check "$suite: udev's script is left alone" cmp "$image/scripts/init-top/udev" \
        "$root/usr/share/initramfs-tools/scripts/init-top/udev"
}

# Debian's kernels have no variant of vfio-pci, so that another module has to be called one.
with_all_well() {
    local aliases=$root/lib/modules/$version/modules.alias
    local_script aa-local "" ":"
    local_script zz-local "" ":"
    cp "$aliases" "$work/aliases"
    {
        echo 'alias vfio_pci:v000010DEd00002342sv*sd*bc*sc*i* pci_stub'
        echo 'alias vfio_pci:v000010DEd00002345sv*sd*bc*sc*i* pci_stub'
        echo 'alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* not_there'
    } >>"$aliases"
    echo 'pt.ids=10de:1b06' >>"$root/etc/pt-hook.conf"
    must_build "with neighbours, a variant and a configuration"
    in_order "$suite: neighbours without prerequisites keep their places" \
        aa-local pt-hook udev zz-local
    contains "$suite: a variant of vfio-pci is in the image" '/pci-stub\.ko' "$(modules_of_image)"
    contains "$suite: a change of the configuration gets into the image" '^pt\.ids=10de:1b06$' \
        "$(cat "$image/etc/pt-hook.conf" 2>&1)"
    nothing "$suite: harmless neighbours and a variant without a module are no reason to warn" \
        warnings ''
    mv "$work/aliases" "$aliases"
    no_local_scripts
}

# Nothing that is missing here keeps an image from being made.
with_much_amiss() {
    local aliases=$root/lib/modules/$version/modules.alias
    kernel_without_vfio_pci
    mv "$aliases" "$root/etc/pt-hook.conf" "$work/"
    local_script aa-local "" "/sbin/modprobe -q nouveau"
    local_script bb-local "" "# does not modprobe nouveau"
    local_script cc-local "pt-hook" "modprobe -q amdgpu"
    must_build "without vfio-pci, modules.alias and a configuration"
    contains "$suite: a script that loads modules before us is named in a warning" \
        '^W: pt-hook: .* aa-local runs before pt-hook and loads modules' "$log"
    same "$suite: and no other script is" 1 "$(grep -c '^W: pt-hook: .*runs before' <<<"$log")"
    in_order "$suite: a script that asks for it comes after pt-hook" aa-local pt-hook cc-local
    contains "$suite: a kernel without vfio-pci gives a warning" \
        "^W: pt-hook: kernel ${version//+/[+]} has no vfio-pci" "$log"
    same "$suite: there are no other warnings" 2 "$(grep -c '^[WE]: pt-hook' <<<"$log")"
    check "$suite: with all that the image has the program" test -x "$image/usr/lib/pt-hook/pt-hook"
    check "$suite: and no configuration" test ! -e "$image/etc/pt-hook.conf"
    mv "$work/modules.alias" "$aliases"
    mv "$work/pt-hook.conf" "$root/etc/"
    no_local_scripts
}

# GNU tsort takes the nodes that nothing constrains by the alphabet. Another one may not: this
# one takes the last name first. The kernel of the step before is now one that has vfio-pci built in.
with_another_tsort() {
    echo kernel/drivers/vfio/pci/vfio-pci.ko >>"$root/lib/modules/$version/modules.builtin"
    cp "$root/usr/bin/tsort" "$work/"
    in_root depmod "$version"
    cp --remove-destination "$here/tsort-backwards" "$root/usr/bin/tsort"
    must_build "in the order of another tsort"
    cp --remove-destination "$work/tsort" "$root/usr/bin/tsort"
    in_order "$suite: the other tsort has udev first" udev keymap
    contains "$suite: the image build says that udev's script starts pt-hook" \
        "^I: pt-hook: .*udev's script starts pt-hook" "$log"
    nothing "$suite: neither that nor a built-in vfio-pci is a reason to warn" warnings pt-hook
    guarantee_holds
    lacks "$suite: a module that is no variant of vfio-pci is left out" '/pci-stub\.ko' \
        "$(modules_of_image)"
    check "$suite: which could have been in it" test -n \
        "$(find "$root/lib/modules/$version/kernel" -name 'pci-stub.ko*')"
    whole_kernel
}

# Run the image's udev script with stand-ins, to see who is started first, and how often.
guarantee_holds() {
    local trial=$work/trial
    [ -e "$image/scripts/init-top/udev" ] || return 0 # without an image, which has been said
    rm -rf "$trial" && mkdir -p "$trial/bin" "$trial/scripts"
    sed "s|/scripts/pt-hook|$trial/scripts/pt-hook|; s|/.*/systemd-udevd|udevd|
        s|/sys/kernel/uevent_helper|/nowhere|" "$image/scripts/init-top/udev" >"$trial/udev"
    for name in udevd udevadm; do
        printf '#!/bin/sh\necho %s >>%s/trace\n' "$name" "$trial" >"$trial/bin/$name"
    done
    [ ! -e "$image/scripts/pt-hook" ] ||
        printf '#!/bin/sh\necho pt-hook >>%s/trace\nexit 1\n' "$trial" >"$trial/scripts/pt-hook"
    chmod +x "$trial"/bin/* "$trial"/scripts/* 2>/dev/null || true
    PATH=$trial/bin:$PATH sh -e "$trial/udev" || true
    same "$suite: udev's script starts pt-hook first, and goes on whatever it returns" \
        "pt-hook udevd udevadm udevadm udevadm" "$(tr '\n' ' ' <"$trial/trace" | sed 's/ $//')"
    nothing "$suite: asked for its prerequisites, it starts nothing" \
        sh "$image/scripts/init-top/udev" prereqs
    check "$suite: the script that udev's starts is ours" cmp "$image/scripts/pt-hook" \
        "$root/usr/share/initramfs-tools/scripts/init-top/pt-hook"
    lacks "$suite: pt-hook is not started a second time" '^pt-hook$' "$(order)"
}

with_own_script() {
    local_script pt-hook udev "/usr/lib/pt-hook/pt-hook"
    must_build "with an own script"
    in_order "$suite: an own script can ask to run after udev" udev pt-hook
    contains "$suite: which gives a warning that names the file" \
        '^W: pt-hook: /etc/initramfs-tools/scripts/init-top/pt-hook .*after udev' "$log"

    chmod -x "$root/etc/initramfs-tools/scripts/init-top/pt-hook"
    must_build "with an own script that is not executable"
    lacks "$suite: an own script that is not executable is left out" '^pt-hook$' "$(order)"
    contains "$suite: which gives a warning that pt-hook will not run" \
        '^W: pt-hook: /etc/.*/pt-hook .*will not run at boot' "$log"
    no_local_scripts
}

without_program() {
    mv "$root/usr/lib/pt-hook/pt-hook" "$work/program"
    if build_image; then
        fail "$suite: a missing program stops the image build"
    else
        contains "$suite: a missing program stops the image build" \
            '^E: pt-hook: /usr/lib/pt-hook/pt-hook is missing, so no image is written' "$log"
    fi
    mv "$work/program" "$root/usr/lib/pt-hook/pt-hook"
}

upgraded() {
    make_next_deb
    log=$(in_root dpkg --force-confdef -i /next.deb 2>&1) ||
        fail "$suite: the upgrade installs" "$log"
    contains "$suite: an upgrade rebuilds the image" 'update-initramfs: Generating' "$log"
    unpack_current
    same "$suite: the image has the upgraded program" next \
        "$(tail -c 4 "$image/usr/lib/pt-hook/pt-hook" | tr -d '\0')"
    contains "$suite: and still the administrator's configuration" '^pt\.ids=10de:1b06$' \
        "$(cat "$image/etc/pt-hook.conf" 2>&1)"
    keeps_configuration "$suite"
}

# What ptctl use leaves on a machine with GRUB, whose update-grub is one that ends with STATUS.
leave_words_of_ptctl() { # STATUS
    in_root dpkg --no-triggers --unpack /pt-hook.deb >/dev/null 2>&1
    in_root dpkg --no-triggers --remove pt-hook >/dev/null 2>&1
    mkdir -p "$root/etc/default/grub.d" "$root/var/lib/pt-hook/use"
    echo 'GRUB_CMDLINE_LINUX_DEFAULT="pt.ids=10de:1b06"' >"$root/etc/default/grub.d/pt-hook.cfg"
    echo '{}' >"$root/var/lib/pt-hook/use/record.json"
    cat >"$root/usr/sbin/update-grub" <<END
#!/bin/sh
echo "words of ptctl: \$(grep -c pt.ids /etc/default/grub.d/* 2>/dev/null || true)"
exit $1
END
    chmod +x "$root/usr/sbin/update-grub"
}

pt_hook_of_image() {
    find "$image" -iname '*pt[-_]hook*'
    ! grep -rl pt-hook "$image/scripts"
}

removed() {
    local status what
    log=$(in_root dpkg --remove pt-hook 2>&1) || fail "$suite: the package can be removed" "$log"
    contains "$suite: removal rebuilds the image" 'update-initramfs: Generating' "$log"
    unpack_current
    nothing "$suite: nothing of pt-hook is left in the image" pt_hook_of_image
    nothing "$suite: nor are the vfio modules" modules_of_vfio
    contains "$suite: removal leaves the administrator's configuration" '^pt\.ids=10de:1b06$' \
        "$(cat "$root/etc/pt-hook.conf" 2>&1)"
    for status in 1 0; do
        what="$suite: a purge where update-grub ends with $status"
        leave_words_of_ptctl "$status"
        log=$(in_root dpkg --no-triggers --purge pt-hook 2>&1) || fail "$suite: the package is purged" "$log"
        contains "$what makes the menu anew, without the words" '^words of ptctl: $' "$log"
        nothing "$what leaves nothing on disk" left_on_disk
        [ "$status" = 0 ] || contains "$what says so" '^pt-hook: update-grub failed' "$log"
    done
    rm "$root/usr/sbin/update-grub"
}

images_of_initramfs_tools() {
    root=$work/$suite image=$work/$suite.image
    if ! make_root "$suite"; then
        fail "$suite: a base system can be made"
        return
    fi
    policy "$modules"
    # shellcheck disable=SC2016 # dpkg-query expands it
    echo "   $(in_root dpkg-query -W -f '${Package} ${Version}' initramfs-tools), kernel $version"
    timed installed
    policy list
    for step in with_all_well with_much_amiss with_another_tsort with_own_script without_program; do
        timed "$step"
    done
    policy "$modules"
    timed upgraded
    timed removed
    [ -n "$keep" ] || rm -rf --one-file-system "$root" "$image"
}
