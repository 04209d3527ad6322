// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/by_command.h"

#include "ctl/edit.h"
#include "ctl/loader.h"

namespace pt::ctl {

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

}  // namespace pt::ctl
