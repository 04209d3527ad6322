# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Where pt-hook belongs among the HOOKS of mkinitcpio. Sourced by the drop-in of its configuration,
# which puts pt-hook there, and by the build hook, which refuses every other place. Bash, as
# mkinitcpio; defines functions and changes nothing.

# pt_hook_has NAME HOOK...: is NAME one of the hooks?
pt_hook_has() {
    local name=$1 hook
    shift
    for hook; do
        [[ $hook != "$name" ]] || return 0
    done
    return 1
}

# pt_hook_place VARIABLE: puts pt-hook into the list of hooks in VARIABLE, unless it is there.
#
# With systemd, behind it: the function that takes a unit into the image is defined by that hook.
# Without, in front of udev, and as early as can be: behind base, which has the shell to run it. A
# list with neither of them gives no image that starts anything, and stays as it is.
pt_hook_place() {
    local -n pt_hook_list=$1
    local anchor='' hook
    local -a placed=()
    # mkinitcpio still takes a line of words for a list, and splits it so.
    [[ ${pt_hook_list@a} = *a* ]] || IFS=' ' read -r -a pt_hook_list <<<"${pt_hook_list-}"
    if pt_hook_has systemd "${pt_hook_list[@]}"; then
        anchor=systemd
    elif pt_hook_has base "${pt_hook_list[@]}"; then
        for hook in "${pt_hook_list[@]}"; do
            case $hook in base | udev) anchor=$hook && break ;; esac
        done
    fi
    if [[ -z $anchor ]] || pt_hook_has pt-hook "${pt_hook_list[@]}"; then
        return 0
    fi
    for hook in "${pt_hook_list[@]}"; do
        # Only the first of its name is a place.
        if [[ -z $anchor || $hook != "$anchor" ]]; then
            placed+=("$hook")
            continue
        fi
        anchor=
        if [[ $hook = udev ]]; then placed+=(pt-hook udev); else placed+=("$hook" pt-hook); fi
    done
    pt_hook_list=("${placed[@]}")
}

# pt_hook_problem HOOK...: prints what is wrong with the place of pt-hook, or nothing.
pt_hook_problem() {
    local hook before=' '
    for hook; do
        [[ $hook != pt-hook ]] || break
        before+="$hook "
    done
    if pt_hook_has systemd "$@"; then
        [[ $before = *' systemd '* ]] ||
            printf "'pt-hook' comes before 'systemd' in HOOKS, which is too early to add a unit"
    elif [[ $before = *' udev '* ]]; then
        printf "'pt-hook' comes after 'udev' in HOOKS, so other drivers could be first"
    elif ! pt_hook_has base "$@"; then
        printf "HOOKS has neither 'base' nor 'systemd', so nothing would start pt-hook"
    fi
}
