# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154 # test.sh has tier, parts, state
#
# How test.sh runs the parts: what each needs, two of them side by side, a table at the end. Sourced.

# What compilers make is kept too, whatever the folder of the sources is called.
export CCACHE_BASEDIR=$pt_source_dir CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=1G
launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)

# configured PRESET: configures it, unless that has been done; cmake itself sees to changes.
configured() {
    [ -e "build/$1/build.ninja" ] || cmake --preset "$1" "${launcher[@]}"
}

# compiled PRESET TARGET...
compiled() {
    configured "$1" && cmake --build --preset "$1" --target "${@:2}"
}

# What more than one part needs is made once, as a part of its own in the table.
check_targets=(pt-unit report-samples corpus pt-hook-host ptctl pt-ctl-unit)
compile() {
    compiled check "${check_targets[@]}" && compiled release pt-hook &&
        printf '2 passed, 0 failed, 0 skipped\n'
}

deb() {
    local quick=--quick
    [ "$tier" != full ] || quick=
    # shellcheck disable=SC2086 # no option, or one
    scripts/build-deb $quick build/package && printf '1 passed, 0 failed, 0 skipped\n'
}

# The base systems of guests are made while compilers run, for they take one core and a network.
bases() {
    root_part tests/boot/run --prepare ${tier:+--full} && printf '1 passed, 0 failed, 0 skipped\n'
}

root_part() {
    local cache
    cache=$(pt_cache)
    as_root env PT_CACHE_DIR="$cache" PT_MKINITCPIO_DIR="${PT_MKINITCPIO_DIR-}" \
        TMPDIR="${TMPDIR-}" "$@"
}

package_file() {
    local file
    file=$(find build/package -maxdepth 1 -name 'pt-hook*' -newer "$state" -print -quit)
    [ -n "$file" ] || file=$(find build/package -maxdepth 1 -name 'pt-hook*' -print -quit)
    printf '%s\n' "$file"
}

# On other distributions the matrix alone, with their own kernel and builder.
boot_of_another_distribution() {
    local package
    case $(pt_package_manager) in
        dnf) package=$(scripts/build-rpm build/package | tail -n 1) ;;
        pacman) package=$(scripts/build-arch build/package | tail -n 1) ;;
        *) package=$(scripts/build-deb build/package | tail -n 1) ;;
    esac
    [ -n "$package" ] && root_part tests/boot/run --suite native --filter matrix --deb "$package" "$@"
}

# needs_of PART: what has to be made before it.
needs_of() {
    case $1 in
        unit | tree | ctl | lint | bench) echo compile ;;
        package) echo deb ;;
        image | boot) ! pt_is_debian || echo deb bases ;;
    esac
}

# run_part PART OPTION...: all that it needs is there.
run_part() {
    local full=() deb=()
    [ "$tier" != full ] || full=(--full)
    [[ " $(needs_of "$1") " != *" deb "* ]] || deb=(--deb "$(package_file)")
    case $1 in
        compile | deb | bases) "$1" ;;
        unit | ctl) "tests/$1/run" --build build/check "${full[@]}" "${@:2}" ;;
        tree) tests/tree/run --build build/check --program build/release/pt-hook "${full[@]}" "${@:2}" ;;
        image) root_part tests/image/run "${deb[@]}" "${full[@]}" "${@:2}" ;;
        boot)
            if pt_is_debian; then
                root_part tests/boot/run "${deb[@]}" "${full[@]}" "${@:2}"
            else
                boot_of_another_distribution "${@:2}"
            fi
            ;;
        bench) bench "${full[@]}" "${@:2}" ;;
        *) "tests/$1/run" "${deb[@]}" "${full[@]}" "${@:2}" ;;
    esac
}

bench() {
    local run=(tests/bench/run --program build/release/pt-hook)
    if [ "$tier" != full ]; then
        "${run[@]}" --only counts --only memory --only planning --only idle "$@"
    elif command -v mmdebstrap >/dev/null; then
        root_part "${run[@]}" --deb "$(package_file)" "$@"
    else
        "${run[@]}" "$@"
    fi
}

