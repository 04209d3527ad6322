// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/doctor/image.h"

#include <catch2/catch_test_macros.hpp>

using namespace pt::ctl;

namespace {

constexpr const char* kOrder = "scripts/init-top/ORDER";
constexpr const char* kProgram = "usr/lib/pt-hook/pt-hook";
constexpr const char* kWants = "usr/lib/systemd/system/sysinit.target.wants/pt-hook.service";
constexpr const char* kUnit = "usr/lib/systemd/system/pt-hook.service";

ImageContent of_initramfs_tools(const std::string& order) {
    ImageContent content;
    content.names = {kOrder, "scripts/functions", "scripts/init-top/pt-hook",
                     "scripts/init-top/udev", kProgram};
    content.texts[kOrder] = order;
    return content;
}

Start start_by_order(const std::string& order) {
    return examine_image(of_initramfs_tools(order)).start;
}

std::string line(const char* script) {
    return std::string("/scripts/init-top/") + script +
           " \"$@\"\n[ -e /conf/param.conf ] && . /conf/param.conf\n";
}

Start start_by_hooks(const std::string& config) {
    ImageContent content;
    content.names = {"config", "init_functions", "hooks/udev", "hooks/pt-hook", kProgram};
    content.texts["config"] = config;
    return examine_image(content).start;
}

Start start_of(std::vector<std::string> names) {
    ImageContent content;
    content.names = std::move(names);
    return examine_image(content).start;
}

}  // namespace

TEST_CASE("the boot order of initramfs-tools says whether pt-hook comes before udev") {
    CHECK(start_by_order(line("blacklist") + line("pt-hook") + line("udev")) == Start::kBeforeUdev);
    CHECK(start_by_order(line("pt-hook")) == Start::kBeforeUdev);  // an image without udev
    CHECK(start_by_order(line("udev") + line("pt-hook")) == Start::kAfterUdev);
    CHECK(start_by_order(line("udev")) == Start::kNever);
    CHECK(start_by_order("") == Start::kNever);
    CHECK(start_by_order("# " + line("pt-hook") + line("udev")) == Start::kNever);
    CHECK(start_by_order(line("pt-hooks") + line("udev")) == Start::kNever);
    CHECK(start_by_order(line("my-pt-hook") + line("udev")) == Start::kNever);
    CHECK(start_by_order(std::string(1000, '\0')) == Start::kNever);
}

TEST_CASE("a script that is in the order but not in the image starts nothing") {
    ImageContent content = of_initramfs_tools(line("pt-hook") + line("udev"));
    std::erase(content.names, "scripts/init-top/pt-hook");
    CHECK(examine_image(content).start == Start::kNever);
}

TEST_CASE("udev's script may start pt-hook") {
    ImageContent content = of_initramfs_tools(line("udev"));
    content.names.push_back("scripts/pt-hook");
    CHECK(examine_image(content).start == Start::kNever);
    content.texts["scripts/init-top/udev"] = "#!/bin/sh\n[ x ] || /scripts/pt-hook || :\n";
    CHECK(examine_image(content).start == Start::kBeforeUdev);
    std::erase(content.names, "scripts/pt-hook");
    CHECK(examine_image(content).start == Start::kNever);
}

TEST_CASE("the early hooks of mkinitcpio run in the order of its configuration") {
    CHECK(start_by_hooks("EARLYHOOKS=\"pt-hook udev\"\n") == Start::kBeforeUdev);
    CHECK(start_by_hooks("MODULES=\"x\"\nEARLYHOOKS='pt-hook'\n") == Start::kBeforeUdev);
    CHECK(start_by_hooks("EARLYHOOKS=\"udev pt-hook\"\n") == Start::kAfterUdev);
    CHECK(start_by_hooks("EARLYHOOKS=\"udev\"\nHOOKS=\"pt-hook\"\n") == Start::kNever);
    CHECK(start_by_hooks("EARLYHOOKS=\"\"\n") == Start::kNever);
    CHECK(start_by_hooks("EARLYHOOKS=\"pt-hook") == Start::kBeforeUdev);  // cut off
    CHECK(start_by_hooks("MYEARLYHOOKS=\"pt-hook\"\n") == Start::kNever);
    CHECK(start_by_hooks("") == Start::kNever);
}

