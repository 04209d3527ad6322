# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the kernel does when somebody writes to the files bind and unbind of a driver, on the bus of
PCI devices or, to release a framebuffer, on that of platform devices.

They are pipes in the fake tree. The kernel of a real machine has done its work when write(2)
returns; here it comes an instant later, as with a driver that probes asynchronously. A pipe that
nobody reads blocks whoever opens it for writing: that is a driver that hangs.

The program looks for the driver of a framebuffer just once after it was to go. Where that matters,
`lease=yes` of a machine's framebuffer makes its unbind a file under a lease: who opens it has to
wait until the driver is gone. It comes back unless the name is written as well.
"""

import fcntl
import os
import re
import selectors
import signal
import threading

from .machine import ADDRESS, BUS, PLATFORM

# An address, or a framebuffer such as "efi-framebuffer.0".
DEVICE = re.compile(ADDRESS.pattern + r"|[a-z]+-framebuffer\.\d")


class FakeKernel:
    def __init__(self, machine):
        self.machine = machine
        self.requests = []  # "bind vfio-pci 0000:01:00.0", in their order
        self.leases = {}  # of each leased framebuffer: the file descriptor

    def __enter__(self):
        self.selector = selectors.DefaultSelector()
        self.stop_reader, self.stop_writer = os.pipe()
        self.selector.register(self.stop_reader, selectors.EVENT_READ, None)
        self.open_pipes()
        self.lease_files()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self

    def __exit__(self, *_):
        os.write(self.stop_writer, b"x")
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            os.close(key.fd)
        os.close(self.stop_writer)
        self.selector.close()
        self.settle()

    def lease_files(self):
        # a lease that is being broken is told by this signal, whose default is to end the process
        signal.signal(signal.SIGIO, signal.SIG_IGN)
        for name in self.machine.leased:
            if not self.machine.is_held(name):
                continue
            file = os.open(self.machine.path(self.machine.leased[name]), os.O_RDONLY)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            self.leases[name] = file

    def watch_leases(self):
        """Releases the framebuffers whose unbind somebody opens."""
        for name, file in self.leases.items():
            if fcntl.fcntl(file, fcntl.F_GETLEASE) != fcntl.F_RDLCK:
                os.remove(self.machine.framebuffer_driver(name))
                fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
                os.close(file)
                del self.leases[name]
                return

    def settle(self):
        """Gives the framebuffers back that nobody has written the name of."""
        for name, unbind in self.machine.leased.items():
            if name in self.leases:
                os.close(self.leases.pop(name))
            elif not self.machine.is_held(name) and \
                    os.path.getsize(self.machine.path(unbind)) == 0:
                os.symlink(os.path.dirname(self.machine.path(unbind)),
                           self.machine.framebuffer_driver(name))

    def open_pipes(self):
        for bus in (BUS, PLATFORM):
            drivers = self.machine.path(f"{bus}/drivers")
            for driver in os.listdir(drivers) if os.path.isdir(drivers) else ():
                for operation in ("bind", "unbind"):
                    self.open_pipe(driver, operation, os.path.join(drivers, driver, operation))

    def open_pipe(self, driver, operation, path):
        if (driver, operation) in self.machine.hung or not is_pipe(path):
            return
        # for writing too, so that it never reports an end
        pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self.selector.register(pipe, selectors.EVENT_READ, (driver, operation))

    def serve(self):
        while True:
            events = self.selector.select(0.001 if self.leases else None)
            self.watch_leases()
            for key, _ in events:
                if key.data is not None:
                    # Writes can arrive together; a name shows its own end.
                    for name in DEVICE.findall(os.read(key.fd, 65536).decode()):
                        self.act(*key.data, name)
            if any(key.data is None for key, _ in events):
                return

    def act(self, driver, operation, address):
        self.requests.append(f"{operation} {driver} {address}")
        if (driver, operation) in self.machine.deaf:
            return
        if address in self.machine.framebuffers:
            os.remove(self.machine.path(f"{self.machine.framebuffers[address]}/driver"))
            return
        holder = self.machine.driver_of(address)
        if operation == "unbind" and holder == driver:
            os.remove(self.machine.path(f"{address}/driver"))
        elif operation == "bind" and holder is None and self.allows(address, driver):
            for framebuffer in self.machine.goes_with.get(address, ()):
                self.machine.remove_framebuffer(framebuffer)
            self.machine.bind(address, driver)

    def allows(self, address, driver):
        """drivers/pci/pci-driver.c pci_match_device: only the driver of the override matches."""
        with open(self.machine.path(f"{address}/driver_override"), encoding="ascii") as file:
            return file.read().rstrip("\n") == driver


def is_pipe(path):
    try:
        return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)
    except OSError:
        return False
