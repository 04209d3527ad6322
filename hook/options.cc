// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hook/options.h"

#include "core/text.h"

namespace pt {
namespace {

constexpr std::uint32_t kDeadlineMaxSeconds = 3600;

// Whole seconds, 1 to 3600; 0 for anything else.
std::uint32_t parse_seconds(std::string_view text) {
    if (text.empty() || text.size() > 4) return 0;
    std::uint32_t seconds = 0;
    for (char c : text) {
        if (c < '0' || c > '9') return 0;
        seconds = seconds * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return seconds <= kDeadlineMaxSeconds ? seconds : 0;
}

void fail(Options& options, std::string_view what, std::string_view piece) {
    if (!options.error.empty()) return;
    put(options.error, what);
    put_quoted(options.error, piece);
}

// Walks over the arguments; an option's value follows it, or stands behind '='.
class ArgumentReader {
  public:
    explicit ArgumentReader(std::span<char* const> arguments) : rest_(arguments) {}

    bool next() {
        if (rest_.empty()) return false;
        name_ = rest_[0];
        value_ = nullptr;
        rest_ = rest_.subspan(1);
        const std::size_t equals = name_.starts_with("--") ? name_.find('=') : name_.npos;
        if (equals != name_.npos) {
            value_ = name_.data() + equals + 1;
            name_ = name_.substr(0, equals);
        }
        return true;
    }

    [[nodiscard]] std::string_view name() const { return name_; }
    [[nodiscard]] bool has_inline_value() const { return value_ != nullptr; }

    // The option's value, or nullptr if there is none.
    const char* take_value() {
        if (value_ == nullptr && !rest_.empty()) {
            value_ = rest_[0];
            rest_ = rest_.subspan(1);
        }
        return value_;
    }

  private:
    std::span<char* const> rest_;
    std::string_view name_;
    const char* value_ = nullptr;
};

bool* find_switch(Options& options, std::string_view name) {
    if (name == "--dry-run") return &options.dry_run;
    if (name == "--json") return &options.json;
    if (name == "--help" || name == "-h") return &options.help;
    if (name == "--version") return &options.version;
    return nullptr;
}

void read_value(Options& options, ArgumentReader& arguments) {
    const std::string_view name = arguments.name();
    if (name != "--root" && name != "--cmdline" && name != "--deadline")
        return fail(options, name.starts_with("-") ? "unknown option " : "unexpected argument ",
                    name);
    const char* value = arguments.take_value();
    if (value == nullptr) return fail(options, "no value behind ", name);
    if (name == "--root") {
        options.root = value;
    } else if (name == "--cmdline") {
        options.cmdline = value;
    } else {
        options.deadline_ms = parse_seconds(value) * 1000;
        if (options.deadline_ms == 0)
            fail(options, "--deadline takes whole seconds from 1 to 3600, not ", value);
    }
}

}  // namespace

Options parse_options(std::span<char* const> arguments) {
    Options options;
    ArgumentReader reader(arguments);
    while (reader.next()) {
        bool* option_switch = find_switch(options, reader.name());
        if (option_switch == nullptr) {
            read_value(options, reader);
        } else if (reader.has_inline_value()) {
            fail(options, "no value goes with ", reader.name());
        } else {
            *option_switch = true;
        }
    }
    return options;
}

const std::string_view kUsage =
    "Usage: pt-hook [OPTION]...\n"
    "Gives the PCI devices that the kernel command line or /etc/pt-hook.conf names by\n"
    "pt.ids=, pt.addrs= or pt.gpus= to vfio-pci. Made to run in the initramfs, before\n"
    "other drivers load. Without --dry-run it acts at once.\n"
    "\n"
    "  --dry-run           print what would be done, and change nothing\n"
    "  --json              print the plan, or what came of it, as one JSON object\n"
    "  --cmdline TEXT      use TEXT instead of /proc/cmdline\n"
    "  --root DIR          use DIR/sys, DIR/etc and so on; no module is loaded then\n"
    "  --deadline SECONDS  give up after this time (15)\n"
    "  --help              print this help\n"
    "  --version           print the version\n"
    "\n"
    "Exit status: 0 all that was asked for is done, or nothing was asked for;\n"
    "1 something could not be done; 2 wrong usage; 3 as 1, and pt.on_error=stop\n"
    "asks to stop the boot.\n";

}  // namespace pt