TEST_CASE("the unit of systemd counts if it is wanted, there and not masked") {
    const std::string text = "[Unit]\nBefore=systemd-udevd.service\n";
    const auto start_by_units = [](std::vector<std::string> names,
                                   std::map<std::string, std::string> texts) {
        ImageContent content{std::move(names), std::move(texts)};
        for (const auto& [name, unit] : content.texts) content.names.push_back(name);
        return examine_image(content).start;
    };
    constexpr const char* kOwn = "etc/systemd/system/pt-hook.service";
    CHECK(start_by_units({kWants, kProgram}, {{kUnit, text}}) == Start::kBeforeUdev);
    CHECK(start_by_units({"lib/systemd/system/sysinit.target.wants/pt-hook.service"},
                         {{"lib/systemd/system/pt-hook.service", text}}) == Start::kBeforeUdev);
    CHECK(start_by_units({"etc/systemd/system/sysinit.target.wants/pt-hook.service"},
                         {{kUnit, text}}) == Start::kBeforeUdev);
    CHECK(start_by_units({kWants}, {{kUnit, text}, {kOwn, ""}}) == Start::kNever);
    CHECK(start_by_units({kWants}, {{kUnit, text}, {kOwn, "[Unit]\n"}}) == Start::kAfterUdev);
    CHECK(start_by_units({kWants}, {}) == Start::kNever);
    CHECK(start_by_units({}, {{kUnit, text}}) == Start::kNever);
    CHECK(start_by_units({"usr/lib/systemd/system/initrd.target.wants/pt-hook.service"},
                         {{kUnit, text}}) == Start::kNever);
}

TEST_CASE("the unit of systemd has to be ordered before udev") {
    const auto start_by_text = [](const char* text) {
        ImageContent content{{kWants, kUnit}, {{kUnit, text}}};
        return examine_image(content).start;
    };
    for (const char* text :
         {"[Unit]\nBefore=a.service systemd-udevd.service\n", "Before = systemd-udevd.service",
          "Before=a.service\nBefore=b.service\tsystemd-udevd.service\r\n",
          "Before=a.service \\\n# between\n  systemd-udevd.service\n"}) {
        INFO(text);
        CHECK(start_by_text(text) == Start::kBeforeUdev);
    }
    for (const char* text :
         {"[Unit]\n", "#Before=systemd-udevd.service\n", "; Before=systemd-udevd.service\n",
          "After=systemd-udevd.service\n", "Before=my-systemd-udevd.service\n",
          "Before=systemd-udevd.service.wants\n",
          "Before=a.service\nAfter=b.service \\\n systemd-udevd.service\n", "\n", "="}) {
        INFO(text);
        CHECK(start_by_text(text) == Start::kAfterUdev);
    }
}

TEST_CASE(
    "the hook of dracut's command line stage runs before udev, one of a later stage does not") {
    constexpr const char* kLib = "usr/lib/dracut-lib.sh";
    CHECK(start_of({kLib, "lib/dracut/hooks/cmdline/00-pt-hook.sh"}) == Start::kBeforeUdev);
    CHECK(start_of({kLib, "usr/lib/dracut/hooks/cmdline/00-pt-hook.sh"}) == Start::kBeforeUdev);
    CHECK(start_of({kLib, "var/lib/dracut/hooks/cmdline/00-pt-hook.sh"}) == Start::kBeforeUdev);
    CHECK(start_of({kLib, "var/lib/dracut/hooks/pre-mount/00-pt-hook.sh"}) == Start::kNever);
    CHECK(start_of({kLib, "hooks/cmdline/00-pt-hook.sh"}) == Start::kNever);
    CHECK(start_of({kLib}) == Start::kNever);
}

TEST_CASE("the hook of dracut has to come before the one that loads drivers") {
    constexpr const char* kLib = "usr/lib/dracut-lib.sh";
    const std::string stage = "lib/dracut/hooks/cmdline/";
    CHECK(start_of({kLib, stage + "01-parse-kernel.sh", stage + "00-pt-hook.sh"}) ==
          Start::kBeforeUdev);
    CHECK(start_of({kLib, stage + "01-parse-kernel.sh", stage + "20-pt-hook.sh"}) ==
          Start::kAfterUdev);
    CHECK(start_of({kLib, stage + "10-parse-root.sh", stage + "20-pt-hook.sh"}) ==
          Start::kBeforeUdev);
}

TEST_CASE("of an image of no known kind nothing is claimed") {
    CHECK(start_of({kProgram, "init"}) == Start::kUnknown);
    CHECK(start_of({"init"}) == Start::kNever);
    CHECK(start_of({}) == Start::kNever);
}

