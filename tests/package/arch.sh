# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154 # the runner has work
# The package of Arch Linux: built by makepkg without a network, with the checks that makepkg has,
# installed into a scratch root, upgraded and removed by pacman. Sourced by tests/package/run.

# What packages on Arch are built with, where makepkg.conf of another distribution has less.
makepkg_of_arch() {
    cat /etc/makepkg.conf
    echo 'OPTIONS=(strip docs !libtool !staticlibs emptydirs zipman purge debug lto)'
}

arch_package() {
    if ! command -v makepkg >/dev/null; then
        skip "the package of Arch" "makepkg is not installed"
        return
    fi
    chmod a+x "$work"  # nobody reads it in the place of root
    makepkg_of_arch >"$work/makepkg.conf"
    if ! arch=$(MAKEPKG_CONF=$work/makepkg.conf "${offline[@]}" scripts/build-arch "$work/arch" 2>"$work/arch.log" | tail -n 1) ||
        [ ! -s "$arch" ]; then
        fail "arch: scripts/build-arch makes a package, without a network" "$(cat "$work/arch.log")"
        return
    fi
    pass "arch: scripts/build-arch makes a package, without a network"
    lacks "arch: makepkg has no complaint" 'WARNING: [^S]' \
        "$(sed 's/WARNING: Skipping dependency checks/skipped/' "$work/arch.log")"
    arch_contents
    if can_be_root && command -v pacman >/dev/null; then
        arch_lives
    else
        skip "arch: install, upgrade, remove" "no pacman, or this user cannot have root's rights"
    fi
}

# pacman in the scratch root, as on a machine whose mkinitcpio has the hook that rebuilds images. The
# root has no locale but C.
in_arch_root() {
    "${as_root[@]}" env LC_ALL=C pacman --root "$root" --dbpath "$root/var/lib/pacman" \
        --cachedir "$root/var/cache" --logfile "$root/var/pacman.log" --gpgdir "$root/var/gpg" \
        --hookdir "$root/usr/share/libalpm/hooks" --config "$root/var/pacman.conf" --arch x86_64 \
        --noconfirm "$@" 2>&1
}

make_arch_root() {
    make_scratch_root arch
    mkdir -p "$root"/var/{lib/pacman,cache} "$root/usr/share/libalpm/hooks"
    printf '[options]\nSigLevel = Never\nLocalFileSigLevel = Never\n' >"$root/var/pacman.conf"
    stand_in mkinitcpio
    # What mkinitcpio's own 90-mkinitcpio-install.hook says of usr/lib/initcpio.
    cat >"$root/usr/share/libalpm/hooks/90-mkinitcpio-install.hook" <<'END'
[Trigger]
Type = Path
Operation = Install
Operation = Upgrade
Operation = Remove
Target = usr/lib/initcpio/*

[Action]
When = PostTransaction
Exec = /usr/bin/mkinitcpio -P
END
    # What the scripts of our own hooks are made of.
    for tool in bash cat find sed grep sort; do
        put_program "$(command -v "$tool")" "/usr/bin/$tool"
    done
    ln -s bash "$root/usr/bin/env" && cp --remove-destination "$(command -v env)" "$root/usr/bin/env"
    ln -s /proc/self/fd "$root/dev/fd"
}

# The same package as its next release, with other defaults: files are packed again, not built.
next_arch() {
    local next=$work/arch-next
    mkdir -p "$next"
    bsdtar -xf "$arch" -C "$next"
    sed -i 's/^\(pkgver = .*\)-1$/\1-2/' "$next/.PKGINFO"
    rm "$next/.MTREE"
    echo "# the default has changed" >>"$next/etc/pt-hook.conf"
    (cd "$next" && bsdtar --uid 0 --gid 0 -czf "$work/next.pkg.tar.gz" .PKGINFO etc usr)
}

arch_lives() {
    local before said
    check "arch: a next release can be made" next_arch
    make_arch_root
    before=$(scratch_files)

    said=$(in_arch_root -Udd "$arch") || fail "arch: it installs" "$said"
    lacks "arch: it installs without a complaint" '(error|warning|WARNING)' "$said"
    same "arch: which rebuilds all images, with the program in place" "mkinitcpio -P: present" \
        "$(calls)"
    lacks "arch: all files are as the package has them" '(error|warning|[^0] (missing|altered))' \
        "$(in_arch_root -Qkk pt-hook)"
    same "arch: no file or folder is there that a package does not own" "" "$(comm -13 \
        <(echo "$before") <(scratch_files) | sed 's|^\./||' |
        while IFS= read -r file; do in_arch_root -Qo "$root/$file" | grep -v 'is owned by pt-hook'; done)"

    edit_scratch_conf
    said=$(in_arch_root -Udd "$work/next.pkg.tar.gz") || fail "arch: it upgrades" "$said"
    same "arch: an upgrade rebuilds all images" "mkinitcpio -P: present" "$(calls)"
    contains "arch: it keeps the administrator's configuration" '^pt\.ids=10de:1b06$' \
        "$(scratch_conf pt-hook.conf)"
    contains "arch: and puts the new default beside it" '^# the default has changed$' \
        "$(scratch_conf pt-hook.conf.pacnew)"
    rm "$root/etc/pt-hook.conf.pacnew"

    said=$(in_arch_root -R pt-hook) || fail "arch: it can be removed" "$said"
    same "arch: removal rebuilds all images, without the program" "mkinitcpio -P: absent" "$(calls)"
    same "arch: the edited configuration is all that is left" "./etc/pt-hook.conf.pacsave" \
        "$(comm -13 <(echo "$before") <(scratch_files))"
    rm "$root/etc/pt-hook.conf.pacsave"

    check "arch: it installs again" in_arch_root -Udd "$arch"
    check "arch: it can be removed with -n" in_arch_root -Rn pt-hook
    same "arch: removal with -n leaves nothing" "" "$(comm -13 <(echo "$before") <(scratch_files))"
}

arch_info() { bsdtar -xOf "$arch" .PKGINFO | sed -n "s/^$1 = //p"; }

arch_files() {
    bsdtar -tvf "$arch" | awk '$NF !~ /^\.|\/$/ { print $1, $3, $4, $NF }' | LC_ALL=C sort
}

arch_contents() {
    local version
    version=$(. scripts/lib.sh && pt_version)
    same "arch: it has the version of CMakeLists.txt" "$version-1" "$(arch_info pkgver)"
    expected "arch: it has these files and no others" arch.files arch_files
    same "arch: the configuration is the administrator's" \
        "etc/mkinitcpio.conf.d/zz-pt-hook.conf etc/pt-hook.conf" "$(arch_info backup | sort | xargs)"
    lacks "arch: it has no scripts of its own" '^\.INSTALL' "$(bsdtar -tf "$arch")"
    bsdtar -xOf "$arch" usr/lib/pt-hook/pt-hook >"$work/arch/program"
    same_program "arch: the program is the one of the other packages" "$work/arch/program"
}
