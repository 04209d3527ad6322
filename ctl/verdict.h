// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/report.h"
#include "ctl/boot_report.h"
#include "ctl/inventory.h"

namespace pt::ctl {

// What this boot has made of what was asked for.
enum class BootState : std::uint8_t {
    kNotAsked,     // no word asks for a device
    kRan,          // the report tells what pt-hook did
    kSwitchedOff,  // by pt.off
    kDidNotRun,    // there are words that ask for devices, and no report
    kUnknown,      // the report or the command line cannot be read
};

// What became of one device.
enum class Holding : std::uint8_t {
    kHeld,       // by the driver that was asked for
    kTakenAway,  // that driver held it when the boot was over, and does not now
    kNotBound,   // it could not be bound at boot
    kRefused,    // it was named, and could not or must not be taken
    kNotTried,   // pt-hook did not run, or was switched off
    kGone,       // it is not on the bus any more
    kKept,       // covered by a pattern, and the host keeps it: nothing is wrong
};

struct DeviceVerdict {
    PciAddress address;
    std::string ids;  // empty where they could not be read
    std::string selected_by;
    Holding holding = Holding::kHeld;
    std::string driver;                  // that holds it now, empty for none
    bool since_boot = false;             // held by it since pt-hook bound it, as far as can be seen
    bool is_usable = false;              // a virtual machine can have it
    std::vector<std::string> reasons{};  // why it is not held, or not usable; each a sentence

    [[nodiscard]] bool is_held() const { return holding == Holding::kHeld; }
    [[nodiscard]] bool is_asked_for() const { return holding != Holding::kKept; }
};

// What using devices through VFIO takes, beyond the driver of each.
struct VfioFacts {
    bool has_backend = false;            // vfio_iommu_type1 or iommufd is loaded or built in
    std::vector<std::int32_t> groups{};  // with a device node in /dev/vfio
    int error = 0;                       // errno for which those could not be read
};

// Judges the devices of a report by the machine as it is now.
[[nodiscard]] std::vector<DeviceVerdict> judge_report(const BootReport& report,
                                                      const Inventory& inventory,
                                                      const VfioFacts& vfio);

// Judges the devices that a plan, made now, would take, when no report tells of them.
[[nodiscard]] std::vector<DeviceVerdict> judge_plan(const Report& plan, const Inventory& inventory,
                                                    const VfioFacts& vfio);

// Why no virtual machine can have a device that is held; nothing if one can.
[[nodiscard]] std::vector<std::string> why_unusable(const Function& function,
                                                    const Inventory& inventory,
                                                    const VfioFacts& vfio);

// The names for JSON and metrics: "ran", "taken_away" and so on.
[[nodiscard]] std::string_view name_of(BootState state);
[[nodiscard]] std::string_view name_of(Holding holding);

}  // namespace pt::ctl
