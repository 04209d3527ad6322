# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154 # the runner has work, deb and program
# The package of Debian: what is in it, and what lintian says. Sourced by tests/package/run; that it
# installs, upgrades and is removed is proven in the part `image`.

versions_agree() {
    local version
    version=$(sed -n 's/^ *project(pt-hook .*VERSION \([0-9.]*\).*/\1/p; s/^ *VERSION \([0-9.]*\)$/\1/p' \
        CMakeLists.txt | head -n 1)
    contains "CMakeLists.txt has a version" '^[0-9]+\.[0-9]+\.[0-9]+$' "$version"
    same "debian/changelog has the version of CMakeLists.txt" "$version" \
        "$(dpkg-parsechangelog -l packaging/debian/changelog -S Version | sed 's/-[^-]*$//')"
    same "CHANGELOG.md begins with it" "$version" \
        "$(sed -n 's/^## \[\([0-9.]*\)\].*/\1/p' CHANGELOG.md | head -n 1)"
    same "the spec of Fedora has it" "$version" \
        "$(sed -n 's/^Version: *//p' packaging/rpm/pt-hook.spec)"
    same "the PKGBUILD of Arch has it" "$version" "$(sed -n 's/^pkgver=//p' packaging/arch/PKGBUILD)"
    same "the package has it" "$version" "$(dpkg-deb -f "$deb" Version | sed 's/-[^-]*$//')"
    contains "the program says it" "(^| )${version//./[.]}\$" "$("$program" --version 2>&1)"
}

# What lintian finds fault with. That it has looked is seen from the tag that the package overrides.
faults() { # FILE...
    local found
    found=$(lintian --pedantic --show-overrides --tag-display-limit 0 --allow-root "$@" 2>&1) || true
    grep -q '^O: pt-hook: ' <<<"$found" ||
        printf 'lintian has not looked at the package, but said:\n%s\n' "$found"
    sed -n '/^[EW]:/p' <<<"$found"
}

lintian_is_content() { # FILE...
    if command -v lintian >/dev/null; then
        nothing "lintian: no error and no warning" faults "$@"
    else
        skip "lintian" "not installed"
    fi
}

# What the program says to words in the configuration, if not that the devices are missing, which it
# has to say.
complaints() { # WORDS
    local said
    rm -rf "$work/root" && mkdir -p "$work/root/sys/bus/pci/devices" "$work/root/etc"
    printf '%s\n' "$1" >"$work/root/etc/pt-hook.conf"
    said=$("$program" --root "$work/root" --dry-run --cmdline '' 2>&1) || true
    grep -q 'matches no device of this machine, ignored$' <<<"$said" || echo "$program has read nothing"
    sed '/matches no device of this machine, ignored$/d' <<<"$said"
}

# Links of the README to files, without those to files that are there.
dead_links() {
    local folder=$work/tree/usr/share/doc/pt-hook links file
    links=$(sed -n 's/^.*](\([^):]*\)).*$/\1/p' "$folder/README.md")
    [ -n "$links" ] || echo "the README has no link"
    while IFS= read -r file; do
        [ -e "$folder/$file" ] || echo "$file"
    done <<<"$links"
}

places_of_this_machine() {
    ! grep -aoE '/(var/)?tmp/[[:print:]]*|/home/[[:print:]]*|/root/[[:print:]]*' "$program"
}

deb_files() { dpkg-deb -c "$deb" | grep -v '^d' | awk '{ print $1, $2, $6 }' | LC_ALL=C sort; }

contents() {
    local conf=$work/tree/etc/pt-hook.conf
    expected "the package has these files and no others" deb.files deb_files
    same "it has a trigger and one maintainer script" "conffiles control md5sums postrm triggers" \
        "$(dpkg-deb --ctrl-tarfile "$deb" | tar -t | sed -n 's|^\./\(..*\)|\1|p' | sort | xargs)"
    same "the trigger rebuilds the initramfs" "activate-noawait update-initramfs" \
        "$(dpkg-deb -I "$deb" triggers | grep -v '^#')"
    same "the configuration is the administrator's" "/etc/pt-hook.conf" \
        "$(dpkg-deb -I "$deb" conffiles)"
    nothing "as it is installed, it asks for nothing" sed '/^#/d; /^$/d' "$conf"
    nothing "its examples are understood" complaints "$(sed -n 's/^#pt/pt/p' "$conf")"
    same "it needs the libraries of ptctl and no other packages" \
        "libarchive13 libc6 libgcc-s1 libkmod2 libpci3 libstdc++6" \
        "$(dpkg-deb -f "$deb" Depends | sed 's/, /\n/g' | sed 's/ .*//; s/t64$//' | sort | xargs)"
    nothing "the README has no link to a file that is not there" dead_links
    contains "it names the C library in it" 'musl \(= ' "$(dpkg-deb -f "$deb" Static-Built-Using)"
    contains "the copyright file names libkmod's source" 'kmod-34\.2\.tar\.xz' \
        "$(cat "$work/tree/usr/share/doc/pt-hook/copyright")"
    lacks "the program needs no interpreter and no library" '(INTERP|NEEDED)' \
        "$(readelf -lWd "$program" 2>&1)"
    nothing "the program names no place of the machine that built it" places_of_this_machine
}
