# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of ptctl for fish.

# The root directory that the line names, or nothing for this machine's.
function __ptctl_root
    set -l words (commandline -opc)
    for i in (seq (count $words))
        string match -q -- --root $words[$i]
        and string replace -r '/$' '' -- $words[(math $i + 1)]
        and return
        string replace -r -f -- '^--root=(.*?)/?$' '$1' $words[$i]
        and return
    end
    echo
end

# The displays there: each with its full address and its ids. Names that are no addresses are left
# out: they may be anything in a captured tree.
function __ptctl_displays
    for device in (__ptctl_root)/sys/bus/pci/devices/*
        set -l name (basename $device)
        string match -qr '^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$' -- $name
        or continue
        set -l ids (string replace -rf '^pci:v0000([0-9A-F]{4})d0000([0-9A-F]{4}).*bc03.*' '$1:$2' \
            -- (cat $device/modalias 2>/dev/null))
        and echo $name (string lower -- $ids)
    end
end

# Their addresses as lspci prints them, and in full for who has begun one ($argv[1]).
function __ptctl_cards
    for name in (string replace -r ' .*' '' -- (__ptctl_displays))
        string replace -f 0000: '' -- $name
        or echo $name
        test -n "$argv[1]"
        and string match -- '0000:*' $name
    end
end

function __ptctl_ids
    string replace -r '.* ' '' -- (__ptctl_displays) | sort -u
end

# Words with what may stand behind them. A list goes on behind its last comma.
function __ptctl_words
    set -l word (commandline -ct)
    set -l begun (string match -r '^pt\.(?:ids|addrs)=(?:.*,)?' -- $word)
    if string match -q 'pt.ids=*' -- $word
        printf '%s\n' $begun(__ptctl_ids)
    else if string match -q 'pt.addrs=*' -- $word
        printf '%s\n' $begun(__ptctl_cards (string replace -- "$begun" '' $word))
    else
        printf '%s\n' pt.{ids=,addrs=,off,debug} pt.gpus={secondary,all} \
            pt.with={gpu,none,slot,group} pt.boot_vga={keep,take} pt.driver={vfio-pci,auto} \
            pt.fb={release,keep} pt.on_error={continue,stop}
    end
end

set -l none 'not __fish_seen_subcommand_from list plan status doctor capture use unuse'

complete -c ptctl -f
complete -c ptctl -l root -r -F -d 'Read another machine'
complete -c ptctl -l json -d 'Print one JSON document'
complete -c ptctl -s h -l help -d 'Print help'
complete -c ptctl -n $none -l version -d 'Print the version'

complete -c ptctl -n $none -a list -d 'List the displays and what selects them'
complete -c ptctl -n $none -a plan -d 'Show what the next boot would do, and why'
complete -c ptctl -n $none -a status -d 'Check what this boot did'
complete -c ptctl -n $none -a doctor -d 'Check what handing a card over depends on'
complete -c ptctl -n $none -a capture -d 'Write what ptctl reads to an archive'
complete -c ptctl -n $none -a use -d 'Have cards given to vfio-pci at boot'
complete -c ptctl -n $none -a unuse -d 'Undo what use has done'

complete -c ptctl -n '__fish_seen_subcommand_from list' -l all -d 'List every PCI function'
complete -c ptctl -n '__fish_seen_subcommand_from plan' -a '(__ptctl_words)'
complete -c ptctl -n '__fish_seen_subcommand_from status' -l prometheus -d 'Print metrics'
complete -c ptctl -n '__fish_seen_subcommand_from capture' -F
complete -c ptctl -n '__fish_seen_subcommand_from use' -a '(__ptctl_cards (commandline -ct))'
complete -c ptctl -n '__fish_seen_subcommand_from use' -l yes -s y -d 'Do not ask'
complete -c ptctl -n '__fish_seen_subcommand_from use' -l print -d 'Only tell'
complete -c ptctl -n '__fish_seen_subcommand_from use' -l conf -d 'Write to /etc/pt-hook.conf'
complete -c ptctl -n '__fish_seen_subcommand_from use' -l force -d 'Also what may lock you out'
complete -c ptctl -n '__fish_seen_subcommand_from unuse' -l yes -s y -d 'Do not ask'
complete -c ptctl -n '__fish_seen_subcommand_from unuse' -l print -d 'Only tell'
