// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/wish.h"

namespace pt {

// What becomes of a device that was asked for.
enum class Decision : std::uint8_t {
    kBind,     // give it to the driver
    kAlready,  // the driver holds it; only its driver_override is made sure of
    kKept,     // a pattern covers it, but the host keeps such devices unless they are named
    kRefused,  // it was named, and cannot or must not be taken
};

// Why a device is kept or refused.
enum class Reason : std::uint8_t {
    kNone,
    kBridge,        // vfio-pci would take root ports and host bridges out of the tree
    kNotNamed,      // storage or an unknown kind of bridge, covered by a pattern only
    kNoIommuGroup,  // vfio-pci would take the console down and then fail
    kUnreadable,    // its ids could not be read, so nobody knows what it is
    kVanished,      // it was listed and is gone
};

// A device that some selector means, before anything is decided.
struct Choice {
    std::size_t device = 0;    // index into the list of devices
    std::size_t selector = 0;  // index into Wish::selectors: the first exact one, else the first
};

struct Selection {
    std::vector<Choice> choices;        // in the order of the devices, each device once
    std::vector<Complaint> complaints;  // one for each selector that means no device
    // Devices whose ids could not be read although ids are asked for: any of them may be meant.
    std::vector<std::size_t> unreadable;
};

// Finds the devices that a wish means. Time: number of devices times number of selectors.
[[nodiscard]] Selection select_devices(const Wish& wish, std::span<const PciDevice> devices);

// What has to be known of a chosen device beyond its ids.
struct DeviceState {
    std::string driver;             // that holds it, or empty
    std::int32_t iommu_group = -1;  // number, or -1 for none
    std::int32_t error = 0;         // errno for which the rest is not known
};

// What can be seen of the machine's IOMMU, for the advice that a refusal gives.
struct IommuFacts {
    bool has_groups = false;  // /sys/kernel/iommu_groups is not empty
    bool has_dmar = false;    // the firmware has a DMAR table: Intel VT-d
    bool has_ivrs = false;    // the firmware has an IVRS table: AMD-Vi
};

struct PlannedDevice {
    PciDevice device;
    std::size_t selector = 0;  // index into Wish::selectors
    DeviceState state;
    Decision decision = Decision::kBind;
    Reason reason = Reason::kNone;
};

struct Plan {
    std::string_view driver = "vfio-pci";  // name as registered on the bus
    std::vector<PlannedDevice> devices;
    std::vector<PciDevice> unreadable;  // see Selection::unreadable
    IommuFacts iommu;

    [[nodiscard]] std::size_t count(Decision decision) const;
};

// Decides about each chosen device; `states` has one entry for each choice, in the same order.
[[nodiscard]] Plan make_plan(const Wish& wish, std::span<const PciDevice> devices,
                             const Selection& selection, std::span<const DeviceState> states,
                             const IommuFacts& iommu);

// One effect. The list of all steps of a plan is in the order in which they are safe.
struct Step {
    enum class Kind : std::uint8_t {
        kOverride,     // write driver_override, unless it is right
        kUnbind,       // take the device from the driver that holds it now, if it is another one
        kLoadDriver,   // unless the driver is registered
        kLoadBackend,  // vfio_iommu_type1, which nothing else would load
        kBind,         // unless registering the driver has done it
    };
    Kind kind = Kind::kOverride;
    std::size_t device = 0;  // index into Plan::devices; not used by kLoad*
    // The step of the same device that must have gone well before, an index into the list, or -1.
    std::int32_t after = -1;

    bool operator==(const Step&) const = default;
};

// The steps that carry out a plan: all overrides first, for from then on no other driver can get
// at any of the devices; then what is bound is taken away; then the driver comes.
[[nodiscard]] std::vector<Step> make_steps(const Plan& plan);

}  // namespace pt
