#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# ./test.sh [--help] [PART...]
#
# Runs the tests of the parts, of all when none is named, and ends with a table:
#
#   lint      shell scripts, layout and checks of C++, manual pages
#   build     the release build: reproducible, and refused when it is not as it should be
#   unit      each file of the program, on tables and on what fuzzers found; also under
#             AddressSanitizer and UBSan
#   tree      the program on fake sysfs trees; also under the sanitizers
#   ctl       ptctl on fake machines, also under the sanitizers
#   fuzz      a short run of each fuzz target
#   package   the packages of Debian, Fedora and Arch, each by its own tools
#   image     the package in Debian systems, and what initramfs-tools makes of it
#   boot      Debian guests in QEMU, with emulated graphics cards; on other distributions the boot
#             matrix alone, with their own kernel and their own builder of images
#   bench     cost of a run by numbers of devices, and against other ways, in a Debian guest
#
# Installs what a part needs (scripts/setup), which asks for root's rights if something is missing;
# image, boot and, on Debian, bench run as root. Logs go to build/test-logs, downloads and images to ~/.cache/pt-hook.
# Exit status: 0 nothing failed, 1 something failed, 2 wrong usage.

set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/scripts/lib.sh"

all_parts=(lint build unit tree ctl fuzz package image boot bench)
usage() { sed -n '/^#$/,/^$/ s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" | sed 1d; }

# What compilers make is kept too. Not so for the part "build", which asks what a build makes.
export CCACHE_BASEDIR=$pt_source_dir CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=1G
launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)

# ctest_part LABELS PRESET...: builds each preset, runs its tests with one of the labels (a|b), and
# sums up.
ctest_part() {
    local labels=$1 preset junit status=0 passed=0 failed=0 skipped=0
    local -A count
    shift
    for preset in "$@"; do
        cmake --preset "$preset" "${launcher[@]}" && cmake --build --preset "$preset" || return
        junit=$pt_source_dir/build/$preset/tests.xml
        rm -f "$junit"
        ctest --preset "$preset" --label-regex "^($labels)\$" --parallel 2 \
            --output-junit "$junit" || status=$?
        for name in tests failures disabled skipped; do
            count[$name]=$(grep -om1 "\b$name=\"[0-9]*\"" "$junit" | tr -dc 0-9) || return
        done
        sed -n "s/^.*<system-out>skipped \(.*\)/skip  $preset: \1/p" "$junit"
        failed=$((failed + count[failures]))
        skipped=$((skipped + count[disabled] + count[skipped]))
        passed=$((passed + count[tests] - count[failures] - count[disabled] - count[skipped]))
    done
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    return "$status"
}

# root_part RUNNER OPTION...: on a package that was built before, by the user who owns the tree.
root_part() {
    local deb cache
    deb=$(scripts/build-deb build/package | tail -n 1) && [ -n "$deb" ] || return
    cache=$(pt_cache)
    as_root env PT_CACHE_DIR="$cache" PT_MKINITCPIO_DIR="${PT_MKINITCPIO_DIR-}" "$@" --deb "$deb"
}

# On other distributions the matrix alone, with their own kernel and builder.
boot_part() {
    local package cache
    if pt_is_debian; then
        root_part tests/boot/run --all
        return
    fi
    case $(pt_package_manager) in
        dnf) package=$(scripts/build-rpm build/package | tail -n 1) ;;
        pacman) package=$(scripts/build-arch build/package | tail -n 1) ;;
        *) package=$(scripts/build-deb build/package | tail -n 1) ;;
    esac
    [ -n "$package" ] || return
    cache=$(pt_cache)
    as_root env PT_CACHE_DIR="$cache" tests/boot/run --all --suite native --filter matrix \
        --deb "$package"
}

# The part that needs no guest runs on every distribution.
bench_part() {
    cmake --preset release && cmake --build --preset release || return
    local run=(tests/bench/run --program build/release/pt-hook)
    if command -v mmdebstrap >/dev/null; then
        root_part "${run[@]}"
    else
        "${run[@]}"
    fi
}

run_part() {
    case $1 in
        unit) ctest_part 'unit|fuzz' test asan ;;
        tree) ctest_part tree test asan ;;
        ctl) ctest_part ctl test asan ;;
        image) root_part tests/image/run ;;
        boot) boot_part ;;
        bench) bench_part ;;
        *) "tests/$1/run" ;;
    esac
}

# The boot runner has the reason on a line of its own.
skip_reasons() { # PART LOG
    sed -n "
        s/^skip  */$1: /p
        /^skipped [a-z]*\/.*: / {
            N
            s/^skipped /$1: /
            s/\n */ - /p
        }" "$2"
}

