#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the Debian package's script does to a system that it is run outside of.

set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/checks.sh
. "$top/tests/checks.sh"

# A script that heeds no DPKG_ROOT would take away what this machine has.
for path in /var/lib/pt-hook /etc/default/grub.d/pt-hook.cfg; do
    if [ -e "$path" ]; then
        skip "what a purge does to another system" "ptctl use has made $path here"
        summary
        exit
    fi
done

work=$(mktemp -d "${TMPDIR:-/tmp}/pt-postrm.XXXXXX")
trap 'rm -rf "$work"' EXIT
root="$work/a root"
mkdir -p "$root/etc/default/grub.d" "$root/var/lib/pt-hook/use" "$work/bin"
printf '#!/bin/sh\ntouch "%s/called"\n' "$work" >"$work/bin/update-grub"
chmod +x "$work/bin/update-grub"
for name in etc/default/grub.d/pt-hook.cfg etc/default/grub.d/mine.cfg \
    var/lib/pt-hook/use/record.json; do
    : >"$root/$name"
done

run() { # ACTION...
    check "'$*' succeeds" env DPKG_ROOT="$root" PATH="$work/bin:$PATH" \
        sh "$top/packaging/debian/pt-hook.postrm" "$@"
}

before=$(cd "$root" && find . | sort)
for action in "remove" "upgrade 2" "failed-upgrade 2" "abort-install" "abort-upgrade 2" \
    "disappear other 2"; do
    # shellcheck disable=SC2086 # an action with its arguments
    run $action
done
same "only a purge takes something away" "$before" "$(cd "$root" && find . | sort)"
run purge
same "a purge takes away what ptctl use has made, there" \
    "$(printf '.\n./etc\n./etc/default\n./etc/default/grub.d\n./etc/default/grub.d/mine.cfg\n./var\n./var/lib')" \
    "$(cd "$root" && find . | sort)"
same "this system's menu is not made anew for that" "" "$(ls "$work/called" 2>/dev/null || true)"

summary
