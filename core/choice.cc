// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/choice.h"

#include "core/range.h"

namespace pt {
namespace {

bool matches(const Selector& selector, const Machine& machine, std::size_t index) {
    const PciDevice& device = machine.devices[index];
    if (selector.kind == Selector::Kind::kDisplays)
        return is_display(device) && (selector.all_displays || index != machine.boot_display);
    if (selector.kind == Selector::Kind::kId && !id_matches(selector.id, device)) return false;
    if (!selector.is_placed()) return true;
    const std::span<const PciAddress> parents =
        machine.parents.empty() ? std::span<const PciAddress>() : machine.parents[index];
    return is_at(selector.where, device.address, parents);
}

// Whether a function is one of the boot display's card: in its slot, or sound of the same maker
// that has the next bus for itself, as the switch on a card of Intel's Arc has it (buses are
// numbered depth first).
bool is_of_boot_card(const Machine& machine, std::size_t index) {
    const PciDevice& device = machine.devices[index];
    const PciDevice& boot = machine.devices[machine.boot_display];
    if (same_slot(device.address, boot.address)) return true;
    return device.error == 0 && device.ids.vendor == boot.ids.vendor &&
           base_class(device.ids.class_code) == kBaseClassMultimedia &&
           device.address.function == 0 && device.address.domain == boot.address.domain &&
           device.address.bus == boot.address.bus + 1;
}

class Selecting {
  public:
    Selecting(const Wish& wish, const Machine& machine)
        : wish_(wish),
          machine_(machine),
          devices_(machine.devices),
          means_(wish.selectors.size(), 0),
          displays_(wish.selectors.size(), 0),
          found_(devices_.size()) {}

    Selection run() {
        count();
        for (std::size_t i = 0; i < devices_.size(); ++i) choose(i);
        leaves_boot_card_ = machine_.boot_display != kNobody && !wish_.take_boot_display &&
                            !is_taken(machine_.boot_display);
        if (leaves_boot_card_) keep_card_of_boot_display();
        if (wish_.with != With::kNone)
            for (std::size_t i = 0; i < devices_.size(); ++i)
                if (is_taken(i) && found_[i].companion_of == kNobody) add_companions(i);
        return collect();
    }

  private:
    // Nobody's choice until `selector` is set.
    struct Found {
        std::size_t selector = kNobody;
        std::size_t companion_of = kNobody;
        Reason kept = Reason::kNone;
    };

    void count() {
        for (std::size_t s = 0; s < wish_.selectors.size(); ++s)
            for (std::size_t i = 0; i < devices_.size(); ++i) {
                if (!matches(wish_.selectors[s], machine_, i)) continue;
                ++means_[s];
                if (is_display(devices_[i])) ++displays_[s];
            }
    }

    // An id that means other displays too is not meant for the boot display.
    [[nodiscard]] bool leaves_boot_display(std::size_t selector) const {
        return wish_.selectors[selector].kind == Selector::Kind::kId &&
               !wish_.selectors[selector].has_where && displays_[selector] > 1 &&
               !wish_.take_boot_display;
    }

    // The selector that chooses the device: the first exact one, for it has more rights, else the
    // first.
    void choose(std::size_t index) {
        Found& found = found_[index];
        std::size_t leaving = kNobody;
        for (std::size_t s = 0; s < wish_.selectors.size(); ++s) {
            if (!matches(wish_.selectors[s], machine_, index)) continue;
            if (index == machine_.boot_display && leaves_boot_display(s)) {
                if (leaving == kNobody) leaving = s;
            } else if (found.selector == kNobody || (wish_.selectors[s].is_exact() &&
                                                     !wish_.selectors[found.selector].is_exact())) {
                found.selector = s;
            }
        }
        if (found.selector != kNobody || leaving == kNobody) return;
        found.selector = leaving;
        found.kept = Reason::kBootDisplay;
    }

    // The functions of the card whose display stays follow it, unless their place is named, or
    // what names them means nothing else in a wish that leaves that display out by itself.
    void keep_card_of_boot_display() {
        const bool is_left_out = found_[machine_.boot_display].kept == Reason::kBootDisplay;
        for (std::size_t i = 0; i < devices_.size(); ++i) {
            Found& found = found_[i];
            if (i == machine_.boot_display || found.selector == kNobody ||
                wish_.selectors[found.selector].is_placed() || !is_of_boot_card(machine_, i))
                continue;
            if (is_left_out || means_another_card(found.selector))
                found.kept = Reason::kBesideBootDisplay;
        }
    }

