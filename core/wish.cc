// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/wish.h"

#include <algorithm>

#include "core/cmdline.h"
#include "core/text.h"

namespace pt {
namespace {

using ParseItem = Fault (*)(std::string_view item, Selector& selector);

class Reader {
  public:
    explicit Reader(ReadWords& result, bool truncated) : result_(result), truncated_(truncated) {}

    void read(const Word& word) {
        if (same_parameter(word.name, "pt.ids")) {
            read_list(word, Selector::Kind::kId, parse_id);
        } else if (same_parameter(word.name, "pt.addrs")) {
            read_list(word, Selector::Kind::kAddress, parse_where);
        } else if (same_parameter(word.name, "pt.off")) {
            read_switch(word, result_.wish.off);
        } else if (same_parameter(word.name, "pt.debug")) {
            read_switch(word, result_.wish.debug);
        } else if (word.name.starts_with("pt.")) {
            complain(Fault::kUnknownParameter, word, word.name, word.name_position);
        } else {
            note_iommu(word);
        }
    }

  private:
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
        selector.parameter = word.name;
        selector.item = item;
        selector.position = position;
        result_.wish.selectors.push_back(selector);
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

    void clear(Selector::Kind kind) {
        std::vector<Selector>& all = result_.wish.selectors;
        all.erase(std::remove_if(all.begin(), all.end(),
                                 [kind](const Selector& s) { return s.kind == kind; }),
                  all.end());
    }

    void complain(Fault fault, const Word& word, std::string_view item, std::size_t position) {
        result_.complaints.push_back({fault, word.name, item, position});
    }

    void note_iommu(const Word& word) {
        if (word.name != "iommu" && word.name != "intel_iommu" && word.name != "amd_iommu") return;
        // A comma list; a later word overrules an earlier one of the same name only in part, so
        // any "off" is worth pointing at.
        std::string_view rest = word.value;
        while (!rest.empty())
            if (cut(rest, ',') == "off") result_.wish.iommu_off = whole(word);
    }

    // The word as it was written: its name and value stand in one text.
    static std::string_view whole(const Word& word) {
        const char* end = word.value.data() + word.value.size();
        return {word.name.data(), static_cast<std::size_t>(end - word.name.data())};
    }

    ReadWords& result_;
    bool truncated_;
};

}  // namespace

ReadWords read_words(std::string_view text) {
    ReadWords result;
    const std::size_t length = text.ends_with('\n') ? text.size() - 1 : text.size();
    Reader reader(result, may_be_truncated(length));
    CmdlineReader words(text);
    Word word;
    while (words.next(word)) reader.read(word);
    return result;
}

}  // namespace pt