# What scripts/setup calls it; what is made needs nothing that its parts do not.
set_up() { # PART
    case $1 in
        compile) scripts/setup build unit ;;
        deb) scripts/setup deb ;;
        bases) scripts/setup boot ;;
        mutate) scripts/setup unit tree ctl ;;
        *) scripts/setup "$1" ;;
    esac
    [ "$tier" != full ] || scripts/setup full
}

# make_ready PART: installs and makes what one part needs.
make_ready() {
    local need
    for need in $(needs_of "$1") "$1"; do
        set_up "$need"
        [ "$need" = "$1" ] || run_part "$need"
    done
}

# Side by side -----------------------------------------------------------------------------------

elapsed() { printf '[%2d:%02d]' $((SECONDS / 60)) $((SECONDS % 60)); }

# Runs a part with its output in a log, and adds its line to the table.
part() {
    local name=$1 log=build/test-logs/$1.log status=0 begin=$SECONDS counts cpu
    printf '%s %-8s ...\n' "$(elapsed)" "$name"
    : >"$log"
    : >"$state/running/$name"
    # In a shell of its own, where a failure ends the part and not the run. `|| status=` would
    # switch "set -e" off in all that is run, so the status is taken afterwards.
    set +e
    (
        set -e
        trap 'times >"$state/times.$name"' EXIT
        set_up "$name"
        run_part "$name"
    ) >"$log" 2>&1 </dev/null
    status=$?
    set -e
    rm "$state/running/$name"
    cpu=$(sed 's/m/ /g; s/s//g' "$state/times.$name" | awk '{ s += $1 * 60 + $2 + $3 * 60 + $4 } END { printf "%d", s }')

    counts=$(tail -n 1 "$log")
    if [ "$status" = 3 ] && grep -q '^setup: ' <<<"$counts"; then
        counts="0 passed, 0 failed, 1 skipped"
        printf '%s\n' "$name: $(tail -n 1 "$log")" >>"$state/skips"
    elif [[ ! $counts =~ ^[0-9]+\ passed,\ [0-9]+\ failed,\ [0-9]+\ skipped$ ]]; then
        printf '      %s\n' "no sum at the end of $log; it ended with status $status:"
        tail -n 20 "$log" | sed 's/^/      | /'
        counts="0 passed, 1 failed, 0 skipped"
    elif [ "$status" != 0 ] && [[ $counts == *" 0 failed,"* ]]; then
        printf '      %s\n' "no test failed, but it ended with status $status: $log"
        counts=${counts/ 0 failed/ 1 failed}
    elif [[ $counts != *" 0 failed,"* ]]; then
        grep -E '^ *FAIL' "$log" | head -n 20 | sed 's/^/      | /' || true
        printf '      %s\n' "all of it: $log"
    fi
    skip_reasons "$name" "$log" >>"$state/skips"
    printf '%s %-8s %s (%d s)\n' "$(elapsed)" "$name" "$counts" $((SECONDS - begin))
    # shellcheck disable=SC2086 # a word for each number
    printf '%s %d %d %d %d %d\n' "$name" ${counts//[!0-9 ]/} $((SECONDS - begin)) "$cpu" \
        >>"$state/table"
    [[ $counts == *" 0 failed,"* ]] && : >"$state/good/$name"
    : >"$state/done/$name"
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

# lane PART...: one after another; each waits for what it needs, and is not run without that.
lane() {
    local name need
    for name in "$@"; do
        for need in $(needs_of "$name"); do
            until [ -e "$state/done/$need" ]; do sleep 0.5; done
            [ -e "$state/good/$need" ] || continue 2
        done
        part "$name"
    done
}

# Which lane a part is in; boot has both cores for itself, at the end. In the first lane compilers
# and what they make, in the second what wants other programs and root's rights.
first_lane=(compile deb unit tree ctl build lint fuzz mutate)
second_lane=(bases package image bench)

run_side_by_side() {
    local name lanes=() first=() second=() wanted
    wanted=" ${parts[*]} "
    for name in "${parts[@]}"; do
        for need in $(needs_of "$name"); do [[ $wanted == *" $need "* ]] || wanted+="$need "; done
    done
    for name in "${first_lane[@]}"; do [[ $wanted != *" $name "* ]] || first+=("$name"); done
    for name in "${second_lane[@]}"; do [[ $wanted != *" $name "* ]] || second+=("$name"); done
    mkdir "$state/running" "$state/done" "$state/good"
    : >"$state/table"
    : >"$state/skips"
    set -m # a process group for each job, by which all of it can be ended
    heartbeat &
    jobs_to_end+=($!)
    lane "${first[@]}" &
    lanes+=($!)
    lane "${second[@]}" &
    lanes+=($!)
    jobs_to_end+=("${lanes[@]}")
    set +m
    wait "${lanes[0]}" || true
    wait "${lanes[1]}" || true
    if [[ $wanted == *" boot "* ]]; then
        set -m
        lane boot &
        jobs_to_end+=($!)
        set +m
        wait $! || true
    fi
    end_jobs
}

jobs_to_end=()
end_jobs() {
    local job
    for job in "${jobs_to_end[@]}"; do kill -TERM -- "-$job" 2>/dev/null || true; done
    jobs_to_end=()
}

# Shows once a minute that the parts go on, until the run is no more.
heartbeat() {
    local name
    while sleep 60 && kill -0 $$ 2>/dev/null; do
        for name in "$state"/running/*; do
            name=${name##*/}
            [ "$name" = "*" ] || printf '%s %-8s %s\n' "$(elapsed)" "$name" \
                "$(tail -n 1 "build/test-logs/$name.log" | cut -c 1-100)"
        done
    done
}

# The table, and why something was skipped.
sum_up() {
    local name
    for name in "${parts[@]}"; do
        [ -e "$state/done/$name" ] || printf '%s 0 1 0 0 0\n' "$name" >>"$state/table"
    done
    printf '\n'
    if [ -s "$state/skips" ]; then
        printf 'skipped:\n'
        sed 's/^/  /' "$state/skips"
        printf '\n'
    fi
    awk -v total="$SECONDS" '
        function row(name, passed, failed, skipped, time, cpu) {
            printf "%-8s %8s %8s %8s %8s %8s\n", name, passed, failed, skipped, time, cpu
        }
        BEGIN { row("part", "passed", "failed", "skipped", "time", "cpu") }
        {
            row($1, $2, $3, $4, $5 " s", $6 " s")
            for (i = 2; i <= 6; i++)
                sum[i] += $i
        }
        END { row("all", sum[2], sum[3], sum[4], total " s", sum[6] " s") }' "$state/table" |
        tee "$state/sum"
}

all_passed() { awk '{ failed += $3 } END { exit failed > 0 }' "$state/table"; }

# What the last whole run of everything has shown.
write_report() {
    local commit changed=''
    commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
    [ -z "$(git status --porcelain -- . ':!docs/test-report.md' 2>/dev/null)" ] || changed=' and changes'
    # shellcheck disable=SC2016 # the grave accents are those of Markdown
    {
        printf '# Test report\n\n'
        printf 'The table that the last `./test.sh full` has ended with; it writes this file itself.\n\n'
        printf -- '- Date: %s\n' "$(date -u +%F)"
        printf -- '- Commit: %s%s\n' "$commit" "$changed"
        printf -- '- System: %s, Linux %s, %s processors\n' \
            "$(. /etc/os-release && printf '%s' "$PRETTY_NAME")" "$(uname -r)" "$(nproc)"
        printf -- '- Compilers: %s; %s\n' "$(g++ --version | head -n 1)" "$(clang --version | head -n 1)"
        printf -- '- %s\n' "$(qemu-system-x86_64 --version 2>/dev/null | head -n 1)"
        printf -- '- mkinitcpio: %s\n\n' "$(tests/image/put-mkinitcpio --version 2>/dev/null || echo 'not here')"
        sed 's/^/    /; s/ *$//' "$state/sum"
        if [ -s "$state/skips" ]; then
            printf '\nSkipped:\n\n'
            sed 's/^/- /' "$state/skips"
        fi
    } >docs/test-report.md
}

# Quick ------------------------------------------------------------------------------------------

# What a change in these files can make fail; what the libraries below ptctl do is tested by unit and
# tree, and by all of ctl in the default tier.
reach() {
    case $1 in
        unit) echo core sys hook cmake CMakeLists.txt CMakePresets.json tests/unit tests/fuzz mkinitcpio \
            packaging/debian docs/report.schema.json ;;
        tree) echo core sys hook cmake CMakeLists.txt CMakePresets.json tests/tree docs/report.schema.json ;;
        ctl) echo ctl completions tests/ctl tests/tree/pttree tests/tree/machines docs ;;
    esac
}

