// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/wish.h"

#include <algorithm>

#include "core/cmdline.h"
#include "core/range.h"
#include "core/text.h"

namespace pt {
namespace {

using ParseItem = Fault (*)(std::string_view item, Selector& selector);

bool is_driver_name(std::string_view name) {
    // It becomes part of a path and of what is written into driver_override.
    if (name.empty() || name.size() > 63 || name[0] == '.') return false;
    return !any_of(name, [](char c) {
        return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                 c == '-' || c == '_' || c == '.');
    });
}

// Reads the words of one source.
class Reader {
  public:
    Reader(ReadWords& result, bool from_conf, bool truncated)
        : result_(result), wish_(result.wish), from_conf_(from_conf), truncated_(truncated) {}

    // `start` is where the text stands in its source.
    void read_text(std::string_view text, std::size_t start) {
        CmdlineReader words(text);
        Word word;
        while (words.next(word)) {
            word.position += start;
            word.name_position += start;
            read(word);
        }
    }

  private:
    void read(const Word& word) {
        const bool is_ours = word.name.starts_with("pt.");
        if (is_ours) result_.words.push_back({word.text, from_conf_});
        if (same_parameter(word.name, "pt.ids")) {
            read_list(word, Selector::Kind::kId, parse_id);
        } else if (same_parameter(word.name, "pt.addrs")) {
            read_list(word, Selector::Kind::kAddress, parse_address_item);
        } else if (same_parameter(word.name, "pt.gpus")) {
            read_displays(word);
        } else if (same_parameter(word.name, "pt.with")) {
            read_with(word);
        } else if (same_parameter(word.name, "pt.driver")) {
            read_driver(word);
        } else if (same_parameter(word.name, "pt.boot_vga")) {
            read_choice(word, "keep", "take", wish_.take_boot_display);
        } else if (same_parameter(word.name, "pt.fb")) {
            read_choice(word, "release", "keep", wish_.keep_framebuffer);
        } else if (same_parameter(word.name, "pt.on_error")) {
            read_choice(word, "continue", "stop", wish_.stop_on_error);
        } else if (same_parameter(word.name, "pt.off")) {
            read_switch(word, wish_.off);
        } else if (same_parameter(word.name, "pt.debug")) {
            read_switch(word, wish_.debug);
        } else if (is_ours || from_conf_) {
            complain(Fault::kUnknownParameter, word, word.name, word.name_position);
        } else {
            note_iommu(word);
        }
    }

    void read_list(const Word& word, Selector::Kind kind, ParseItem parse) {
        if (!word.has_value) return complain(Fault::kNeedsValue, word, word.name, word.position);
        if (word.value.empty()) return clear(kind);

        std::string_view rest = word.value;
        std::size_t position = word.position;
        for (bool more = true; more;) {
            more = rest.find(',') != std::string_view::npos;
            const std::string_view item = cut(rest, ',');
            const bool cut_off = !more && word.ends_text && truncated_;
            read_item(word, item, position, cut_off ? nullptr : parse);
            position += item.size() + 1;
        }
    }

    void read_item(const Word& word, std::string_view item, std::size_t position, ParseItem parse) {
        Selector selector;
        const Fault fault = parse == nullptr ? Fault::kMaybeTruncated : parse(item, selector);
        if (fault != Fault::kNone) return complain(fault, word, item, position);
        add(selector, word, item, position);
    }

    void add(Selector& selector, const Word& word, std::string_view item, std::size_t position) {
        selector.parameter = word.name;
        selector.item = item;
        selector.position = position;
        selector.from_conf = from_conf_;
        wish_.selectors.push_back(selector);
    }

    // A single value: each one replaces the one before, and an empty one takes it back.
    void read_displays(const Word& word) {
        Selector selector;
        selector.kind = Selector::Kind::kDisplays;
        selector.all_displays = word.value == "all";
        if (!selector.all_displays && word.value != "secondary" && !is_reset(word))
            return complain(Fault::kBadChoice, word, word.value, word.position);
        clear(Selector::Kind::kDisplays);
        if (!is_reset(word)) add(selector, word, word.value, word.position);
    }

