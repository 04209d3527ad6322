// SPDX-License-Identifier: LGPL-2.1-or-later
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/machine.h"
#include "ctl/commands.h"
#include "sys/pci_bus.h"

namespace pt::ctl {
namespace {

int list(const Context& context) {
    const PciBus bus(context.root_dir.get());
    std::vector<PciDevice> devices;
    if (const int error = bus.list(devices); error != 0) {
        std::cerr << "ptctl: cannot list the PCI devices: " << std::strerror(error) << "\n";
        return kExitCannotTell;
    }
    for (const PciDevice& device : devices) {
        if (!is_display(device)) continue;
        std::string text;
        put_address(text, device.address);
        std::cout << text << "\n";
    }
    return kExitGood;
}

}  // namespace

void add_list(CLI::App& app, Run& run) {
    app.add_subcommand("list", "List the displays and what selects them")->callback([&run] {
        run = list;
    });
}

}  // namespace pt::ctl