# Systems are unpacked, changed and removed here by the hundred, which takes a disk three times as
# long as memory. So temporary files are kept there where it can be had: root, 12 GiB free, of which
# a control group may have its share only, and no other wish in TMPDIR. Only this run sees the mount,
# which ends with it.
keep_temporary_files_in_memory() {
    local free folder bound=max
    [ -z "${TMPDIR-}" ] && [ "$(id -u)" = 0 ] && command -v unshare >/dev/null || return 0
    free=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo)
    ! [ -r /sys/fs/cgroup/memory.max ] || read -r bound </sys/fs/cgroup/memory.max
    [ "$bound" = max ] || [ "$((bound >> 10))" -ge "${free:-0}" ] || free=$((bound >> 10))
    [ "${free:-0}" -ge $((12 << 20)) ] || return 0
    if [ "${pt_own_mounts-}" != "$$" ]; then
        unshare --mount --propagation slave true 2>/dev/null || return 0
        pt_own_mounts=$$ exec unshare --mount --propagation slave bash "${BASH_SOURCE[0]}" "$@"
    fi
    folder=$(mktemp -d /var/tmp/pt-test.XXXXXX)
    if mount -t tmpfs -o mode=1777,size=$((free * 3 / 4))k tmpfs "$folder" 2>/dev/null; then
        export TMPDIR=$folder
        memory=$folder
        printf 'temporary files are kept in memory (TMPDIR=/var/tmp keeps them on the disk)\n'
    else
        rmdir "$folder"
    fi
}

elapsed() { printf '[%2d:%02d]' $((SECONDS / 60)) $((SECONDS % 60)); }

# Shows once a minute that the part goes on, until it gets SIGTERM or the run is no more.
heartbeat() {
    local nap
    trap 'kill "$nap"; exit' TERM
    while sleep 60 & nap=$!; wait "$nap" && kill -0 $$ 2>/dev/null; do
        printf '%s %-8s %s\n' "$(elapsed)" "$1" "$(tail -n 1 "$2" | cut -c 1-100)"
    done
}

# A job in the background does not hear Ctrl-C.
beat=
stop_heartbeat() {
    [ -z "$beat" ] || kill "$beat" 2>/dev/null || true
    beat=
}

# Runs a part with its output in a log; adds its line to the table.
part() {
    local name=$1 log=build/test-logs/$1.log status=0 begin=$SECONDS counts
    printf '%s %-8s ...\n' "$(elapsed)" "$name"
    : >"$log"
    heartbeat "$name" "$log" &
    beat=$!
    # In a shell of its own, where a failure ends the part and not the run. `|| status=` would
    # switch "set -e" off in all that is run, so the status is taken afterwards.
    set +e
    (
        set -e
        scripts/setup "$name"
        run_part "$name"
    ) >"$log" 2>&1 </dev/null
    status=$?
    set -e
    stop_heartbeat

    counts=$(tail -n 1 "$log")
    if [ "$status" = 3 ] && [[ $counts == setup:* ]]; then
        counts="0 passed, 0 failed, 1 skipped"
        printf '%s\n' "${log##*/}: $(tail -n 1 "$log")" >>"$skips"
    elif [[ ! $counts =~ ^[0-9]+\ passed,\ [0-9]+\ failed,\ [0-9]+\ skipped$ ]]; then
        printf '      %s\n' "no sum at the end of $log; it ended with status $status:"
        tail -n 20 "$log" | sed 's/^/      | /'
        counts="0 passed, 1 failed, 0 skipped"
    elif [ "$status" != 0 ] && [[ $counts == *" 0 failed,"* ]]; then
        printf '      %s\n' "no test failed, but it ended with status $status: $log"
        counts=${counts/ 0 failed/ 1 failed}
    elif [[ $counts != *" 0 failed,"* ]]; then
        grep -iE '^ *(FAIL|[0-9]+ - .*\(Failed\)|.*\*\*\*Failed)' "$log" | head -n 20 |
            sed 's/^/      | /' || true
        printf '      %s\n' "all of it: $log"
    fi
    skip_reasons "$name" "$log" >>"$skips"
    printf '%s %-8s %s (%d s)\n' "$(elapsed)" "$name" "$counts" $((SECONDS - begin))
    printf '%s %s %d\n' "$name" "${counts//[!0-9 ]/}" $((SECONDS - begin)) >>"$table"
}

# The table; fails when a test has failed.
sum_up() {
    printf '\n'
    if [ -s "$skips" ]; then
        printf 'skipped:\n'
        sed 's/^/  /' "$skips"
        printf '\n'
    fi
    awk '
        function row(name, passed, failed, skipped, time) {
            printf "%-8s %8s %8s %8s %8s\n", name, passed, failed, skipped, time
        }
        BEGIN { row("part", "passed", "failed", "skipped", "time") }
        {
            row($1, $2, $3, $4, $5 " s")
            for (i = 2; i <= 5; i++)
                sum[i] += $i
        }
        END {
            row("all", sum[2], sum[3], sum[4], sum[5] " s")
            exit sum[3] > 0
        }' "$table"
}

parts=()
for word in "$@"; do
    case " ${all_parts[*]} " in
        *" $word "*) parts+=("$word") ;;
        *)
            if [ "$word" = --help ] || [ "$word" = -h ]; then usage && exit 0; fi
            printf 'test.sh: no such part: %s\n\n' "$word" >&2
            usage >&2
            exit 2
            ;;
    esac
done
[ ${#parts[@]} -gt 0 ] || parts=("${all_parts[@]}")

memory=
keep_temporary_files_in_memory "$@"
cd "$pt_source_dir"
CCACHE_DIR=$(pt_cache ccache)
export CCACHE_DIR
mkdir -p build/test-logs
table=$(mktemp)
skips=$(mktemp)
tidy_up() {
    stop_heartbeat
    rm -f "$table" "$skips"
    [ -z "$memory" ] || { umount --lazy "$memory" && rmdir "$memory"; } || true
}
trap tidy_up EXIT
for name in "${parts[@]}"; do part "$name"; done
sum_up
