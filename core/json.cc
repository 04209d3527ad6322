// SPDX-License-Identifier: LGPL-2.1-or-later
// The report as JSON. Written by hand: the boot program has no room for a library, and only writes.
#include <cstring>

#include "core/report.h"
#include "core/text.h"

namespace pt {
namespace {

// Writes the members of one object, with the commas between them.
class JsonObject {
  public:
    explicit JsonObject(std::string& out) : out_(out) { out_.push_back('{'); }
    JsonObject(const JsonObject&) = delete;
    JsonObject& operator=(const JsonObject&) = delete;
    ~JsonObject() { out_.push_back('}'); }

    std::string& member(std::string_view name) {
        if (!first_) out_.push_back(',');
        first_ = false;
        put_json_string(out_, name);
        out_.push_back(':');
        return out_;
    }
    void text(std::string_view name, std::string_view value) {
        put_json_string(member(name), value);
    }
    // null when there is no value
    void text_or_null(std::string_view name, std::string_view value) {
        if (value.empty()) {
            put(member(name), "null");
        } else {
            text(name, value);
        }
    }
    void number(std::string_view name, std::uint64_t value) { put_decimal(member(name), value); }
    void flag(std::string_view name, bool value) { put(member(name), value ? "true" : "false"); }
    // null for a negative one
    void number_or_null(std::string_view name, std::int32_t value) {
        if (value < 0) return text_or_null(name, {});
        number(name, static_cast<std::uint64_t>(value));
    }

  private:
    std::string& out_;
    bool first_ = true;
};

template <typename Items, typename WriteItem>
void put_array(std::string& out, const Items& items, WriteItem write_item) {
    out.push_back('[');
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i != 0) out.push_back(',');
        write_item(i);
    }
    out.push_back(']');
}

void put_id_pair(std::string& out, std::uint16_t a, std::uint16_t b) {
    put_hex(out, a, 4);
    out.push_back(':');
    put_hex(out, b, 4);
}

void put_ids(JsonObject& object, const PciDevice& device) {
    std::string ids;
    std::string subsystem;
    std::string class_code;
    if (device.error == 0) {
        put_id_pair(ids, device.ids.vendor, device.ids.device);
        put_id_pair(subsystem, device.ids.subvendor, device.ids.subdevice);
        put_hex(class_code, device.ids.class_code, 6);
    }
    object.text_or_null("ids", ids);
    object.text_or_null("subsystem_ids", subsystem);
    object.text_or_null("class", class_code);
}

void put_device(std::string& out, const Report& report, std::size_t index) {
    const PlannedDevice& planned = report.plan->devices[index];
    const Selector& selector = report.wish->selectors[planned.selector];
    JsonObject object(out);
    std::string text;
    put_address(text, planned.device.address);
    object.text("address", text);
    put_ids(object, planned.device);
    object.number_or_null("iommu_group", planned.state.iommu_group);
    text.assign(selector.parameter);
    text.push_back('=');
    put(text, selector.item);
    object.text("selected_by", text);
    text.clear();
    if (planned.companion_of) put_address(text, *planned.companion_of);
    object.text_or_null("companion_of", text);
    object.flag("boot_display", planned.is_boot_display);
    object.text_or_null("driver_before", planned.state.driver);
    object.text("decision", name_of(planned.decision));
    text.clear();
    put_reason(text, report, planned);
    object.text_or_null("reason", text);
    if (report.outcome == nullptr) return;
    const DeviceOutcome& device = report.outcome->devices[index];
    object.text_or_null("driver_after", device.driver_after);
    if (is_acted_on(planned)) {
        object.text("result", device.bound ? "bound" : "failed");
    } else {
        object.text_or_null("result", {});
    }
}

std::string_view source_of(bool from_conf) {
    return from_conf ? kConfPath : "command line";
}

void put_complaint(std::string& out, const Report& report, const Complaint& complaint) {
    JsonObject object(out);
    object.text("parameter", complaint.parameter);
    object.text("item", complaint.item);
    object.text("source", source_of(complaint.from_conf));
    object.number("position", complaint.position);
    if (complaint.from_conf) {
        std::size_t column = 0;
        object.number("line", line_of(report.conf, complaint.position, column));
    }
    object.text("reason", explain(complaint.fault));
}

void put_neighbour(std::string& out, const Neighbour& neighbour) {
    JsonObject object(out);
    std::string text;
    put_address(text, neighbour.device.address);
    object.text("address", text);
    put_ids(object, neighbour.device);
    object.number_or_null("iommu_group", neighbour.iommu_group);
    object.text_or_null("driver", neighbour.driver);
}

void put_step(std::string& out, const Report& report, std::size_t index) {
    const Step& step = report.outcome->steps[index];
    const StepResult& result = report.outcome->results[index];
    JsonObject object(out);
    object.text("step", name_of(step.kind));
    std::string text;
    if (step.kind != Step::Kind::kLoadDriver && step.kind != Step::Kind::kLoadBackend)
        put_address(text, report.plan->devices[step.device].device.address);
    object.text_or_null("address", text);
    object.text("state", name_of(result.state));
    text.clear();
    if (result.state == StepResult::State::kFailed) put_result(text, result);
    object.text_or_null("error", text);
    object.number("elapsed_us", result.microseconds);
}

void put_totals(std::string& out, const Report& report) {
    JsonObject object(out);
    const Plan& plan = *report.plan;
    if (report.outcome != nullptr) {
        object.number("bound", report.outcome->count_bound(plan));
        object.number("failed", report.outcome->count_failed(plan));
    }
    object.number("refused", plan.count(Decision::kRefused));
    object.number("kept", plan.count(Decision::kKept));
    object.number("complaints", report.complaints->size());
}

}  // namespace

std::string to_json(const Report& report) {
    const Plan& plan = *report.plan;
    std::string out;
    {
        JsonObject object(out);
        object.text("version", report.version);
        object.text("driver", plan.driver);
        object.flag("off", report.wish->off);
        put_array(object.member("words"), *report.words, [&](std::size_t i) {
            JsonObject word(out);
            word.text("text", (*report.words)[i].text);
            word.text("source", source_of((*report.words)[i].from_conf));
        });
        put_array(object.member("devices"), plan.devices,
                  [&](std::size_t i) { put_device(out, report, i); });
        put_array(object.member("neighbours"), plan.neighbours,
                  [&](std::size_t i) { put_neighbour(out, plan.neighbours[i]); });
        put_array(object.member("complaints"), *report.complaints,
                  [&](std::size_t i) { put_complaint(out, report, (*report.complaints)[i]); });
        if (report.outcome != nullptr)
            put_array(object.member("steps"), report.outcome->steps,
                      [&](std::size_t i) { put_step(out, report, i); });
        put_totals(object.member("totals"), report);
        object.number("elapsed_us", report.elapsed_us);
        object.flag("fulfilled", is_fulfilled(report));
    }
    out.push_back('\n');
    return out;
}

}  // namespace pt
