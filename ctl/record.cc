// SPDX-License-Identifier: LGPL-2.1-or-later
// The record of `ptctl use`: record.json, and the texts of the files beside it as they are, for
// JSON cannot hold every byte.
#include "ctl/record.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "sys/file.h"

namespace pt::ctl {
namespace {

using Json = nlohmann::json;

constexpr const char* kAdvice =
    " Nothing is changed: take the words out by hand, and then remove that directory.";

// Of record.json. One that is not known says things that are not known, so it is not acted on.
constexpr unsigned kVersion = 1;

std::string path_of(const std::string& name) {
    return std::string(kRecordDirectory) + "/" + name;
}

// The copies of a record have names that those of the one before it have not: until record.json is
// replaced, in one step, the old one with its copies is whole.
std::string copy_name(unsigned generation, std::size_t number, const char* which) {
    return std::to_string(generation) + "." + std::to_string(number) + "." + which;
}

// What makes no sense in a record, or an errno.
struct Damage {
    std::string text;
    int error = 0;
};

// Reads the copy that belongs to a file, if the record says that the file existed.
void read_copy(int root, bool exists, const std::string& name, FileText& text) {
    if (!exists) return;
    const int error = read_text(root, path_of(name), text);
    if (error != 0) throw Damage{path_of(name), error};
    if (!text.exists) throw Damage{path_of(name) + " is missing"};
}

std::string absolute(const Json& json) {
    std::string path = json;
    if (!path.starts_with('/') || (path + '/').find("/../") != path.npos)
        throw Damage{"'" + path + "' is no absolute path"};
    return path;
}

void read_files(int root, const Json& json, Record& record) {
    const unsigned generation = json.at("generation");
    for (const Json& file : json.at("files")) {
        FileChange change;
        change.path = absolute(file.at("path"));
        change.from_running = file.at("from_running");
        change.by_command = file.at("by_command");
        const std::size_t number = record.files.size();
        read_copy(root, file.at("before"), copy_name(generation, number, "before"), change.before);
        read_copy(root, file.at("after"), copy_name(generation, number, "after"), change.after);
        record.files.push_back(std::move(change));
    }
}

Record read_json(int root, const Json& json) {
    Record record;
    record.kind = json.at("kind");
    if (record.kind.empty()) throw Damage{"it names no boot loader"};
    record.words = json.at("words").get<std::vector<std::string>>();
    if (json.contains("kept")) record.kept = json["kept"].get<std::vector<std::string>>();
    for (const Json& directory : json.at("directories"))
        record.directories.push_back(absolute(directory));
    read_files(root, json, record);
    return record;
}

std::string parse(int root, const std::string& text, Record& record) {
    const std::string name = "The record of what was there before, " + path_of("record.json") + ",";
    try {
        const Json json = Json::parse(text);
        const auto version = json.at("version").get<unsigned>();
        if (version != kVersion)
            return name + " has version " + std::to_string(version) +
                   " of its format, and this ptctl knows version " + std::to_string(kVersion) +
                   " only. Nothing is changed: use the ptctl that wrote it.";
        record = read_json(root, json);
        return {};
    } catch (const Json::exception&) {
        return name + " is damaged: it is not the JSON that 'ptctl use' writes." + kAdvice;
    } catch (const Damage& damage) {
        return name + " is damaged: " + damage.text +
               (damage.error == 0 ? "" : std::string(": ") + std::strerror(damage.error)) + "." +
               kAdvice;
    }
}

// The copies that do not belong to this generation.
int remove_copies(int root, unsigned but_generation) {
    std::vector<std::string> names;
    int result = 0;
    (void)list_directory(root, kRecordDirectory + 1, names);  // without it there are none
    const std::string kept = std::to_string(but_generation) + ".";
    for (const std::string& name : names) {
        if (name == "record.json" || name.starts_with(kept)) continue;
        if (const int error = replace_text(root, path_of(name), {}); result == 0) result = error;
    }
    return result;
}

// One more than that of the record that is there; 0 is none.
unsigned next_generation(int root) {
    FileText text;
    if (read_text(root, path_of("record.json"), text) != 0 || !text.exists) return 1;
    try {
        return Json::parse(text.text).at("generation").get<unsigned>() + 1;
    } catch (const Json::exception&) {
        return 1;
    }
}

// The record as JSON. EILSEQ: a path is no UTF-8, and no JSON brings it back.
int to_text(const Record& record, unsigned generation, std::string& text) {
    Json json{{"version", kVersion}, {"generation", generation},
              {"kind", record.kind}, {"words", record.words},
              {"kept", record.kept}, {"directories", record.directories}};
    json["files"] = Json::array();
    for (const FileChange& file : record.files)
        json["files"].push_back({{"path", file.path},
                                 {"from_running", file.from_running},
                                 {"by_command", file.by_command},
                                 {"before", file.before.exists},
                                 {"after", file.after.exists}});
    try {
        text = json.dump(2) + '\n';
    } catch (const Json::exception&) {
        return EILSEQ;
    }
    return 0;
}

int write_copies(int root, unsigned generation, const std::vector<FileChange>& files) {
    std::size_t number = 0;
    for (const FileChange& file : files) {
        // Whoever may not read the file may not read its copy.
        const mode_t mode = mode_of(root, file.path);
        for (const auto& [which, text] :
             {std::pair("before", &file.before), std::pair("after", &file.after)})
            if (const int error =
                    replace_text(root, path_of(copy_name(generation, number, which)), *text, mode);
                error != 0)
                return error;
        ++number;
    }
    return 0;
}

}  // namespace

std::vector<std::string> Record::added() const {
    std::vector<std::string> result;
    for (const std::string& word : words)
        if (std::find(kept.begin(), kept.end(), word) == kept.end()) result.push_back(word);
    return result;
}

std::string read_record(int root, Record& record) {
    record = {};
    FileText text;
    const int error = read_text(root, path_of("record.json"), text);
    if (error != 0)
        return "The record of what was there before, " + path_of("record.json") +
               ", cannot be read: " + std::strerror(error) + ". Nothing is changed.";
    return text.exists ? parse(root, text.text, record) : std::string();
}

int RecordChange::begin(int root, const Record& record) {
    root_ = root;
    generation_ = next_generation(root);
    std::string text;
    int error = to_text(record, generation_, text);
    FileText old;
    if (error == 0) error = read_text(root, path_of("record.json"), old);
    has_old_ = old.exists;
    if (error == 0 && has_old_)
        error = back_.stage(root, path_of("record.json"), old, ".ptctl-old");
    if (error == 0) error = write_copies(root, generation_, record.files);
    if (error == 0) error = replace_text(root, path_of("record.json"), {true, text});
    // What is left over is never read.
    if (error != 0) (void)remove_copies(root, generation_ - 1);
    return error;
}

int RecordChange::put_back() {
    if (!has_old_) return remove_record(root_);
    const int error = back_.commit();
    if (error == 0) (void)remove_copies(root_, generation_ - 1);
    return error;
}

void RecordChange::settle() {
    (void)remove_copies(root_, generation_);
}

int remove_record(int root) {
    int result = replace_text(root, path_of("record.json"), {});
    if (const int error = remove_copies(root, 0); result == 0) result = error;
    return result;
}

}  // namespace pt::ctl
