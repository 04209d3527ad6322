# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154 # the runner has work, deb and offline
# How the package of Debian is built: again when one of its files has changed and only then, and to
# the same bytes from its source package, elsewhere and without a network. Sourced by
# tests/package/run.

# without_builder TREE: a directory in front of PATH in which the tool that builds packages fails.
without_builder() {
    mkdir -p "$work/bin"
    printf '#!/bin/sh\nexit 1\n' >"$work/bin/dpkg-buildpackage"
    chmod +x "$work/bin/dpkg-buildpackage"
    PATH=$work/bin:$PATH "$1/scripts/build-deb" "$work/again" 2>/dev/null
}

# In a copy of the tree, whose name has a space and which is no git clone.
builds_again_when_changed() {
    local copy="$work/a copy" what change
    mkdir "$copy"
    (. scripts/lib.sh && pt_sources) | tar --null --files-from=- -cf - | tar -C "$copy" -xf -
    check "nor in a copy of the tree" without_builder "$copy"
    while IFS='|' read -r what change; do
        cp -a "$copy" "$work/changed"
        (cd "$work/changed" && eval "$change")
        check "a package is built again for $what" fails without_builder "$work/changed"
        rm -r "$work/changed"
    done <<'END'
a change of a manual page|echo '.\" changed' >>man/ptctl.8
a change of a completion|echo '# changed' >>completions/ptctl.bash
a new file|echo >docs/new.md
another mode|chmod +x docs/guide.md
another description|echo ' And more.' >>packaging/debian/control
END
    # shellcheck disable=SC2016 # for the stand-in
    printf '#!/bin/sh\n[ "$1" != --version ] || echo another\nexec g++ "$@"\n' >"$work/bin/another-c++"
    chmod +x "$work/bin/another-c++"
    CXX=$work/bin/another-c++ check "a package is built again for another compiler" \
        fails without_builder "$copy"
    mkdir "$work/cache"
    (. scripts/lib.sh && cp -r "$(pt_cache src)" "$(pt_cache deb)" "$work/cache/")
    PT_CACHE_DIR=$work/cache check "nor with a copy of kmod's source" without_builder .
    echo '/* changed */' >>"$work"/cache/src/kmod-34.2/libkmod/libkmod.c
    PT_CACHE_DIR=$work/cache check "a package is built again for another source of kmod" \
        fails without_builder .
}

fails() { ! "$@" >/dev/null 2>&1; }

builds() {
    local again other
    if ! deb=$(scripts/build-deb "$work/first" | tail -n 1) || [ ! -s "$deb" ]; then
        fail "scripts/build-deb makes a package and prints its path"
        return 1
    fi
    pass "scripts/build-deb makes a package and prints its path"
    again=$(without_builder . | tail -n 1) || true
    check "nothing is built again when nothing has changed" cmp "$deb" "${again:-missing}"
    builds_again_when_changed
    # Without a space in its name: dpkg then leaves the place of the build in what ptctl is made of.
    mkdir -p "$work/another.place"
    other=$(umask 077 && TMPDIR="$work/another.place" TZ=Asia/Tokyo LC_ALL=C.UTF-8 \
        "${offline[@]}" scripts/build-deb --source "$work/second" | tail -n 1) || true
    check "built from its source package, elsewhere and without a network, it has the same bytes" \
        cmp "$deb" "${other:-missing}"
    same "the source package has the archives of pt-hook and of kmod" \
        "debian.tar.xz orig-kmod.tar.xz orig.tar.xz" "$(cd "$work/second" &&
            sed -n '/^Files:/,$ s/.*[-.][0-9]*[.]\(orig.*\|debian.*\)/\1/p' ./*.dsc | sort | xargs)"
    check "its archive of the source is that of scripts/make-source" \
        cmp "$work"/second/pt-hook_*.orig.tar.xz "$work"/source/pt-hook-*.tar.xz
}
