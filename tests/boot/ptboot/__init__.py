# SPDX-License-Identifier: LGPL-2.1-or-later
"""Boot tests: real Debian guests under QEMU, with PCI cards of any ids."""
