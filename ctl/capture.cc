// SPDX-License-Identifier: LGPL-2.1-or-later
// The machine's PCI picture as an archive, for bug reports and tests: what ptctl and pt-hook read,
// without anything that tells one machine of a kind from another.
#include <sys/stat.h>
#include <unistd.h>
#include <iostream>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/machine.h"
#include "core/report.h"
#include "core/text.h"
#include "ctl/archive.h"
#include "ctl/commands.h"
#include "ctl/inventory.h"
#include "ctl/output.h"
#include "ctl/overrides.h"
#include "ctl/private.h"
#include "ctl/shell.h"
#include "sys/file.h"

namespace pt::ctl {
namespace {

constexpr std::size_t kFileMax = 16 << 20;  // a report is the largest, see boot_report.cc

class Capture {
  public:
    Capture(const Context& context, ArchiveWriter& writer)
        : root_(context.root_dir.get()), writer_(writer) {}

    void take(const Inventory& inventory) {
        std::vector<PciAddress> addresses;
        for (const Function& function : inventory.functions)
            addresses.push_back(function.device.address);
        const std::vector<Override> overrides = read_overrides(root_, addresses);
        for (std::size_t i = 0; i < addresses.size(); ++i)
            take_device(inventory.functions[i], overrides[i]);
        take_drivers();
        take_groups();
        take_framebuffers();
        take_modules();
        take_words();
        for (const char* path : {"sys/firmware/acpi/tables/DMAR", "sys/firmware/acpi/tables/IVRS",
                                 "usr/lib/pt-hook/pt-hook"})
            mark(path);
        for (const std::string& name : names("dev/vfio")) mark("dev/vfio/" + name);
        for (const std::string& name : names("sys/class/iommu"))
            writer_.add_directory("sys/class/iommu/" + name);
        for (const char* path : {"run/pt-hook/report.json", "proc/sys/kernel/osrelease"})
            copy(path);
    }

  private:
    [[nodiscard]] std::vector<std::string> names(const std::string& directory) const {
        std::vector<std::string> found;
        (void)list_directory(root_, directory.c_str(), found);  // none, where there is none
        std::sort(found.begin(), found.end());
        return found;
    }

    // What cannot be read is left out, as what is not there.
    void copy(const std::string& path) {
        std::string text;
        if (read_file(root_, path.c_str(), kFileMax, text) != 0) return;
        struct stat status {};
        const bool has_time = fstatat(root_, path.c_str(), &status, 0) == 0;
        writer_.add_file(path, text, has_time ? status.st_mtim.tv_sec : 0);
    }

    // That a file is there, and nothing of its content.
    void mark(const std::string& path) {
        if (exists(root_, path.c_str())) writer_.add_file(path, "");
    }

    void copy_link(const std::string& path) {
        std::string target;
        if (read_link(root_, path.c_str(), target) == 0 && stays_inside(path, target))
            writer_.add_link(path, target);
    }

    // The directory that a link in a directory of the bus leads to, from the root.
    [[nodiscard]] std::string directory_of(const std::string& link) const {
        std::string target;
        if (read_link(root_, link.c_str(), target) != 0 || !stays_inside(link, target)) return {};
        const std::filesystem::path here = std::filesystem::path(link).parent_path();
        return (here / target).lexically_normal().string();
    }

    void take_device(const Function& function, const Override& override) {
        const std::string link = "sys/bus/pci/devices/" + full_address(function.device.address);
        const std::string directory = directory_of(link);
        if (directory.empty()) return;
        copy_link(link);
        for (const char* name : {"modalias", "boot_vga"}) copy(directory + "/" + name);
        // As the kernel prints it.
        if (!override.is_waiting && exists(root_, (directory + "/driver_override").c_str()))
            writer_.add_file(directory + "/driver_override",
                             (override.driver.empty() ? "(null)" : override.driver) + "\n");
        if (is_display(function.device)) copy(directory + "/resource");
        for (const char* name : {"driver", "iommu_group", "physfn"})
            copy_link(directory + "/" + name);
    }

    void take_drivers() {
        for (const std::string& name : names("sys/bus/pci/drivers"))
            mark("sys/bus/pci/drivers/" + name + "/bind");
    }

    void take_groups() {
        const std::string groups = "sys/kernel/iommu_groups/";
        for (const std::string& group : names(groups))
            for (const std::string& name : names(groups + group + "/devices"))
                copy_link(groups + group + "/devices/" + name);
    }

    void take_framebuffers() {
        for (const std::string& name : names("sys/bus/platform/devices")) {
            if (name.find("framebuffer") == std::string::npos) continue;
            const std::string link = "sys/bus/platform/devices/" + name;
            const std::string directory = directory_of(link);
            if (directory.empty()) continue;
            copy_link(link);
            copy_link(directory + "/driver");
        }
        std::string iomem;
        if (read_file(root_, "proc/iomem", kFileMax, iomem) == 0)
            writer_.add_file("proc/iomem", framebuffer_lines(iomem));
    }

    void take_modules() {
        for (const std::string& name : names("sys/module")) {
            if (name.find("vfio") == std::string::npos && name != "iommufd") continue;
            const std::string directory = "sys/module/" + name;
            writer_.add_directory(directory);
            for (const std::string& driver : names(directory + "/drivers"))
                copy_link(directory + "/drivers/" + driver);
        }
    }

    void take_words() {
        std::string cmdline;
        if (read_file(root_, "proc/cmdline", kFileMax, cmdline) == 0)
            writer_.add_file("proc/cmdline", our_words(cmdline) + "\n");
        std::string conf;
        if (read_file(root_, kConfPath.substr(1).data(), kFileMax, conf) == 0)
            writer_.add_file(std::string(kConfPath.substr(1)), without_comments(conf));
    }

    int root_;
    ArchiveWriter& writer_;
};

}  // namespace

int capture(const Context& context, const std::string& file) {
    const Inventory inventory = read_inventory(context);
    if (inventory.error != 0) {
        print_problem(context, "cannot list the PCI devices", inventory.error);
        return kExitCannotTell;
    }
    ArchiveWriter writer;
    std::string problem = writer.open(file);
    if (problem.empty()) {
        Capture(context, writer).take(inventory);
        problem = writer.close();
    }
    if (!problem.empty()) {
        print_problem(context, "cannot write " + file + ": " + problem);
        return kExitBad;
    }
    if (context.is_this_machine && geteuid() != 0)
        print_error("without root's rights the place of the firmware's framebuffer is left out");
    if (context.json) {
        nlohmann::ordered_json json;
        json["version"] = VERSION;
        json["file"] = file;
        json["devices"] = inventory.functions.size();
        print_json(json);
    } else {
        print_wrapped(context, "", 0,
                      file + " has " + std::to_string(inventory.functions.size()) +
                          " PCI functions. To look at them:");
        std::cout << "  " << shell_command({"ptctl", "--root", file, "list", "--all"}) << '\n';
    }
    return kExitGood;
}

}  // namespace pt::ctl
