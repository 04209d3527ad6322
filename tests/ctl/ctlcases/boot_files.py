# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a machine boots from: initramfs images, unified kernel images, and indexes of modules."""

import gzip
import struct


def cpio(members):
    """An archive as the kernel unpacks it (Documentation/driver-api/early-userspace/buffer-format):
    `members` is {name: text}."""
    archive = b""
    for number, (name, text) in enumerate([*members.items(), ("TRAILER!!!", "")]):
        name, data = name.encode() + b"\0", text.encode()
        fields = (number, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
        archive += b"070701" + b"".join(b"%08x" % field for field in fields) + name
        archive += b"\0" * (-len(archive) % 4) + data
        archive += b"\0" * (-len(archive) % 4)
    return archive


def image(members):
    """One with microcode in front, as most are, and its main part compressed."""
    early = cpio({"kernel/x86/microcode/GenuineIntel.bin": "microcode"})
    return early + b"\0" * (-len(early) % 512) + gzip.compress(cpio(members), mtime=0)


def pe_file(sections):
    """A PE file of these sections, {name: bytes}: a unified kernel image without its program."""
    head = b"MZ" + b"\0" * 58 + struct.pack("<I", 64)
    head += struct.pack("<IHH12xHH", 0x4550, 0x8664, len(sections), 0, 0)
    start = len(head) + 40 * len(sections)
    table = body = b""
    for name, data in sections.items():
        table += struct.pack("<8sIIII16x", name.encode(), len(data), 0, len(data),
                             start + len(body))
        body += data
    return head + table + body


def module_index(entries):
    """An index of kmod (libkmod/libkmod-index.c) of `entries`, {key: value}: a tree of nodes, each
    of them with a prefix, a table of its children by their first character, and values."""
    data = bytearray(struct.pack(">III", 0xb007f457, 0x00020001, 0))

    def add(keys):
        """Adds the node of these keys, which have lost what leads to it; returns its offset."""
        children = {}
        for key in keys:
            if key:
                children.setdefault(key[0], {})[key[1:]] = keys[key]
        places = {first: add(rest) for first, rest in children.items()}
        offset = len(data)
        flags = 0
        if places:
            flags |= 0x20000000
            numbers = [ord(first) for first in places]
            data.extend(bytes([min(numbers), max(numbers)]))
            for number in range(min(numbers), max(numbers) + 1):
                data.extend(struct.pack(">I", places.get(chr(number), 0)))
        if "" in keys:
            flags |= 0x40000000
            data.extend(struct.pack(">II", 1, 0) + keys[""].encode() + b"\0")
        return offset | flags

    root = add(entries)
    data[8:12] = struct.pack(">I", root)
    return bytes(data)


def add_kernel(machine, version, modules=(), built_in=()):
    directory = f"lib/modules/{version}"
    machine.write(f"{directory}/modules.builtin", b"")
    machine.write(f"{directory}/modules.dep.bin", module_index(
        {name: f"kernel/drivers/vfio/{name}.ko:" for name in modules}))
    machine.write(f"{directory}/modules.builtin.bin", module_index(
        {name: "" for name in built_in}))
    for name in ("modules.alias.bin", "modules.symbols.bin", "modules.builtin.alias.bin"):
        machine.write(f"{directory}/{name}", module_index({}))


# What images hold that were built with pt-hook, for the kernel 6.12.1.
MODULES = {f"usr/lib/modules/6.12.1/kernel/drivers/vfio/{name}.ko.xz": ""
           for name in ("pci/vfio-pci", "vfio_iommu_type1")}
OURS = {"usr/lib/pt-hook/pt-hook": "", **MODULES}
UNIT = {"usr/lib/systemd/system/pt-hook.service": "[Unit]\nBefore=systemd-udevd.service\n",
        "usr/lib/systemd/system/sysinit.target.wants/pt-hook.service": ""}
SCRIPTS = {f"scripts/init-top/{name}": "" for name in ("pt-hook", "udev")}
KINDS = {
    "initramfs-tools": OURS | SCRIPTS | {
        "scripts/functions": "",
        "scripts/init-top/ORDER":
            '/scripts/init-top/pt-hook "$@"\n/scripts/init-top/udev "$@"\n'},
    "initramfs-tools-late": OURS | SCRIPTS | {
        "scripts/init-top/ORDER":
            '/scripts/init-top/udev "$@"\n/scripts/init-top/pt-hook "$@"\n'},
    "initramfs-tools-without": {
        "scripts/init-top/udev": "", "scripts/init-top/ORDER": '/scripts/init-top/udev "$@"\n'},
    "initramfs-tools-unstarted": OURS | {
        "scripts/init-top/udev": "", "scripts/init-top/ORDER": '/scripts/init-top/udev "$@"\n'},
    "dracut": OURS | UNIT | {"usr/lib/dracut/build-parameter.txt": ""},
    "dracut-nosystemd": OURS | {"usr/lib/dracut-lib.sh": "",
                                "var/lib/dracut/hooks/cmdline/00-pt-hook.sh": ""},
    "dracut-without": {"usr/lib/dracut/build-parameter.txt": ""},
    "mkinitcpio": OURS | {"buildconfig": "", "hooks/pt-hook": "", "hooks/udev": "",
                          "config": 'EARLYHOOKS="pt-hook udev"\nHOOKS="udev"\n'},
    "mkinitcpio-without": {"buildconfig": "", "hooks/udev": "", **MODULES,
                           "config": 'EARLYHOOKS="udev"\nHOOKS="udev"\n'},
    "mkinitcpio-systemd": OURS | UNIT | {"buildconfig": "", "config": 'EARLYHOOKS=""\n'},
}


def add_image(machine, path, kind, conf=None, cmdline=None):
    """An image of one of KINDS; one with the ending .efi is a unified kernel image, for 6.12.1."""
    members = dict(KINDS[kind])
    if conf is not None:
        members["etc/pt-hook.conf"] = conf
    data = image(members)
    if path.endswith(".efi"):
        data = pe_file({".uname": b"6.12.1", ".cmdline": (cmdline or "").encode(),
                        ".initrd": data})
    machine.write(path, data)
