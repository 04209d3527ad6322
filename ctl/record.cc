// SPDX-License-Identifier: LGPL-2.1-or-later
// The record of `ptctl use`: record.json, and the texts of the files beside it as they are, for
// JSON cannot hold every byte.
#include "ctl/record.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "sys/file.h"

namespace pt::ctl {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;

std::string path_of(const std::string& name) {
    return std::string(kRecordDirectory) + "/" + name;
}

std::string copy_name(std::size_t number, const char* which) {
    return std::to_string(number) + "." + which;
}

// Reads the copy that belongs to a file, if the record says that the file existed.
int read_copy(int root, const Json& file, const char* which, std::size_t number, FileText& text) {
    if (!file.at(which).get<bool>()) return 0;
    const int error = read_text(root, path_of(copy_name(number, which)), text);
    return error == 0 && !text.exists ? ENOENT : error;
}

int read_files(int root, const Json& json, Record& record) {
    for (const Json& file : json.at("files")) {
        FileChange change;
        change.path = file.at("path");
        change.from_running = file.at("from_running");
        change.by_command = file.at("by_command");
        const std::size_t number = record.files.size();
        if (const int error = read_copy(root, file, "before", number, change.before); error != 0)
            return error;
        if (const int error = read_copy(root, file, "after", number, change.after); error != 0)
            return error;
        record.files.push_back(std::move(change));
    }
    return 0;
}

}  // namespace

std::string read_record(int root, Record& record) {
    record = {};
    FileText text;
    const std::string what =
        "The record of what was there before, " + path_of("record.json") + ", ";
    int error = read_text(root, path_of("record.json"), text);
    if (error == 0 && !text.exists) return {};
    try {
        if (error == 0) {
            const Json json = Json::parse(text.text);
            record.kind = json.at("kind");
            record.words = json.at("words").get<std::vector<std::string>>();
            error = read_files(root, json, record);
        }
    } catch (const Json::exception&) {
        record = {};
        return what + "is damaged: it is no JSON, or lacks what ptctl use puts there.";
    }
    if (error == 0) return {};
    record = {};
    return what + "cannot be read: " + std::strerror(error) + ".";
}

int write_record(int root, const Record& record) {
    if (record.is_empty()) return remove_record(root);
    Json json{{"version", kVersion}, {"kind", record.kind}, {"words", record.words}};
    json["files"] = Json::array();
    for (const FileChange& file : record.files) {
        const std::size_t number = json["files"].size();
        json["files"].push_back({{"path", file.path},
                                 {"from_running", file.from_running},
                                 {"by_command", file.by_command},
                                 {"before", file.before.exists},
                                 {"after", file.after.exists}});
        int error = replace_text(root, path_of(copy_name(number, "before")), file.before);
        if (error == 0) error = replace_text(root, path_of(copy_name(number, "after")), file.after);
        if (error != 0) return error;
    }
    return replace_text(root, path_of("record.json"),
                        {true, json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n'});
}

int remove_record(int root) {
    int result = replace_text(root, path_of("record.json"), {});
    std::vector<std::string> copies;
    (void)list_directory(root, kRecordDirectory + 1, copies);  // without it there are none
    for (const std::string& copy : copies)
        if (const int error = replace_text(root, path_of(copy), {}); result == 0) result = error;
    // Not empty if somebody else keeps something there.
    (void)unlinkat(root, kRecordDirectory + 1, AT_REMOVEDIR);
    return result;
}

}  // namespace pt::ctl
