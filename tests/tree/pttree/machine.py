# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine as a few lines of text, made into a tree of directories like sysfs.

    ADDRESS VENDOR:DEVICE SUBVENDOR:SUBDEVICE CLASS [driver=NAME] [group=N] [override=NAME]
            [under=BRIDGE] [boot_vga=1] [memory=FIRST-LAST]
    driver NAME [hang=bind] [hang=unbind] [deaf=bind] [deaf=unbind]
    framebuffer NAME [under=ADDRESS] [driver=NAME] [goes_with=ADDRESS] [lease=yes]
    module NAME [DRIVER]    module that registers a driver, if one is named
    file PATH [TEXT]    dir PATH    fifo PATH    link PATH TARGET    remove PATH

A driver that hangs never returns from the operation; a deaf one says yes and does nothing. A
framebuffer is a device on the platform bus; it is held by its driver unless that is none, and with
goes_with it disappears when the device of this address is bound, as vfio-pci does it to a display
of class 0x0300; for lease=yes see kernel.py. TEXT knows the escapes of Python, and {release} in it and in PATH is the kernel's
name. PATH begins at the root, unless it begins with an address or with "drivers/", which are below
sys/bus/pci. Lines that begin with # are comments.
"""

import os
import re
import shutil
import stat

BUS = "sys/bus/pci"
PLATFORM = "sys/bus/platform"
ADDRESS = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]")


class Machine:
    """The tree. `hung` and `deaf` hold (driver, operation), `parents` the bridge above a device,
    `framebuffers` the directory of each, `goes_with` the framebuffers that a bind removes and
    `leased` the unbind of those that are released at once."""

    def __init__(self, root, text=""):
        self.root = root
        self.hung = set()
        self.deaf = set()
        self.parents = {}
        self.framebuffers = {}
        self.goes_with = {}
        self.leased = {}
        for directory in (f"{BUS}/devices", f"{BUS}/drivers", "sys/kernel/iommu_groups",
                          "sys/module", "proc", "dev", "run"):
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

    def device_directory(self, address):
        if address in self.parents:
            return f"{self.device_directory(self.parents[address])}/{address}"
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

    def link_to(self, path, target):
        """A link as sysfs makes them, relative; both are a PATH."""
        here = os.path.dirname(self.path(path))
        self.link(path, os.path.relpath(self.path(target), here))

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
        word, _, rest = line.replace("{release}", os.uname().release).partition(" ")
        if ADDRESS.fullmatch(word):
            self.add_device(word, *rest.split())
        elif word == "driver":
            self.add_driver(*rest.split())
        elif word == "framebuffer":
            self.add_framebuffer(*rest.split())
        elif word == "module":
            self.add_module(*rest.split())
        elif word == "file":
            path, _, content = rest.partition(" ")
            data = content.encode("latin-1").decode("unicode_escape").encode("latin-1")
            if os.path.lexists(self.path(path)):
                self.remove_path(self.path(path))
            self.write(path, data)
        elif word in ("dir", "fifo"):
            if os.path.lexists(self.path(rest)):
                self.remove_path(self.path(rest))
            if word == "dir":
                os.makedirs(self.path(rest))
            else:
                os.mkfifo(self.path(rest))
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
        if "under" in options:
            self.parents[address] = options.pop("under")
        self.write(f"{address}/modalias",
                   f"pci:v{vendor:0>8}d{device:0>8}sv{subvendor:0>8}sd{subdevice:0>8}"
                   f"bc{c[0:2]}sc{c[2:4]}i{c[4:6]}\n".encode())
        self.write(f"{address}/driver_override", options.pop("override", "(null)").encode() + b"\n")
        self.link_to(f"{BUS}/devices/{address}", address)
        group = options.pop("group", None)
        if group is not None:
            self.link_to(f"{address}/iommu_group", f"sys/kernel/iommu_groups/{group}")
            self.link_to(f"sys/kernel/iommu_groups/{group}/devices/{address}", address)
        driver = options.pop("driver", None)
        if driver is not None:
            self.add_driver(driver)
            self.bind(address, driver)
        if "boot_vga" in options:
            self.write(f"{address}/boot_vga", f"{options.pop('boot_vga')}\n".encode())
        if "memory" in options:
            first, last = options.pop("memory").split("-")
            self.write(f"{address}/resource",
                       f"0x{first:0>16} 0x{last:0>16} 0x{0x40200:016x}\n".encode() +
                       6 * f"0x{0:016x} 0x{0:016x} 0x{0:016x}\n".encode())
        if options:
            raise ValueError(f"{address}: unknown settings {options}")

    def add_framebuffer(self, name, *settings):
        options = dict(setting.split("=", 1) for setting in settings)
        owner = options.pop("under", None)
        directory = f"{self.device_directory(owner) if owner else 'sys/devices/platform'}/{name}"
        self.framebuffers[name] = directory
        os.makedirs(self.path(directory))
        self.link_to(f"{PLATFORM}/devices/{name}", directory)
        driver = options.pop("driver", name.rpartition(".")[0])
        if driver != "none":
            unbind = f"{PLATFORM}/drivers/{driver}/unbind"
            os.makedirs(os.path.dirname(self.path(unbind)), exist_ok=True)
            if options.pop("lease", None):
                self.write(unbind, b"")
                self.leased[name] = unbind
            elif not os.path.lexists(self.path(unbind)):
                os.mkfifo(self.path(unbind))
            self.link_to(f"{directory}/driver", os.path.dirname(unbind))
        if "goes_with" in options:
            self.goes_with.setdefault(options.pop("goes_with"), []).append(name)
        if options:
            raise ValueError(f"{name}: unknown settings {options}")

    def add_module(self, name, driver=None):
        os.makedirs(self.path(f"sys/module/{name}"))
        if driver is not None:
            self.add_driver(driver)
            self.link_to(f"sys/module/{name}/drivers/pci:{driver}", f"drivers/{driver}")

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
        self.link_to(f"{address}/driver", f"drivers/{driver}")

    def remove_framebuffer(self, name):
        self.remove_path(self.path(f"{PLATFORM}/devices/{name}"))
        self.remove_path(self.path(self.framebuffers.pop(name)))

    def framebuffer_driver(self, name):
        """The link to the driver that holds a framebuffer, which is there or not."""
        return self.path(f"{self.framebuffers[name]}/driver")

    def is_held(self, name):
        """Whether a framebuffer has a driver."""
        return os.path.lexists(self.framebuffer_driver(name))

    def driver_of(self, address):
        """The name of the driver that holds a device, or None."""
        try:
            return os.path.basename(os.readlink(self.path(f"{address}/driver")))
        except OSError:
            return None

    def snapshot(self, with_times=False):
        """All that the tree holds, but what is told there: {path: what it is}."""
        result = {}
        for directory, directories, files in os.walk(os.fsencode(self.root)):
            for name in directories + files:
                path = os.path.join(directory, name)
                relative = os.path.relpath(path, os.fsencode(self.root))
                if relative != b"dev/kmsg" and not relative.startswith(b"run/"):
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


# What stands before the device itself, bridges as well.
SHORTEN = rb"^sys/devices/(.*/)?(?=" + ADDRESS.pattern.encode() + rb")|^sys/devices/"


def changes(before, after):
    """What differs between two snapshots, in lines for people."""
    lines = []
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) == after.get(path):
            continue
        short = os.fsdecode(re.sub(SHORTEN, b"", path))
        lines.append(f"{short}: {show(before.get(path))} -> {show(after.get(path))}")
    return lines


def show(entry):
    if entry is None:
        return "none"
    if entry[0] == "other":
        return "directory or pipe"
    return os.path.basename(os.fsdecode(entry[1])).rstrip("\n")
