# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154 # the runner has work
# The package of Fedora: built by rpmbuild without a network, looked at by rpmlint, installed into a
# scratch root, upgraded and removed by rpm. Sourced by tests/package/run.

rpm_package() {
    if ! command -v rpmbuild >/dev/null; then
        skip "the package of Fedora" "rpmbuild is not installed"
        return
    fi
    if ! rpm=$("${offline[@]}" "${kept[@]}" scripts/build-rpm "$work/rpm" | tail -n 1) || [ ! -s "$rpm" ]; then
        fail "rpm: scripts/build-rpm makes a package, without a network"
        return
    fi
    pass "rpm: scripts/build-rpm makes a package, without a network"
    rpm_contents
    rpmlint_is_content
    if can_be_root; then
        rpm_lives
    else
        skip "rpm: install, upgrade, remove" "this user cannot have root's rights"
    fi
}

# Manual pages are packed as the distribution does.
rpm_files() {
    rpm -qp --qf '[%{filemodes:perms} %{fileusername} %{filegroupname} %{filenames}\n]' "$rpm" |
        sed -E '/\/man\//s/\.(gz|xz|zst)$//' | LC_ALL=C sort
}

rpm_contents() {
    local version
    version=$(. scripts/lib.sh && pt_version)
    same "rpm: it has the version of CMakeLists.txt" "$version" \
        "$(rpm -qp --qf '%{version}' "$rpm")"
    expected "rpm: it has these files and no others" rpm.files rpm_files
    same "rpm: the configuration is the administrator's" "/etc/pt-hook.conf" \
        "$(rpm -qp --configfiles "$rpm")"
    contains "rpm: and says so" '^/etc/pt-hook\.conf 17$' \
        "$(rpm -qp --qf '[%{filenames} %{fileflags}\n]' "$rpm")"
    contains "rpm: it needs dracut" '^dracut >= 059$' "$(rpm -qp --requires "$rpm")"
    contains "rpm: it names the kmod in it" '^bundled\(kmod\) = 34\.2$' \
        "$(rpm -qp --provides "$rpm")"
    same "rpm: its source package has the archives as sources" \
        "kmod-34.2.tar.xz pt-hook-$version.tar.xz pt-hook.spec" \
        "$(rpm -qlp "${rpm%.*.rpm}.src.rpm" | xargs)"
    mkdir -p "$work/rpm/tree"
    rpm2cpio "$rpm" | (cd "$work/rpm/tree" && cpio -idm --quiet)
    same_program "rpm: the program is the one of the other packages" \
        "$work/rpm/tree/usr/lib/pt-hook/pt-hook"
}

