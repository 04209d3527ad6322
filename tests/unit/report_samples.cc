// SPDX-License-Identifier: LGPL-2.1-or-later
// Prints reports of every kind, one in each line: schema_test.py holds them against the schema.
#include <cstdio>

#include "tests/unit/told.h"

namespace {

using namespace pt;
using State = StepResult::State;

void print(const Told& told) {
    std::fputs(to_json(told.report()).c_str(), stdout);
}

PciDevice other(std::uint8_t bus, std::uint32_t class_code) {
    PciDevice device = kCard;
    device.address.bus = bus;
    device.ids.class_code = class_code;
    return device;
}

// Every decision, and all that only a plan has.
Told& plan_of_all(Told& told) {
    told.plan.neighbours = {{other(9, 0x020000), "e1000e", 2}, {kUnreadable, "", 0}};
    return told;
}

void print_plans() {
    Around around;
    around.conf = "pt.with=slot\npt.ids=1:2\n  pt.bad\n";
    around.machine.boot_display = 0;
    PciDevice sound = kCard;
    sound.address.function = 1;
    Told told("pt.ids=10de:1b06,*:*,\xff pt.addrs=03:00.0",
              {kCard, sound, kUnreadable, other(4, 0x060400), other(5, 0x030000)},
              {{"", 2, 0}, {"nouveau", 2, 0}, {"", -1, 0}, {"", 0, 0}, {"vfio-pci", 7, 0}}, around);
    print(plan_of_all(told));
    Told alone("pt.ids=10de:1b06 pt.driver=pci-stub", {kCard, sound}, {{"", -1, 0}, {"", 2, 0}});
    print(alone);
    print(Told("", {}, {}));
    print(Told("pt.off", {}, {}));
}

// Every state of a step, and all kinds of steps.
void print_outcomes() {
    Around around;
    around.machine.boot_display = 0;
    around.machine.framebuffers = {{"efi-framebuffer.0", 0}};
    for (const State state : {State::kNotReached, State::kDone, State::kNotNeeded, State::kSkipped,
                              State::kFailed, State::kHung, State::kCrashed})
        for (const std::string found : {"", "nouveau", "some-vfio-pci"}) {
            Told told("pt.ids=10de:1b06 pt.driver=auto", {kCard},
                      {{"nouveau", 2, 0, "some_vfio_pci", "some-vfio-pci"}}, around);
            told.act(std::vector<StepResult>(make_steps(told.plan).size(),
                                             {state, EINVAL, 4'294'967'295}),
                     {found});
            print(plan_of_all(told));
        }
    Told refused("pt.addrs=01:00.0", {kCard}, {{"nouveau", -1, 0}});
    refused.act({}, {"nouveau"});
    print(refused);
}

}  // namespace

int main() {
    print_plans();
    print_outcomes();
    return 0;
}
