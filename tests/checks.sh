# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Counted checks for the test runners in bash: one line each, and the sum at the end. Sourced.

passed=0 failed=0 skipped=0

pass() {
    passed=$((passed + 1))
    printf 'ok    %s\n' "$1"
}

# fail CLAIM [DETAIL]
fail() {
    failed=$((failed + 1))
    printf 'FAIL  %s\n' "$1"
    # Reads to the end, for a pipe that breaks would end a runner with "set -e -o pipefail".
    [ -z "${2-}" ] || printf '%s\n' "$2" | sed -n '1,40 s/^/      | /p'
}

skip() {
    skipped=$((skipped + 1))
    printf 'skip  %s (%s)\n' "$1" "$2"
}

# check CLAIM COMMAND...: the claim holds when the command succeeds; what it prints explains why not.
check() {
    local claim=$1 output status=0
    shift
    output=$("$@" 2>&1) || status=$?
    if [ "$status" = 0 ]; then
        pass "$claim"
    else
        fail "$claim" "${output:-$* ended with status $status}"
    fi
}

# same CLAIM EXPECTED FOUND
same() {
    if [ "$2" = "$3" ]; then
        pass "$1"
    else
        fail "$1" "$(diff --label expected --label found -u <(printf '%s\n' "$2") \
            <(printf '%s\n' "$3"))"
    fi
}

# nothing CLAIM COMMAND...: the command succeeds and has nothing to say. For lists of what is wrong:
# "same CLAIM '' ..." would take a command that could not look for one that found nothing.
nothing() {
    local claim=$1 output status=0
    shift
    output=$("$@" 2>&1) || status=$?
    if [ "$status" = 0 ] && [ -z "$output" ]; then
        pass "$claim"
    else
        fail "$claim" "${output:-$* ended with status $status}"
    fi
}

# contains CLAIM PATTERN TEXT, lacks CLAIM PATTERN TEXT: extended regular expressions, by line.
# What is empty lacks everything, and proves nothing.
contains() {
    if grep -Eq -e "$2" <<<"$3"; then pass "$1"; else fail "$1" "no line matches: $2"$'\n'"$3"; fi
}

lacks() {
    if [ -z "$3" ]; then
        fail "$1" "there is no text to look at"
    elif grep -Eq -e "$2" <<<"$3"; then
        fail "$1" "$(grep -En -e "$2" <<<"$3")"
    else
        pass "$1"
    fi
}

# The last line of a runner; its status is that of the run.
summary() {
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    [ "$failed" = 0 ]
}
