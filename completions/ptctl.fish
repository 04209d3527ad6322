# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of ptctl for fish.

# The displays of this machine, as lspci prints their addresses.
function __ptctl_cards
    for device in /sys/bus/pci/devices/*
        string match -q '0x03*' -- (cat $device/class 2>/dev/null)
        and string replace '0000:' '' -- (basename $device)
    end
end

function __ptctl_words
    printf '%s\n' pt.{ids=,addrs=,off,debug} pt.gpus={secondary,all} pt.with={gpu,none,slot,group} \
        pt.boot_vga={keep,take} pt.driver={vfio-pci,auto} pt.fb={release,keep} \
        pt.on_error={continue,stop} pt.addrs=(__ptctl_cards)
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
complete -c ptctl -n '__fish_seen_subcommand_from use' -a '(__ptctl_cards)'
complete -c ptctl -n '__fish_seen_subcommand_from use' -l yes -s y -d 'Do not ask'
complete -c ptctl -n '__fish_seen_subcommand_from use' -l print -d 'Only tell'
complete -c ptctl -n '__fish_seen_subcommand_from use' -l conf -d 'Write to /etc/pt-hook.conf'
complete -c ptctl -n '__fish_seen_subcommand_from use' -l force -d 'Also what may lock you out'
complete -c ptctl -n '__fish_seen_subcommand_from unuse' -l yes -s y -d 'Do not ask'
complete -c ptctl -n '__fish_seen_subcommand_from unuse' -l print -d 'Only tell'
