#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The initramfs gives up and is about to open its shell: the witness tells of that as a stage of
# its own, a little later, so that the shell's prompt comes to the console before. Sourced.

{
    sleep 10
    exec sh /usr/local/lib/ptboot/witness panic
} &
