# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of ptctl for bash. It needs nothing but bash itself.

# The displays of the machine below $1: each with its full address and its ids. Names that are no
# addresses are left out: they may be anything in a captured tree.
_ptctl_displays() {
    local device name text
    for device in "$1"/sys/bus/pci/devices/*; do
        name=${device##*/}
        [[ $name =~ ^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$ ]] || continue
        { IFS= read -r text <"$device/modalias"; } 2>/dev/null || continue
        [[ $text =~ ^pci:v0000([0-9A-F]{4})d0000([0-9A-F]{4}).*bc03 ]] || continue
        printf '%s %s\n' "$name" "${BASH_REMATCH[1],,}:${BASH_REMATCH[2],,}"
    done
}

# Their addresses as lspci prints them, and in full for who has begun one ($2).
_ptctl_cards() {
    local name
    while read -r name _; do
        [[ $name == 0000:* ]] && printf '%s\n' "${name#0000:}"
        [[ $name != 0000:* || -n $2 ]] && printf '%s\n' "$name"
    done < <(_ptctl_displays "$1")
}

# Their ids, each once.
_ptctl_ids() {
    local ids seen=' '
    while read -r _ ids; do
        [[ $seen == *" $ids "* ]] || printf '%s\n' "$ids"
        seen+="$ids "
    done < <(_ptctl_displays "$1")
}

# The words of the kernel command line, each with what may stand behind it.
_ptctl_words() {
    local begun=${2%"${2##*[=,]}"} value
    case $2 in
        pt.addrs=* | pt.ids=*)
            while IFS= read -r value; do
                printf '%s%s\n' "$begun" "$value"
            done < <(
                case $2 in
                    pt.ids=*) _ptctl_ids "$1" ;;
                    *) _ptctl_cards "$1" "${2##*[=,]}" ;;
                esac
            )
            ;;
        pt.gpus=*) printf 'pt.gpus=%s\n' secondary all ;;
        pt.with=*) printf 'pt.with=%s\n' gpu none slot group ;;
        pt.boot_vga=*) printf 'pt.boot_vga=%s\n' keep take ;;
        pt.driver=*) printf 'pt.driver=%s\n' vfio-pci auto ;;
        pt.fb=*) printf 'pt.fb=%s\n' release keep ;;
        pt.on_error=*) printf 'pt.on_error=%s\n' continue stop ;;
        *) printf 'pt.%s\n' ids= addrs= gpus= with= boot_vga= driver= fb= on_error= off debug ;;
    esac
}

_ptctl() {
    # Words are taken as the shell itself separates them: bash would break them at ":" and "=".
    local line=${COMP_LINE:0:COMP_POINT} command='' root='' previous='' word current words prefix
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    current=${words[${#words[@]} - 1]}
    for word in "${words[@]:1:${#words[@]}-2}"; do
        if [[ $previous == --root ]]; then
            root=${word%/}
        elif [[ -z $command && $word != -* ]]; then
            command=$word
        fi
        [[ $word == --root=* ]] && root=${word#--root=}
        previous=$word
    done

    local options='--root --json --help' candidates=''
    case $command in
        '') options+=' --version' candidates='list plan status doctor capture use unuse' ;;
        list) options+=' --all' ;;
        plan)
            candidates=$(_ptctl_words "$root" "$current")
            # a word that needs a value, or a list that may go on
            [[ $current != pt.*=* || $current == pt.ids=* || $current == pt.addrs=* ]] &&
                compopt -o nospace 2>/dev/null
            ;;
        status) options+=' --prometheus' ;;
        use)
            options+=' --yes --print --conf --force'
            candidates=$(_ptctl_cards "$root" "$current")
            ;;
        unuse) options+=' --yes --print' ;;
    esac
    if [[ $previous == --root || ($command == capture && $current != -*) ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
    fi
    [[ $current == -* ]] && candidates=$options
    # not by compgen -W, which would expand what the words hold
    COMPREPLY=()
    for word in $candidates; do
        [[ $word == "$current"* ]] && COMPREPLY+=("$word")
    done
    # readline replaces what stands behind its last break
    prefix=${current%"${current##*[:=]}"}
    [[ $COMP_WORDBREAKS == *:* ]] && COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
}

complete -F _ptctl ptctl