    [[nodiscard]] bool means_another_card(std::size_t selector) const {
        for (std::size_t i = 0; i < devices_.size(); ++i)
            if (matches(wish_.selectors[selector], machine_, i) && !is_of_boot_card(machine_, i))
                return true;
        return false;
    }

    [[nodiscard]] bool is_taken(std::size_t index) const {
        return found_[index].selector != kNobody && found_[index].kept == Reason::kNone;
    }

    // Calls `act` for the other functions of the slot; the devices are sorted.
    template <typename Act>
    void for_slot_of(std::size_t index, Act act) {
        const PciAddress slot = devices_[index].address;
        std::size_t first = index;
        while (first > 0 && same_slot(devices_[first - 1].address, slot)) --first;
        for (std::size_t i = first; i < devices_.size() && same_slot(devices_[i].address, slot);
             ++i)
            if (i != index) act(i);
    }

    void add_companions(std::size_t index) {
        const PciDevice& chosen = devices_[index];
        if (chosen.error != 0 || base_class(chosen.ids.class_code) == kBaseClassBridge) return;
        if (wish_.with == With::kGroup) {
            if (machine_.groups[index] < 0) return;
            for (std::size_t i = 0; i < devices_.size(); ++i)
                if (i != index && machine_.groups[i] == machine_.groups[index])
                    add_companion(i, index);
        } else if (wish_.with == With::kSlot || is_display(chosen)) {
            for_slot_of(index, [&](std::size_t i) {
                if (wish_.with == With::kSlot || devices_[i].ids.vendor == chosen.ids.vendor)
                    add_companion(i, index);
            });
        }
    }

    void add_companion(std::size_t index, std::size_t chosen) {
        const PciDevice& device = devices_[index];
        if (device.error != 0 || base_class(device.ids.class_code) == kBaseClassBridge) return;
        Found& found = found_[index];
        if (found.companion_of != kNobody || found.kept != Reason::kNone) return;
        if (found.selector != kNobody && wish_.selectors[found.selector].is_exact()) return;
        found = {found_[chosen].selector, chosen, Reason::kNone};
        if (!leaves_boot_card_) return;
        const PciDevice& boot = devices_[machine_.boot_display];
        if (index == machine_.boot_display) {
            found.kept = Reason::kBootDisplay;
        } else if (same_slot(device.address, boot.address) &&
                   device.ids.vendor == boot.ids.vendor) {
            found.kept = Reason::kBesideBootDisplay;
        }
    }

    [[nodiscard]] bool id_is_somewhere(const Selector& selector) const {
        return any_of(devices_,
                      [&](const PciDevice& device) { return id_matches(selector.id, device); });
    }

    Selection collect() {
        Selection selection;
        bool asks_by_id = false;
        for (std::size_t s = 0; s < wish_.selectors.size(); ++s) {
            const Selector& selector = wish_.selectors[s];
            asks_by_id = asks_by_id || selector.kind != Selector::Kind::kAddress;
            if (means_[s] != 0) continue;
            const bool elsewhere = selector.kind == Selector::Kind::kId && selector.has_where &&
                                   id_is_somewhere(selector);
            selection.complaints.push_back({elsewhere ? Fault::kElsewhere : Fault::kNoMatch,
                                            selector.parameter, selector.item, selector.position,
                                            selector.from_conf});
        }
        for (std::size_t i = 0; i < devices_.size(); ++i) {
            const Found& found = found_[i];
            if (found.selector != kNobody) {
                selection.choices.push_back({i, found.selector, found.companion_of, found.kept});
            } else if (asks_by_id && devices_[i].error != 0) {
                selection.unreadable.push_back(i);
            }
        }
        return selection;
    }

    const Wish& wish_;
    const Machine& machine_;
    const std::vector<PciDevice>& devices_;
    std::vector<std::size_t> means_;     // for each selector, the devices it means
    std::vector<std::size_t> displays_;  // and how many of them are displays
    std::vector<Found> found_;           // for each device
    bool leaves_boot_card_ = false;      // there is a boot display, and it is not asked for
};

}  // namespace

Selection select_devices(const Wish& wish, const Machine& machine) {
    return Selecting(wish, machine).run();
}

bool may_mean_display(const Wish& wish, const Machine& machine) {
    for (std::size_t i = 0; i < machine.devices.size(); ++i) {
        if (!is_display(machine.devices[i])) continue;
        // What comes along by the slot or the group can be a display, whatever was named.
        if (wish.with == With::kSlot || wish.with == With::kGroup) return true;
        for (const Selector& selector : wish.selectors)
            if (matches(selector, machine, i)) return true;
    }
    return false;
}

}  // namespace pt
