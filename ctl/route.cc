// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/route.h"

#include <arpa/inet.h>
#include <linux/route.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "core/text.h"
#include "ctl/edit.h"
#include "ctl/lockout.h"
#include "sys/file.h"

namespace pt::ctl {
namespace {

constexpr std::size_t kRoutesMax = 1 << 20;

// A VLAN on a bond on two cards. More levels than anybody builds.
constexpr int kDepthMax = 8;

// The best route so far: the longest prefix counts, then the smallest metric.
struct Best {
    std::string interface;
    int prefix = -1;
    std::uint32_t metric = 0;

    void offer(const std::string& name, int length, std::uint32_t cost) {
        if (length < prefix || (length == prefix && cost >= metric)) return;
        interface = name;
        prefix = length;
        metric = cost;
    }
};

bool is_usable(std::uint32_t flags) {
    return (flags & RTF_UP) != 0 && (flags & RTF_REJECT) == 0;
}

// /proc/net/route: interface, destination, gateway, flags, references, use, metric, mask; addresses
// are in the order of bytes of this machine (net/ipv4/fib_trie.c, fib_route_seq_show).
std::string find_ipv4(const in_addr& wanted, std::string_view routes) {
    Best best;
    while (!routes.empty()) {
        const std::vector<std::string> fields = split_words(cut(routes, '\n'));
        if (fields.size() < 8) continue;
        const std::optional<std::uint32_t> destination = parse_hex(fields[1], 8);
        const std::optional<std::uint32_t> flags = parse_hex(fields[3], 8);
        const std::optional<std::uint32_t> mask = parse_hex(fields[7], 8);
        if (!destination || !flags || !mask || !is_usable(*flags)) continue;
        if ((wanted.s_addr & *mask) == *destination)
            best.offer(fields[0], __builtin_popcount(*mask),
                       static_cast<std::uint32_t>(std::strtoul(fields[6].c_str(), nullptr, 10)));
    }
    return best.interface;
}

bool has_prefix(const in6_addr& address, const in6_addr& prefix, unsigned length) {
    for (unsigned bit = 0; bit < length; ++bit)
        if (((address.s6_addr[bit / 8] ^ prefix.s6_addr[bit / 8]) & (0x80U >> bit % 8)) != 0)
            return false;
    return true;
}

// Thirty-two digits without colons.
bool parse_digits(std::string_view digits, in6_addr& address) {
    if (digits.size() != 2 * sizeof address.s6_addr) return false;
    for (std::size_t i = 0; i < sizeof address.s6_addr; ++i) {
        const std::optional<std::uint32_t> byte = parse_hex(digits.substr(2 * i, 2), 2);
        if (!byte) return false;
        address.s6_addr[i] = static_cast<std::uint8_t>(*byte);
    }
    return true;
}

// /proc/net/ipv6_route: destination, its length, source, its length, next hop, metric, references,
// use, flags, interface (net/ipv6/ip6_fib.c, ipv6_route_native_seq_show).
std::string find_ipv6(const in6_addr& wanted, std::string_view routes) {
    Best best;
    while (!routes.empty()) {
        const std::vector<std::string> fields = split_words(cut(routes, '\n'));
        in6_addr destination{};
        if (fields.size() < 10 || !parse_digits(fields[0], destination)) continue;
        const std::optional<std::uint32_t> length = parse_hex(fields[1], 2);
        const std::optional<std::uint32_t> metric = parse_hex(fields[5], 8);
        const std::optional<std::uint32_t> flags = parse_hex(fields[8], 8);
        if (!length || *length > 128 || !metric || !flags || !is_usable(*flags)) continue;
        if (has_prefix(wanted, destination, *length))
            best.offer(fields[9], static_cast<int>(*length), *metric);
    }
    return best.interface;
}

void find_functions(int root, const std::string& interface, int depth,
                    std::vector<PciAddress>& functions) {
    const std::string directory = "sys/class/net/" + interface;
    std::string link;
    if (interface.find('/') != interface.npos || read_link(root, directory.c_str(), link) != 0)
        return;
    const std::vector<PciAddress> above = functions_above(link);
    functions.insert(functions.end(), above.begin(), above.end());
    std::vector<std::string> names;
    if (depth == 0 || list_directory(root, directory.c_str(), names) != 0) return;
    constexpr std::string_view kLower = "lower_";  // Documentation/ABI/testing/sysfs-class-net
    for (const std::string& name : names)
        if (name.starts_with(kLower))
            find_functions(root, name.substr(kLower.size()), depth - 1, functions);
}

}  // namespace

std::string interface_to(std::string_view address, std::string_view ipv4_routes,
                         std::string_view ipv6_routes) {
    std::string_view zone = address;
    const std::string bare(cut(zone, '%'));
    in_addr ipv4{};
    in6_addr ipv6{};
    if (inet_pton(AF_INET, bare.c_str(), &ipv4) == 1) return find_ipv4(ipv4, ipv4_routes);
    if (inet_pton(AF_INET6, bare.c_str(), &ipv6) != 1) return {};
    return zone.empty() ? find_ipv6(ipv6, ipv6_routes) : std::string(zone);
}

std::vector<PciAddress> functions_to(int root, std::string_view address) {
    std::string ipv4_routes;
    std::string ipv6_routes;
    // Without a table there is no such route.
    (void)read_file(root, "proc/net/route", kRoutesMax, ipv4_routes);
    (void)read_file(root, "proc/net/ipv6_route", kRoutesMax, ipv6_routes);
    std::vector<PciAddress> functions;
    const std::string interface = interface_to(address, ipv4_routes, ipv6_routes);
    if (!interface.empty()) find_functions(root, interface, kDepthMax, functions);
    return functions;
}

}  // namespace pt::ctl
