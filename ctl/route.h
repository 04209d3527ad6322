// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/pci.h"

namespace pt::ctl {

// The network interface by which packets leave for an address, from the kernel's tables of routes;
// empty if there is none, or if the text is no address (a name of a host). The zone of an address
// ("fe80::1%eth0") is the interface.
[[nodiscard]] std::string interface_to(std::string_view address, std::string_view ipv4_routes,
                                       std::string_view ipv6_routes);

// The PCI functions that the connection to an address below `root`, an open directory, goes
// through: of the interface, or of those that a bridge, bond or VLAN is made of. None if that
// cannot be told.
[[nodiscard]] std::vector<PciAddress> functions_to(int root, std::string_view address);

}  // namespace pt::ctl
