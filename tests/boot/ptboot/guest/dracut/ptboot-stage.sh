#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The initramfs has done its work and would now start the real root: the witness ends it here
# when the command line says ptboot.stage=initramfs. Sourced.

case " $(cat /proc/cmdline) " in
    *" ptboot.stage=initramfs "*) sh /usr/local/lib/ptboot/witness initramfs ;;
esac
