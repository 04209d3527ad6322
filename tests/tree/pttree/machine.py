# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine as a few lines of text, made into a tree of directories like sysfs.

    ADDRESS VENDOR:DEVICE SUBVENDOR:SUBDEVICE CLASS [driver=NAME] [group=N] [override=NAME]
    driver NAME [hang=bind] [hang=unbind] [deaf=bind] [deaf=unbind]
    module NAME
    file PATH [TEXT]    dir PATH    link PATH TARGET    remove PATH

A driver that hangs never returns from the operation; a deaf one says yes and does nothing. TEXT
knows the escapes of Python. PATH begins at the root, unless it begins with an address or with
"drivers/", which are below sys/bus/pci. Lines that begin with # are comments.
"""

import os
import re
import shutil
import stat

BUS = "sys/bus/pci"
ADDRESS = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]")


class Machine:
    """The tree. `hung` and `deaf` hold (driver, operation)."""

    def __init__(self, root, text=""):
        self.root = root
        self.hung = set()
        self.deaf = set()
        for directory in (f"{BUS}/devices", f"{BUS}/drivers", "sys/kernel/iommu_groups",
                          "sys/module", "proc", "dev"):
            os.makedirs(self.path(directory))
        self.write("dev/kmsg", b"")
        self.write("proc/cmdline", b"quiet\n")
        self.add(text)

    def path(self, path):
        """The place of a PATH in the file system."""
        if path.startswith("drivers/"):
            path = f"{BUS}/{path}"
        elif ADDRESS.match(path):
            address, _, rest = path.partition("/")
            path = f"{self.device_directory(address)}/{rest}" if rest else \
                self.device_directory(address)
        return os.path.join(self.root, path)

    @staticmethod
    def device_directory(address):
        return f"sys/devices/pci{address.rpartition(':')[0]}/{address}"

    def write(self, path, data):
        path = self.path(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)

    def link(self, path, target):
        path = self.path(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            self.remove_path(path)
        os.symlink(target, path)

    @staticmethod
    def remove_path(path):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.remove(path)

    def add(self, text):
        for line in text.splitlines():
            line = line.strip()
            if line and not line.startswith("#"):
                self.add_line(line)

    def add_line(self, line):
        word, _, rest = line.partition(" ")
        if ADDRESS.fullmatch(word):
            self.add_device(word, *rest.split())
        elif word == "driver":
            self.add_driver(*rest.split())
        elif word == "module":
            os.makedirs(self.path(f"sys/module/{rest}"))
        elif word == "file":
            path, _, content = rest.partition(" ")
            data = content.encode("latin-1").decode("unicode_escape").encode("latin-1")
            if os.path.lexists(self.path(path)):
                self.remove_path(self.path(path))
            self.write(path, data)
        elif word == "dir":
            if os.path.lexists(self.path(rest)):
                self.remove_path(self.path(rest))
            os.makedirs(self.path(rest))
        elif word == "link":
            self.link(*rest.split())
        elif word == "remove":
            self.remove_path(self.path(rest))
        else:
            raise ValueError(f"no line of a machine: {line!r}")

    def add_device(self, address, ids, subsystem, class_code, *settings):
        vendor, device = ids.upper().split(":")
        subvendor, subdevice = subsystem.upper().split(":")
        c = class_code.upper()
        options = dict(setting.split("=", 1) for setting in settings)
        self.write(f"{address}/modalias",
                   f"pci:v{vendor:0>8}d{device:0>8}sv{subvendor:0>8}sd{subdevice:0>8}"
                   f"bc{c[0:2]}sc{c[2:4]}i{c[4:6]}\n".encode())
        self.write(f"{address}/driver_override", options.pop("override", "(null)").encode() + b"\n")
        directory = self.device_directory(address)
        self.link(f"{BUS}/devices/{address}", f"../../../{directory.removeprefix('sys/')}")
        group = options.pop("group", None)
        if group is not None:
            os.makedirs(self.path(f"sys/kernel/iommu_groups/{group}"), exist_ok=True)
            self.link(f"{address}/iommu_group", f"../../../kernel/iommu_groups/{group}")
        driver = options.pop("driver", None)
        if driver is not None:
            self.add_driver(driver)
            self.bind(address, driver)
        if options:
            raise ValueError(f"{address}: unknown settings {options}")

    def add_driver(self, name, *settings):
        for operation in ("bind", "unbind"):
            fifo = self.path(f"drivers/{name}/{operation}")
            os.makedirs(os.path.dirname(fifo), exist_ok=True)
            if not os.path.lexists(fifo):
                os.mkfifo(fifo)
        for setting in settings:
            how, operation = setting.split("=")
            {"hang": self.hung, "deaf": self.deaf}[how].add((name, operation))

    def bind(self, address, driver):
        self.link(f"{address}/driver", f"../../../bus/pci/drivers/{driver}")

    def driver_of(self, address):
        """The name of the driver that holds a device, or None."""
        try:
            return os.path.basename(os.readlink(self.path(f"{address}/driver")))
        except OSError:
            return None

    def snapshot(self, with_times=False):
        """All that the tree holds, but the kernel log: {path: what it is}."""
        result = {}
        for directory, directories, files in os.walk(os.fsencode(self.root)):
            for name in directories + files:
                path = os.path.join(directory, name)
                relative = os.path.relpath(path, os.fsencode(self.root))
                if relative != b"dev/kmsg":
                    result[relative] = describe(path, with_times)
        return result


def describe(path, with_times):
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return "link", os.readlink(path)
    if stat.S_ISREG(status.st_mode):
        with open(path, "rb") as file:
            data = file.read()
        return "file", data, status.st_mtime_ns if with_times else None
    return "other", stat.S_IFMT(status.st_mode)


def changes(before, after):
    """What differs between two snapshots, in lines for people."""
    lines = []
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) == after.get(path):
            continue
        short = os.fsdecode(re.sub(rb"^sys/devices/[^/]*/", b"", path))
        lines.append(f"{short}: {show(before.get(path))} -> {show(after.get(path))}")
    return lines


def show(entry):
    if entry is None:
        return "none"
    if entry[0] == "other":
        return "directory or pipe"
    return os.path.basename(os.fsdecode(entry[1])).rstrip("\n")
