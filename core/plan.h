// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/choice.h"

namespace pt {

// What becomes of a device that was asked for.
enum class Decision : std::uint8_t {
    kBind,     // give it to the driver
    kAlready,  // the driver holds it; only its driver_override is made sure of
    kKept,     // a pattern covers it, but the host keeps such devices unless they are named
    kRefused,  // it was named, and cannot or must not be taken
};

// What has to be known of a chosen device beyond its ids.
struct DeviceState {
    std::string driver;             // that holds it, or empty
    std::int32_t iommu_group = -1;  // number, or -1 for none
    std::int32_t error = 0;         // errno for which the rest is not known
    // pt.driver=auto: the module of the best variant driver, if there is one, and the name under
    // which it registers, which shows once it is loaded.
    std::string variant_module{};
    std::string variant_driver{};
    std::int32_t group_error{0};  // errno for which the group is not known
};

// What can be seen of the machine's IOMMU, for the advice that a refusal gives.
struct IommuFacts {
    bool has_groups = false;  // /sys/kernel/iommu_groups is not empty
    bool has_dmar = false;    // the firmware has a DMAR table: Intel VT-d
    bool has_ivrs = false;    // the firmware has an IVRS table: AMD-Vi
};

struct PlannedDevice {
    PciDevice device;
    std::size_t selector = 0;                // index into Wish::selectors
    std::optional<PciAddress> companion_of;  // the chosen device that it comes along with
    DeviceState state;
    Decision decision = Decision::kBind;
    Reason reason = Reason::kNone;
    bool is_boot_display = false;
    std::string framebuffer;  // to be released, a device on the platform bus, or empty
};

// An endpoint which the host keeps, in the IOMMU group of a device that is taken.
struct Neighbour {
    PciDevice device;
    std::string driver;  // that holds it now, or empty
    std::int32_t iommu_group = -1;
};

// Whether a driver, or none, leaves a device's DMA to VFIO (the kernel's driver_managed_dma): a
// member of the group that such a driver holds is in nobody's way. Any other makes the kernel
// refuse the group, that of a bridge too (drivers/iommu/iommu.c iommu_device_use_default_domain).
[[nodiscard]] bool leaves_dma_alone(std::string_view driver);

struct Plan {
    std::string_view driver = "vfio-pci";  // name as registered on the bus
    std::vector<PlannedDevice> devices;
    std::vector<PciDevice> unreadable;  // see Selection::unreadable
    std::vector<Neighbour> neighbours;
    std::optional<PciAddress> boot_display;
    std::int32_t boot_vga_error = 0;  // see Machine::boot_vga_error
    IommuFacts iommu;
    Unread unread{};               // see Machine::unread
    std::int32_t alias_error = 0;  // errno for which no variant drivers could be looked for

    [[nodiscard]] std::size_t count(Decision decision) const;
    // Whether a virtual machine monitor gets at the devices through VFIO, not a stub driver.
    [[nodiscard]] bool is_vfio() const;
};

// Decides about each chosen device; `states` has one entry for each choice, in the same order.
[[nodiscard]] Plan make_plan(const Wish& wish, const Machine& machine, const Selection& selection,
                             std::span<const DeviceState> states, const IommuFacts& iommu);

// Whether a plan means to change this device, so that it has an outcome.
[[nodiscard]] inline bool is_acted_on(const PlannedDevice& planned) {
    return planned.decision == Decision::kBind || planned.decision == Decision::kAlready;
}

// Whether an address is that of an endpoint which the plan leaves to the host.
[[nodiscard]] bool is_left_to_host(const Plan& plan, const PciDevice& device);

// One effect. The list of all steps of a plan is in the order in which they are safe.
struct Step {
    enum class Kind : std::uint8_t {
        kLoadVariant,         // for the name under which it registers
        kOverride,            // write driver_override, unless it is right
        kUnbind,              // take the device from the driver that holds it now, if another one
        kLoadDriver,          // unless the driver is registered
        kLoadBackend,         // vfio_iommu_type1, which nothing else would load
        kBind,                // unless registering the driver has done it
        kReleaseFramebuffer,  // unless binding has done it
    };
    Kind kind = Kind::kOverride;
    std::size_t device = 0;  // index into Plan::devices; not used by kLoadDriver and kLoadBackend
    // The step of the same device that must have gone well before, an index into the list, or -1.
    std::int32_t after = -1;
    // Another step that must have gone well, or -1.
    std::int32_t also_after{-1};

    bool operator==(const Step&) const = default;
};

// The steps that carry out a plan: all overrides first, for from then on no other driver can get
// at any of the devices. Then the driver comes, and only if it does, what other drivers hold is
// taken from them. It has to come before that: a driver that does not let go keeps its device
// locked, and the registration of the new one, which tries every device, would wait for it
// (drivers/base/dd.c
// __driver_attach). The boot display is taken last of all. A variant driver is loaded first of all:
// its name is needed for the override, and without an override it binds nothing.
[[nodiscard]] std::vector<Step> make_steps(const Plan& plan);

}  // namespace pt
