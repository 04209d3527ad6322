#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# demo.sh [--suite bookworm|trixie]
#
# Boots a Debian machine with an emulated GTX 1080 Ti twice, without and with pt-hook, and shows in
# a table which driver got the card. Ends with 0 when without pt-hook another driver reached the
# card, and with pt-hook vfio-pci holds it and nobody else touched it. Nothing happens to this
# machine's own devices. Logs go to build/demo, downloads and images to ~/.cache/pt-hook.
# It needs Debian, of whose packages the machine is made; elsewhere it does nothing and ends with 3.

set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/scripts/lib.sh"

usage() { sed -n 's/^# \{0,1\}//; 4,10p' "${BASH_SOURCE[0]}"; }

suite=trixie wrong=
case ${1-} in
    --help) usage && exit 0 ;;
    --suite) suite=${2-} && shift $(($# < 2 ? $# : 2)) ;;
esac
[[ $suite =~ ^(bookworm|trixie)$ ]] || wrong="it has no machine of suite '$suite'"
[ $# = 0 ] || wrong="it knows no '$1'"
if [ -n "$wrong" ]; then
    printf 'demo.sh: %s\n\n' "$wrong" >&2
    usage >&2
    exit 2
fi
if ! pt_is_debian; then
    printf 'demo.sh: error: %s\n' \
        "it needs Debian, of whose packages the machine that it boots is made; nothing was done" >&2
    exit 3
fi

step() { printf '\n[%3d s] %s\n' "$SECONDS" "$*"; }

# boot NAME OPTION...: the same machine each time; what became of its devices goes to NAME.json
boot() {
    local name=$1
    shift
    as_root env PT_CACHE_DIR="$cache" tests/boot/run --suite "$suite" --image-kind generic \
        --gpu 10de:1b06,10de:10ef --append 'pt.ids=10de:1b06,10de:10ef' \
        --json --keep-log "$out/$name.log" "$@" 2>&1 >"$out/$name.json" |
        sed -u "s/^/$(printf '%9s' "$name"): /"
}

cd "$pt_source_dir"
cache=$(pt_cache)
out=$pt_source_dir/build/demo
mkdir -p "$out"

step "1/4 install what is missing on this machine (up to 5 minutes the first time)"
scripts/setup build package boot

step "2/4 build the package (half a minute the first time)"
deb=$(scripts/build-deb "$out" | tail -n 1)

# A job in the background does not hear Ctrl-C.
trap 'kill 0' INT

step "3/4 boot $suite without and with pt-hook, at once (1 to 2 minutes, 4 more the first time)"
boot without --no-hook &
without=$!
came_up=yes
boot with --deb "$deb" || came_up=
wait "$without" || came_up=
[ "$came_up" ] || die "a machine did not come up; the console logs are in $out"

step "4/4 compare"
echo
tests/boot/compare "$out/without.json" "$out/with.json" || die "pt-hook did not do its work"
echo
say "without pt-hook other drivers reached the card; with it vfio-pci was first"
