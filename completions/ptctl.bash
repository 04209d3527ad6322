# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of ptctl for bash. It needs nothing but bash itself.

# The displays of this machine, as lspci prints their addresses.
_ptctl_cards() {
    local device class
    for device in /sys/bus/pci/devices/*; do
        { IFS= read -r class <"$device/class"; } 2>/dev/null || continue
        [[ $class == 0x03* ]] && device=${device##*/} && printf '%s\n' "${device#0000:}"
    done
}

# The words of the kernel command line, each with what may stand behind it.
_ptctl_words() {
    local cards
    case $1 in
        pt.addrs=*) mapfile -t cards < <(_ptctl_cards) && printf 'pt.addrs=%s\n' "${cards[@]}" ;;
        pt.gpus=*) printf 'pt.gpus=%s\n' secondary all ;;
        pt.with=*) printf 'pt.with=%s\n' gpu none slot group ;;
        pt.boot_vga=*) printf 'pt.boot_vga=%s\n' keep take ;;
        pt.driver=*) printf 'pt.driver=%s\n' vfio-pci auto ;;
        pt.fb=*) printf 'pt.fb=%s\n' release keep ;;
        pt.on_error=*) printf 'pt.on_error=%s\n' continue stop ;;
        *)
            printf 'pt.%s\n' ids= addrs= gpus= with= boot_vga= driver= fb= on_error= off debug
            compopt -o nospace 2>/dev/null
            ;;
    esac
}

_ptctl() {
    # Words are taken as the shell itself separates them: bash would break them at ":" and "=".
    local line=${COMP_LINE:0:COMP_POINT} command='' previous='' word current words prefix
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    current=${words[${#words[@]} - 1]}
    for word in "${words[@]:1:${#words[@]}-2}"; do
        [[ -z $command && $word != -* && $previous != --root ]] && command=$word
        previous=$word
    done

    local options='--root --json --help' candidates=''
    case $command in
        '') options+=' --version' candidates='list plan status doctor capture use unuse' ;;
        list) options+=' --all' ;;
        plan) candidates=$(_ptctl_words "$current") ;;
        status) options+=' --prometheus' ;;
        use) options+=' --yes --print --conf --force' candidates=$(_ptctl_cards) ;;
        unuse) options+=' --yes --print' ;;
    esac
    if [[ $previous == --root || ($command == capture && $current != -*) ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
    fi
    [[ $current == -* ]] && candidates=$options
    mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$current")
    # readline replaces what stands behind its last break
    prefix=${current%"${current##*[:=]}"}
    [[ $COMP_WORDBREAKS == *:* ]] && COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
}

complete -F _ptctl ptctl
