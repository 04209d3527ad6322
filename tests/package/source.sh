# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154 # the runner has work
# The archive that packages are built from. Sourced by tests/package/run.

# The names in the archive, without its top folder; folders have none of their own.
archived() { tar -tf "$1" | sed 's|^[^/]*/||' | LC_ALL=C sort; }

source_archive() {
    local version archive unpacked=$work/unpacked
    version=$(. scripts/lib.sh && pt_version)
    archive=$work/source/pt-hook-$version.tar.xz
    check "scripts/make-source makes the archives" scripts/make-source "$work/source"
    same "of pt-hook and of kmod, and nothing else" "kmod-34.2.tar.xz pt-hook-$version.tar.xz" \
        "$(cd "$work/source" && echo *)"
    same "the archive holds the files of the tree" "$(git ls-files --cached --others \
        --exclude-standard | while IFS= read -r file; do [ ! -e "$file" ] || echo "$file"; done |
        LC_ALL=C sort)" "$(archived "$archive")"
    same "all of them below one folder" "pt-hook-$version" \
        "$(tar -tf "$archive" | cut -d / -f 1 | sort -u)"
    same "and belong to root" "root/root" \
        "$(tar -tvf "$archive" | awk '{ print $2 }' | sort -u)"
    mkdir -p "$unpacked"
    tar -xf "$archive" -C "$unpacked"
    (
        umask 077
        cd /
        TZ=Asia/Tokyo LC_ALL=C "$unpacked/pt-hook-$version/scripts/make-source" "$work/source-again"
    ) >/dev/null || true
    check "an unpacked archive makes the same archive, byte for byte" \
        cmp "$archive" "$work/source-again/pt-hook-$version.tar.xz"
}