    void read_with(const Word& word) {
        if (is_reset(word)) {
            wish_.with = With::kGpu;
            return;
        }
        for (std::size_t i = 0; i <= static_cast<std::size_t>(With::kGroup); ++i)
            if (word.value == nth("gpu|none|slot|group", i)) {
                wish_.with = static_cast<With>(i);
                return;
            }
        complain(Fault::kBadChoice, word, word.value, word.position);
    }

    void read_driver(const Word& word) {
        if (!is_reset(word) && !is_driver_name(word.value))
            return complain(Fault::kBadDriverName, word, word.value, word.position);
        wish_.variant_driver = word.value == "auto";
        wish_.driver = wish_.variant_driver || is_reset(word) ? Wish().driver : word.value;
    }

    // One of two words, of which the first is what holds without it.
    void read_choice(const Word& word, std::string_view first, std::string_view second,
                     bool& is_second) {
        if (word.value == second) {
            is_second = true;
        } else if (word.value == first || is_reset(word)) {
            is_second = false;
        } else {
            complain(Fault::kBadChoice, word, word.value, word.position);
        }
    }

    void read_switch(const Word& word, bool& value) {
        // The words that the kernel's kstrtobool() knows (lib/kstrtox.c), spelled out.
        if (!word.has_value || word.value == "1" || word.value == "y" || word.value == "yes" ||
            word.value == "on") {
            value = true;
        } else if (word.value == "0" || word.value == "n" || word.value == "no" ||
                   word.value == "off") {
            value = false;
        } else {
            complain(Fault::kBadSwitch, word, word.value, word.position);
        }
    }

    static bool is_reset(const Word& word) { return word.has_value && word.value.empty(); }

    void clear(Selector::Kind kind) {
        std::vector<Selector>& all = wish_.selectors;
        all.erase(std::remove_if(all.begin(), all.end(),
                                 [kind](const Selector& s) { return s.kind == kind; }),
                  all.end());
    }

    void complain(Fault fault, const Word& word, std::string_view item, std::size_t position) {
        result_.complaints.push_back({fault, word.name, item, position, from_conf_});
    }

    void note_iommu(const Word& word) {
        if (word.name != "iommu" && word.name != "intel_iommu" && word.name != "amd_iommu") return;
        // A comma list; a later word overrules an earlier one of the same name only in part, so
        // any "off" is worth pointing at.
        std::string_view rest = word.value;
        while (!rest.empty()) {
            const std::string_view item = cut(rest, ',');
            if (item == "off") wish_.iommu_off = word.text;
            if (item == "on" && word.name == "intel_iommu") wish_.iommu_on = true;
        }
    }

    ReadWords& result_;
    Wish& wish_;
    bool from_conf_;
    bool truncated_;
};

// Where a comment begins in a line of the conf file, or its end: a "#" that begins a word.
std::size_t comment_start(std::string_view line) {
    bool quoted = false;
    bool inside = false;  // a word
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '#' && !inside) return i;
        if (line[i] == '"') quoted = !quoted;
        inside =
            quoted || (line[i] != ' ' && line[i] != '\xa0' && (line[i] < '\t' || line[i] > '\r'));
    }
    return line.size();
}

}  // namespace

bool Wish::needs_parents() const {
    return any_of(selectors, [](const Selector& selector) { return !selector.where.path.empty(); });
}

ReadWords read_words(std::string_view cmdline, std::string_view conf) {
    ReadWords result;
    Reader conf_reader(result, true, false);
    for (std::string_view rest = conf; !rest.empty();) {
        const auto start = static_cast<std::size_t>(rest.data() - conf.data());
        const std::string_view line = cut(rest, '\n');
        conf_reader.read_text(line.substr(0, comment_start(line)), start);
    }
    const std::size_t length = cmdline.ends_with('\n') ? cmdline.size() - 1 : cmdline.size();
    Reader(result, false, may_be_truncated(length)).read_text(cmdline, 0);
    return result;
}

std::size_t line_of(std::string_view text, std::size_t position, std::size_t& column) {
    const std::string_view before = text.substr(0, position);
    column = position - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
    return static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
}

}  // namespace pt
