#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# ./test.sh                    the tests of every claim; two cores take a quarter of an hour
# ./test.sh quick              in seconds: unit, tree and ctl, as far as a change can reach them
# ./test.sh full               everything, also what is exhaustive; writes docs/test-report.md
# ./test.sh [full] PART...     these parts alone
# ./test.sh PART OPTION...     one part with options of its own, such as:
#
#     ./test.sh boot --case 19            the cases 19, with their control
#     ./test.sh tree --accept free-card   takes over what the program says now
#     ./test.sh ctl --list                prints the names of the cases; --help tells the rest
#
# The parts:
#
#   lint      scripts, layout and checks of C++, manual pages, the list of claims
#   build     the boot program: reproducible, and refused when it is not as it should be
#   unit      each file of the programs, on tables and on what fuzzers found
#   tree      the boot program on fake sysfs trees; every system call fails in turn
#   ctl       ptctl on fake machines
#   package   the package of Debian; in full also those of Fedora and Arch
#   image     the package in Debian systems, and what their builders of images make of it
#   boot      guests in QEMU, with emulated graphics cards; on other distributions the boot matrix
#             alone, with their own kernel and their own builder of images
#   bench     cost of a run by numbers of devices; in full also against other ways, in a guest
#   fuzz      (full) a run of each fuzz target
#   mutate    (full) faults put into the source, each of which a test has to notice
#
# unit, tree and ctl run under AddressSanitizer and UBSan, tree also on the boot program itself.
# What a part needs is installed (scripts/setup), which asks for root's rights if something is missing;
# image, boot and the guest of bench run as root. Logs go to build/test-logs, downloads and images
# to ~/.cache/pt-hook. Exit status: 0 nothing failed, 1 something failed, 2 wrong usage.

set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/scripts/lib.sh"
# shellcheck source=tests/parts.sh
. "$pt_source_dir/tests/parts.sh"

default_parts=(lint build unit tree ctl package image boot bench)
all_parts=("${default_parts[@]}" fuzz mutate)
usage() { sed -n '/^#$/,/^$/ s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" | sed 1d; }
is_part() { [[ " ${all_parts[*]} " == *" $1 "* ]]; }
wrong() {
    printf 'test.sh: %s\n\n' "$*" >&2
    usage >&2
    exit 2
}

tier='' parts=() options=()
case ${1-} in
    --help | -h) usage && exit ;;
    quick | full) tier=$1 && shift ;;
esac
for word in "$@"; do
    if [ ${#options[@]} -gt 0 ] || { [ ${#parts[@]} = 1 ] && ! is_part "$word"; }; then
        options+=("$word")
    elif is_part "$word"; then
        parts+=("$word")
    else
        wrong "no such part: $word"
    fi
done
whole_run=
if [ "$tier" = quick ] && [ ${#parts[@]} -gt 0 ]; then
    wrong "quick chooses its parts by itself"
elif [ ${#parts[@]} = 0 ]; then
    whole_run=yes
    parts=("${default_parts[@]}")
    [ "$tier" != full ] || parts=("${all_parts[@]}")
fi

keep_temporary_files_in_memory "${BASH_SOURCE[0]}" "$@"
cd "$pt_source_dir"
CCACHE_DIR=$(pt_cache ccache)
export CCACHE_DIR
mkdir -p build/test-logs
state=$(mktemp -d)
trap 'end_jobs; rm -rf "$state"; forget_memory' EXIT
trap 'exit 130' INT TERM HUP

if [ "$tier" = quick ]; then
    quick
elif [ ${#options[@]} -gt 0 ]; then
    make_ready "${parts[0]}" >&2
    run_part "${parts[0]}" "${options[@]}"
else
    run_side_by_side
    sum_up
    [ -z "$whole_run" ] || [ "$tier" != full ] || write_report
    all_passed
fi
