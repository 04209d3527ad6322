// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/by_command.h"

#include <algorithm>
#include <cstring>

#include "ctl/edit.h"
#include "ctl/loader.h"
#include "sys/file.h"

namespace pt::ctl {
namespace {

// Files that grubby may change (grubby-bls, update_bls_fragment).
std::vector<std::string> files_of_grubby(int root) {
    std::vector<std::string> files{"/etc/default/grub", "/etc/kernel/cmdline"};
    std::vector<std::string> names;
    (void)list_directory(root, "boot/loader/entries", names);  // without it there are none
    std::sort(names.begin(), names.end());
    for (const std::string& name : names)
        if (name.ends_with(".conf")) files.push_back("/boot/loader/entries/" + name);
    return files;
}

}  // namespace

bool is_by_command(const std::string& kind) {
    return kind == name_of(LoaderKind::kGrubby) || kind == name_of(LoaderKind::kRpmOstree);
}

Command words_command(const std::string& kind, const std::vector<std::string>& less,
                      const std::vector<std::string>& more) {
    Command command;
    if (kind == name_of(LoaderKind::kGrubby)) {
        command = {"grubby", "--update-kernel=ALL"};
        if (!less.empty()) command.push_back("--remove-args=" + join_words(less));
        if (!more.empty()) command.push_back("--args=" + join_words(more));
        return command;
    }
    command = {"rpm-ostree", "kargs"};
    for (const std::string& word : less) command.push_back("--delete-if-present=" + word);
    for (const std::string& word : more) command.push_back("--append-if-missing=" + word);
    return command;
}

void keep_copies(int root, const Record& old, Change& change) {
    for (const std::string& path : files_of_grubby(root)) {
        FileChange file;
        file.path = path;
        file.by_command = true;
        if (read_text(root, path, file.now) != 0 || !file.now.exists) continue;
        file.before = file.after = file.now;
        for (const FileChange& recorded : old.files)
            if (recorded.path == path && recorded.by_command) file.before = recorded.before;
        change.files.push_back(std::move(file));
    }
}

std::string put_back_copies(int root, const Change& change) {
    std::string problem;
    for (const FileChange& file : change.files) {
        if (!file.by_command) continue;
        FileText now;
        int error = read_text(root, file.path, now);
        if (error == 0 && now != file.now) error = replace_text(root, file.path, file.now);
        if (error != 0)
            problem.append(" It cannot be put back: ")
                .append(file.path)
                .append(": ")
                .append(std::strerror(error)) += '.';
    }
    return problem;
}

void restore_space(int root, const Change& change) {
    for (const FileChange& file : change.files) {
        FileText now;
        if (!file.by_command || read_text(root, file.path, now) != 0 || now == file.before)
            continue;
        if (split_words(now.text) == split_words(file.before.text))
            (void)replace_text(root, file.path, file.before);  // says the same as it is
    }
}

}  // namespace pt::ctl
