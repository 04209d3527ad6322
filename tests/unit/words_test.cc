// SPDX-License-Identifier: LGPL-2.1-or-later
// The words of enumerations stand in lists of their order, which a new enumerator in the middle
// would shift: so each is named here.
#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <cstring>

#include "tests/unit/told.h"

namespace {

using namespace pt;

TEST_CASE("each decision, step and state has its own name", "[words]") {
    CHECK(name_of(Decision::kBind) == "bind");
    CHECK(name_of(Decision::kAlready) == "already");
    CHECK(name_of(Decision::kKept) == "kept");
    CHECK(name_of(Decision::kRefused) == "refused");
    CHECK(name_of(static_cast<Decision>(4)).empty());

    using Kind = Step::Kind;
    CHECK(name_of(Kind::kLoadVariant) == "load_variant");
    CHECK(name_of(Kind::kOverride) == "override");
    CHECK(name_of(Kind::kUnbind) == "unbind");
    CHECK(name_of(Kind::kLoadDriver) == "load_driver");
    CHECK(name_of(Kind::kLoadBackend) == "load_backend");
    CHECK(name_of(Kind::kBind) == "bind");
    CHECK(name_of(Kind::kReleaseFramebuffer) == "release_framebuffer");
    CHECK(name_of(static_cast<Kind>(7)).empty());

    using State = StepResult::State;
    CHECK(name_of(State::kNotReached) == "not_reached");
    CHECK(name_of(State::kDone) == "done");
    CHECK(name_of(State::kNotNeeded) == "not_needed");
    CHECK(name_of(State::kSkipped) == "skipped");
    CHECK(name_of(State::kFailed) == "failed");
    CHECK(name_of(State::kHung) == "hung");
    CHECK(name_of(State::kCrashed) == "crashed");
    CHECK(name_of(static_cast<State>(7)).empty());
}

TEST_CASE("each fault has its own words", "[words]") {
    CHECK(explain(Fault::kNone).empty());
    CHECK(explain(Fault::kEmptyItem) == "is empty (white space behind a comma ends the list)");
    CHECK(explain(Fault::kWhiteSpace) == "holds white space");
    CHECK(explain(Fault::kNoDevice) == "is no vendor:device pair");
    CHECK(explain(Fault::kTooManyFields) == "has more than six fields");
    CHECK(explain(Fault::kNotHex) == "has a field that is no hexadecimal number");
    CHECK(explain(Fault::kTooLong) == "has a field with too many digits");
    CHECK(explain(Fault::kBadAddress) ==
          "is no address like 0000:01:00.0, nor a path like 00:01.0/00.0");
    CHECK(explain(Fault::kNeedsValue) == "needs a list, as in pt.ids=10de:1b06");
    CHECK(explain(Fault::kBadSwitch) == "is neither yes nor no");
    CHECK(explain(Fault::kBadChoice) == "is no value that this parameter has");
    CHECK(explain(Fault::kBadDriverName) == "cannot be the name of a driver");
    CHECK(explain(Fault::kUnknownParameter) == "is no parameter of pt-hook");
    CHECK(explain(Fault::kMaybeTruncated) ==
          "ends where the kernel cuts a command line off and may be incomplete");
    CHECK(explain(Fault::kNoMatch) == "matches no device of this machine");
    CHECK(explain(Fault::kElsewhere) == "names a device that is not at this place");
    CHECK(explain(static_cast<Fault>(16)).empty());
}

TEST_CASE("each reason has its own words", "[words]") {
    Told told("pt.ids=10de:1b06", {kCard}, {{"", 2, 0}});
    told.plan.boot_display = PciAddress{0, 1, 0, 0};
    const auto told_for = [&](Reason reason) {
        PlannedDevice planned = told.plan.devices[0];
        planned.reason = reason;
        planned.device.error = EIO;
        planned.state.error = ENODEV;
        planned.state.group_error = EACCES;
        std::string text;
        put_reason(text, told.report(), planned);
        return text;
    };
    CHECK(told_for(Reason::kNone).empty());
    CHECK(told_for(Reason::kBridge) == "it is a bridge, and other devices live behind it");
    CHECK(told_for(Reason::kNotNamed) ==
          "a device of this class is taken only by its full id or address");
    CHECK(
        told_for(Reason::kNoIommuGroup)
            .starts_with("it has no IOMMU group, without which no virtual machine can have it; "));
    CHECK(told_for(Reason::kGroupUnreadable) ==
          "its IOMMU group cannot be read (Permission denied)");
    CHECK(told_for(Reason::kUnreadable) == "what it is cannot be read (Input/output error)");
    CHECK(told_for(Reason::kVanished) == "it cannot be read any more (No such device)");
    CHECK(told_for(Reason::kBootDisplay) ==
          "it is the boot display and others are meant too; pt.boot_vga=take takes it as well");
    CHECK(told_for(Reason::kBesideBootDisplay) == "same slot as the boot display 0000:01:00.0");
    CHECK(told_for(static_cast<Reason>(9)).empty());
}

TEST_CASE("an error of the kernel is told in its words", "[words]") {
    std::string ours;
    put_error(ours, EBADMSG);
    CHECK(ours == "the text makes no sense");
    std::string of_step;
    put_result(of_step, {StepResult::State::kFailed, EBADMSG, 0});
    CHECK(of_step == std::strerror(EBADMSG));
}

}  // namespace
