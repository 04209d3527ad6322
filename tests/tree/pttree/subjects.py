# SPDX-License-Identifier: LGPL-2.1-or-later
"""The machines in which each system call fails, what is asked of them, and what must not happen.

`bound` are the devices that have to be bound to `driver` in the end, `kept` the display that shows
the boot and stays with the host, `framebuffer` that which has to be released. `all_errors` is
whether each call fails with each error, and the processes are killed; else it fails with the first.
"""

import collections

from .cases import load_machine

Subject = collections.namedtuple(
    "Subject", "name machine more bound kept framebuffer driver all_errors")

# A display whose framebuffer has to be released, its sound, a disk with a neighbour in its group,
# and a network card that vfio-pci has already, but without the override that keeps it there.
DESKTOP = Subject("desktop", "desktop", """
0000:03:00.0 8086:1539 1849:1539 020000 driver=igb group=5
0000:04:00.0 8086:1521 8086:0001 020000 driver=vfio-pci group=6
framebuffer efi-framebuffer.0 under=0000:01:00.0 lease=yes
file proc/cmdline quiet pt.ids=10de:1b06,10de:10ef,8086:1521 pt.driver=vfio-pci\\n
file etc/pt-hook.conf pt.addrs=02:00.0\\n
""", ("0000:01:00.0", "0000:01:00.1", "0000:02:00.0", "0000:04:00.0"),
                  None, "efi-framebuffer.0", "vfio-pci", True)

# Two equal cards. Which one shows the boot is known by the place of the framebuffer.
TWINS = Subject("twins", "twins", """
framebuffer efi-framebuffer.0 under=0000:0b:00.0
file proc/cmdline pt.ids=10de:1b06 pt.with=none pt.on_error=stop\\n
""", ("0000:0a:00.0",), "0000:0b:00.0", None, "vfio-pci", False)

# The same, on kernels that know it by the memory of the framebuffer alone.
MEMORY = Subject("twins by memory", "twins", """
framebuffer efi-framebuffer.0
file proc/iomem d0000000-dfffffff : 0000:0b:00.0\\n  d0000000-d02fffff : efifb\\n
file 0000:0a:00.0/resource 0x00000000c0000000 0x00000000cfffffff 0x0000000000040200\\n
file 0000:0b:00.0/resource 0x00000000d0000000 0x00000000dfffffff 0x0000000000040200\\n
file proc/cmdline pt.ids=10de:1b06 pt.with=none\\n
""", ("0000:0a:00.0",), "0000:0b:00.0", None, "vfio-pci", False)

# A device that is found by its path and gets the driver that is made for it.
VARIANT = Subject("variant", "deep", """
module igb_vfio_pci igb-vfio-pci
file lib/modules/{release}/modules.alias alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\\n\
alias vfio_pci:v00008086d00001521sv*sd*bc*sc*i* igb_vfio_pci\\n
file proc/cmdline pt.addrs=00:01.0/00.0/11.0/00.0 pt.driver=auto\\n
""", ("0000:05:00.0",), None, None, "igb-vfio-pci", False)

SUBJECTS = (DESKTOP, TWINS, MEMORY, VARIANT)


def make(subject, root):
    return load_machine(root, subject.machine, subject.more)