quick_targets() {
    case $1 in
        unit) echo pt-unit report-samples corpus ;;
        tree) echo pt-hook-host ;;
        ctl) echo ptctl pt-ctl-unit pt-hook-host ;;
    esac
}

digest_of() {
    # shellcheck disable=SC2046 # a word for each path
    find $(reach "$1") -type f ! -name '*.pyc' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum |
        sha256sum | cut -c 1-20
}

quick() {
    local name digest failed=0
    local -A digests
    scripts/setup unit tree ctl
    for name in unit tree ctl; do
        digest=$(digest_of "$name")
        if [ "$(cat "build/quick/$name.passed" 2>/dev/null)" = "$digest" ]; then
            printf '%-5s left out: nothing that it looks at has changed since it passed\n' "$name"
        else
            digests[$name]=$digest
        fi
    done
    [ ${#digests[@]} -gt 0 ] || return 0
    # shellcheck disable=SC2046 # a word for each target
    compiled quick $(for name in "${!digests[@]}"; do quick_targets "$name"; done) >build/test-logs/quick.log 2>&1 || {
        tail -n 40 build/test-logs/quick.log
        die "it does not compile"
    }
    for name in "${!digests[@]}"; do
        if "tests/$name/run" --build build/quick >"build/test-logs/$name.log" 2>&1; then
            printf '%s' "${digests[$name]}" >"build/quick/$name.passed"
        else
            failed=1
            grep -A 12 '^ *FAIL' "build/test-logs/$name.log" | head -n 60 || true
        fi
        printf '%-5s %s\n' "$name" "$(tail -n 1 "build/test-logs/$name.log")"
    done
    printf '%d s; ./test.sh tests every claim\n' "$SECONDS"
    return "$failed"
}

# Memory -----------------------------------------------------------------------------------------

# Systems are unpacked, changed and removed here by the hundred, which takes a disk three times as
# long as memory. So temporary files are kept there where it can be had: root, 4 GiB free, of which
# a control group may have its share only, and no other wish in TMPDIR. Only this run sees the mount,
# which ends with it.
keep_temporary_files_in_memory() { # SCRIPT ARGUMENT...
    local free bound=max
    [ -z "${TMPDIR-}" ] && [ "$(id -u)" = 0 ] && command -v unshare >/dev/null || return 0
    free=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo)
    ! [ -r /sys/fs/cgroup/memory.max ] || read -r bound </sys/fs/cgroup/memory.max
    [ "$bound" = max ] || [ "$((bound >> 10))" -ge "${free:-0}" ] || free=$((bound >> 10))
    [ "${free:-0}" -ge $((4 << 20)) ] || return 0
    if [ "${pt_own_mounts-}" != "$$" ]; then
        unshare --mount --propagation slave true 2>/dev/null || return 0
        pt_own_mounts=$$ exec unshare --mount --propagation slave bash "$@"
    fi
    memory=$(mktemp -d /var/tmp/pt-test.XXXXXX)
    if mount -t tmpfs -o mode=1777,size=$((free * 3 / 4))k tmpfs "$memory" 2>/dev/null; then
        export TMPDIR=$memory
        printf 'temporary files are kept in memory (TMPDIR=/var/tmp keeps them on the disk)\n'
    else
        rmdir "$memory"
        memory=
    fi
}

memory=
forget_memory() { [ -z "$memory" ] || { umount --lazy "$memory" && rmdir "$memory"; } || true; }