TEST_CASE("an image shows its builder") {
    const auto builder_of = [](std::vector<std::string> names) {
        ImageContent content;
        content.names = std::move(names);
        return examine_image(content).builder;
    };
    CHECK(builder_of({kOrder}) == Builder::kInitramfsTools);
    CHECK(builder_of({"scripts/functions", "conf/initramfs.conf"}) == Builder::kInitramfsTools);
    CHECK(builder_of({"usr/lib/dracut/build-parameter.txt"}) == Builder::kDracut);
    CHECK(builder_of({"lib/dracut/build-parameter.txt"}) == Builder::kDracut);
    CHECK(builder_of({"buildconfig", "config"}) == Builder::kMkinitcpio);
    CHECK(builder_of({"early_cpio", "kernel/x86/microcode/GenuineIntel.bin"}) == Builder::kUnknown);
    CHECK(builder_of({"etc/config"}) == Builder::kUnknown);
}

TEST_CASE("modules are known by their file, whatever their compression") {
    const auto modules_of = [](const char* name) {
        ImageContent content;
        content.names = {name};
        const ImageFindings found = examine_image(content);
        return std::pair(found.has_vfio_pci, found.has_type1);
    };
    using Has = std::pair<bool, bool>;
    const std::string vfio = "usr/lib/modules/6.1/kernel/drivers/vfio/";
    CHECK(modules_of((vfio + "pci/vfio-pci.ko").c_str()) == Has{true, false});
    CHECK(modules_of((vfio + "pci/vfio-pci.ko.xz").c_str()) == Has{true, false});
    CHECK(modules_of((vfio + "vfio_iommu_type1.ko.zst").c_str()) == Has{false, true});
    CHECK(modules_of((vfio + "pci/vfio-pci-core.ko").c_str()) == Has{false, false});
    CHECK(modules_of((vfio + "pci/vfio-pci.kon").c_str()) == Has{false, false});
    CHECK(modules_of((vfio + "pci/my-vfio-pci.ko").c_str()) == Has{false, false});
    CHECK(modules_of("vfio-pci.ko") == Has{false, false});
    CHECK(modules_of("") == Has{false, false});
}

TEST_CASE("the kernel is that of the modules, if they are all of one") {
    const auto kernel_of = [](std::vector<std::string> names) {
        ImageContent content;
        content.names = std::move(names);
        return examine_image(content).kernel;
    };
    CHECK(kernel_of({"usr/lib/modules/6.1.0-50-amd64/modules.dep"}) == "6.1.0-50-amd64");
    CHECK(kernel_of({"lib/modules/6.12.1-arch1-1/kernel/x.ko"}) == "6.12.1-arch1-1");
    CHECK(kernel_of({"lib/modules/6.1/x", "lib/modules/6.2/x"}).empty());
    CHECK(kernel_of({"lib/modules", "lib/modules/6.1"}).empty());
    CHECK(kernel_of({}).empty());
}

TEST_CASE("the name of an image may tell its kernel") {
    CHECK(kernel_in_path("/boot/initrd.img-6.1.0-50-amd64") == "6.1.0-50-amd64");
    CHECK(kernel_in_path("/boot/initramfs-6.11.4-301.fc41.x86_64.img") == "6.11.4-301.fc41.x86_64");
    CHECK(kernel_in_path("/boot/initrd-6.4.0-default") == "6.4.0-default");
    CHECK(kernel_in_path("/efi/0123abcd/6.12.1/initrd") == "6.12.1");
    CHECK(kernel_in_path("/efi/debian/6.12.1/initrd.img-6.12.1") == "6.12.1");
    CHECK(kernel_in_path("/boot/initramfs-linux.img").empty());
    CHECK(kernel_in_path("/boot/initramfs-linux-fallback.img").empty());
    CHECK(kernel_in_path("initrd").empty());
    CHECK(kernel_in_path("/initrd").empty());
    CHECK(kernel_in_path("").empty());
    CHECK(kernel_in_path("/boot/initrd.img-").empty());
}

TEST_CASE("what is no image to boot this system with is passed over") {
    for (const char* name : {"initrd.img-6.1", "initramfs-linux.img", "initramfs-6.11.img",
                             "initramfs-linux-fallback.img", "initrd-6.4.0-default"}) {
        INFO(name);
        CHECK(is_image_name(name));
    }
    for (const char* name :
         {"initramfs-6.11kdump.img", "initramfs-0-rescue-0123.img", "initrd.img-6.1.dpkg-bak",
          "initrd.img-6.1.old", "initrd.img-6.1.new", "initrd.img", "initramfs-linux",
          "vmlinuz-6.1", "", "initrd", "config-6.1", "amd-ucode.img"}) {
        INFO(name);
        CHECK_FALSE(is_image_name(name));
    }
}
