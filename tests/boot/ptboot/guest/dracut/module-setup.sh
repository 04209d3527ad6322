#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Module of dracut: the witness goes into the image, and hooks that call it. Its name comes after
# those of all that matters here: what is edited is what they have put there.

check() {
    return 0
}

# shellcheck disable=SC2154 # moddir and initdir are set by dracut
install() {
    inst_multiple cat dmesg sleep tr udevadm uname
    inst_simple /usr/local/lib/ptboot/witness
    inst_hook pre-pivot 99 "$moddir/ptboot-stage.sh"
    inst_hook emergency 99 "$moddir/ptboot-panic.sh"
    if [[ -e /etc/ptboot/edit ]]; then
        DESTDIR=$initdir sh -eux /etc/ptboot/edit || exit 1
    fi
}