rpmlint_is_content() {
    local found
    if ! command -v rpmlint >/dev/null; then
        skip "rpmlint" "not installed"
        return
    fi
    found=$(rpmlint -c packaging/rpm/rpmlint.toml "$work"/rpm/*.rpm packaging/rpm/pt-hook.spec 2>&1) ||
        true
    lacks "rpmlint: no error and no warning" ': [EW]: ' "$found"
    contains "rpmlint ran" '^ 2 packages and 1 specfiles checked' "$found"
}

# The same package as its next release, with another default configuration: the scriptlets and the
# list of files are those of the spec, the files are unpacked and not built again.
next_rpm() {
    local next=$work/rpm-next
    mkdir -p "$next"
    cp -r "$work/rpm/tree" "$next/tree"
    echo "# the default has changed" >>"$next/tree/etc/pt-hook.conf"
    awk -v tree="$next/tree" '
        /^Release:/ { $0 = "Release: 2" }
        /^Source[0-9]*:/ { next }
        /^%(prep|build|check)$/ { skipping = 1 }
        /^%install$/ { print; print "cp -a " tree "/. %{buildroot}/"; skipping = 1 }
        /^# No file is in an image/ { skipping = 0 }
        !skipping { print }' packaging/rpm/pt-hook.spec >"$next/pt-hook.spec"
    rpmbuild -bb --nodeps --define "_topdir $next" "$next/pt-hook.spec" >"$next/log" 2>&1 ||
        { tail -n 20 "$next/log" && return 1; }
    cp "$next"/RPMS/*/pt-hook-*-2.*.rpm "$work/next.rpm"
}

# On Debian rpm says first that it should not be used.
in_rpm_root() {
    local status=0 said
    said=$("${as_root[@]}" rpm --root "$root" "$@" 2>&1) || status=$?
    sed -E '/^rpm: (RPM should not|However assuming)/d; /^$/d' <<<"$said"
    return "$status"
}

# Folders that packages have in common, and that none of them takes along.
shared_folders='/usr/(lib(/systemd(/system)?|/dracut(/modules\.d)?)?|share(/(doc|licenses|man(/man[578])?'
shared_folders+='|bash-completion(/completions)?|fish(/vendor_completions\.d)?|zsh(/site-functions)?))?)'

rpm_lives() {
    local before said
    check "rpm: a next release can be made" next_rpm
    make_scratch_root rpm
    stand_in dracut
    "${as_root[@]}" rpm --root "$root" --initdb
    before=$(scratch_files)

    nothing "rpm: it installs" in_rpm_root -i --nodeps "$rpm"
    same "rpm: which rebuilds all images, with the program in place" \
        "dracut --force --regenerate-all: present" "$(calls)"
    nothing "rpm: all files are as the package has them" in_rpm_root -V --nodeps pt-hook
    same "rpm: no file or folder is there that a package does not own" "" "$(comm -13 \
        <(echo "$before") <(scratch_files) | sed 's|^\.||' |
        grep -vxE "$shared_folders" |
        while IFS= read -r file; do in_rpm_root -qf "$file"; done | grep -v '^pt-hook-' || true)"

    edit_scratch_conf
    touch "$root/fail"
    said=$(in_rpm_root -U --nodeps "$work/next.rpm") || fail "rpm: it upgrades though dracut fails"
    contains "rpm: when dracut fails, it says so and what to do" \
        '^pt-hook: dracut failed, .* run: dracut --force --regenerate-all$' "$said"
    rm "$root/fail"
    same "rpm: an upgrade rebuilds all images, once" \
        "dracut --force --regenerate-all: present" "$(calls)"
    contains "rpm: it keeps the administrator's configuration" '^pt\.ids=10de:1b06$' \
        "$(scratch_conf pt-hook.conf)"
    contains "rpm: and puts the new default beside it" '^# the default has changed$' \
        "$(scratch_conf pt-hook.conf.rpmnew)"
    rm "$root/etc/pt-hook.conf.rpmnew"

    contains "rpm: it can be removed" 'saved as /etc/pt-hook\.conf\.rpmsave' \
        "$(in_rpm_root -e --nodeps pt-hook)"
    same "rpm: removal rebuilds all images, without the program" \
        "dracut --force --regenerate-all: absent" "$(calls)"
    same "rpm: the edited configuration is all that is left" "./etc/pt-hook.conf.rpmsave" \
        "$(comm -13 <(echo "$before") <(scratch_files) | grep -v '^\./usr/')"
    rm "$root/etc/pt-hook.conf.rpmsave"
    rpm_lives_otherwise "$before"
}

# rpm_lives_otherwise FILES: nothing edited, and images that are made elsewhere.
rpm_lives_otherwise() {
    mkdir -p "$root/run"
    touch "$root/run/ostree-booted"
    contains "rpm: where images are made elsewhere, it says how" \
        '^pt-hook: .*rpm-ostree initramfs --enable$' "$(in_rpm_root -i --nodeps "$rpm")"
    same "rpm: and makes none" "" "$(calls)"
    in_rpm_root -e --nodeps pt-hook || true
    rm -r "$root/run"
    same "rpm: removal leaves nothing" "" "$(comm -13 <(echo "$1") <(scratch_files) |
        grep -vxE ".$shared_folders" || true)"
}
