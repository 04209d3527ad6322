// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/change.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "ctl/by_command.h"
#include "ctl/edit.h"
#include "ctl/rebuild.h"
#include "ctl/words_left.h"
#include "sys/file.h"

namespace pt::ctl {
namespace {

constexpr const char* kConfFile = "/etc/pt-hook.conf";
constexpr const char* kConfKind = "conf";

bool has_word(const std::vector<std::string>& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// What a file would be without our words, by what the record says of it.
FileText without_words(const FileText& now, const FileChange* recorded,
                       const std::vector<std::string>& words) {
    if (recorded != nullptr && now == recorded->after) return recorded->before;
    if (recorded == nullptr || !now.exists) return now;
    // A word that stood there before us as well stays, however often.
    std::vector<std::string> ours = words;
    const std::string& before = recorded->before.text;
    std::erase_if(ours, [&](const std::string& word) {
        return remove_words(before, {word}) != remove_words(before, {});
    });
    FileText result{true, remove_added(now.text, words, ours)};
    // What only we had written is nobody's any more.
    result.exists = recorded->before.exists || !split_words(result.text).empty();
    if (!result.exists) result.text.clear();
    return result;
}

bool is_of_entries(const Record& record) {
    return record.kind == name_of(LoaderKind::kEntries);
}

// The path of a boot loader entry without what boot counting writes into its name: "+3" or "+2-1"
// before the ending (systemd, "Automatic Boot Assessment").
std::string uncounted(const std::string& path) {
    const std::string_view ending = ".conf";
    const std::size_t plus = path.rfind('+');
    if (plus == path.npos || !path.ends_with(ending)) return path;
    const std::string counter = path.substr(plus + 1, path.size() - ending.size() - plus - 1);
    const std::size_t dash = std::min(counter.find('-'), counter.size());
    const auto is_number = [](std::string_view text) {
        return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
    };
    if (!is_number(std::string_view(counter).substr(0, dash)) ||
        (dash < counter.size() && !is_number(std::string_view(counter).substr(dash + 1))))
        return path;
    return path.substr(0, plus) + std::string(ending);
}

const FileChange* find_file(const Record& record, const std::string& path) {
    for (const FileChange& file : record.files)
        if (file.path == path && !file.by_command) return &file;
    if (!is_of_entries(record)) return nullptr;
    for (const FileChange& file : record.files)
        if (file.after.exists && uncounted(file.path) == uncounted(path)) return &file;
    return nullptr;
}

// Whether an entry that the record does not know is a copy of one that it knows.
bool is_copy_of_entry(const Record& record, const std::string& text) {
    const std::vector<std::string> words = entry_options(text);
    return is_of_entries(record) &&
           std::all_of(record.words.begin(), record.words.end(),
                       [&](const std::string& word) { return has_word(words, word); });
}

// Where words of a record may be: in its files, and in all entries that there are by now.
std::vector<std::string> places_of(int root, const Record& record) {
    std::vector<std::string> paths;
    for (const FileChange& file : record.files)
        if (!file.by_command) paths.push_back(file.path);
    if (!is_of_entries(record)) return paths;
    for (std::string& path : entry_files(root))
        if (!has_word(paths, path)) paths.push_back(std::move(path));
    return paths;
}

// The end of a sentence that begins with the path.
std::string why_unreadable(int error) {
    if (error == EINVAL) return " is no regular file, and is not made one.";
    if (error == ELOOP)
        return " is a symbolic link that leads nowhere: remove it, or make what it leads to.";
    return " cannot be read: " + std::string(std::strerror(error)) + ".";
}

// A file as it is, and as it would be without us. Sets the problem if it cannot be read.
FileChange read_change(int root, const std::string& path, const Record& old, Change& change) {
    FileChange file;
    file.path = path;
    if (const int error = read_text(root, path, file.now); error != 0 && change.problem.empty())
        change.problem = path + why_unreadable(error);
    const FileChange* recorded = find_file(old, path);
    file.before = without_words(file.now, recorded, old.words);
    if (recorded == nullptr && is_copy_of_entry(old, file.now.text))
        file.before.text = remove_words(file.now.text, old.words);
    file.from_running = recorded != nullptr && recorded->from_running;
    file.after = file.before;
    return file;
}

// The running command line without our words.
std::string running_without_us(int root, const Record& old) {
    std::vector<std::string> words = running_cmdline(root);
    std::erase_if(words, [&](const std::string& word) {
        return word == "pt.off" || has_word(old.words, word);
    });
    return words.empty() ? std::string() : join_words(words) + "\n";
}

// Files that only exist so that they are read in place of the running command line begin with it.
void begin_with_running(int root, const Record& old, FileChange& file, std::string& problem) {
    file.after.text = running_without_us(root, old);
    file.from_running = true;
    // A file without root= would keep the machine from booting.
    if (file.after.text.empty() && problem.empty())
        problem = file.path +
                  " is not there, and what it stands for, the running command line, is not that of "
                  "this system: write the command line into that file first.";
}

// Whether the builder of this loader's images would take the running command line.
bool takes_running(int root, LoaderKind kind) {
    if (exists(root, "etc/kernel/cmdline") || exists(root, "usr/lib/kernel/cmdline")) return false;
    if (kind == LoaderKind::kKernelInstall) return true;
    std::vector<std::string> names;
    (void)list_directory(root, "etc/cmdline.d", names);  // without it there are none
    std::erase_if(names, [](const std::string& name) {
        return !name.ends_with(".conf") || name == "pt-hook.conf";
    });
    return kind == LoaderKind::kUki && names.empty();
}

void add_to(int root, LoaderKind kind, const std::vector<std::string>& words, const Record& old,
            FileChange& file, std::string& problem) {
    const std::string& text = file.before.text;
    file.after.exists = true;
    switch (kind) {
        case LoaderKind::kGrub:
            file.after.text = add_to_grub(text, words);
            return;
        case LoaderKind::kEntries:
            file.after.text = add_to_entry(text, words);
            return;
        case LoaderKind::kKernelInstall:
            // The administrator's file takes the place of the vendor's, words and all.
            if (!file.before.exists) {
                FileText vendor;
                (void)read_text(root, "/usr/lib/kernel/cmdline", vendor);  // there may be none
                file.after.text = vendor.text;
            }
            break;
        default:
            break;
    }
    // A file that is there now and was not before is ours, and hides what it stands for.
    if (!file.before.exists && (file.from_running || takes_running(root, kind)))
        begin_with_running(root, old, file, problem);
    file.after.text = add_to_cmdline(file.after.text, words);
}

// What was written to another place before is taken back there.
void leave_old_place(int root, const Record& old, Change& change) {
    for (const std::string& path : places_of(root, old)) {
        if (std::any_of(change.files.begin(), change.files.end(),
                        [&](const FileChange& file) { return file.path == path; }))
            continue;
        FileChange file = read_change(root, path, old, change);
        if (file.now != file.after || find_file(old, path) != nullptr)
            change.files.push_back(std::move(file));
    }
}

void add_missing(int root, const std::string& path, std::vector<std::string>& directories) {
    for (std::string& directory : missing_directories(root, path))
        if (std::find(directories.begin(), directories.end(), directory) == directories.end())
            directories.push_back(std::move(directory));
}

std::vector<Command> commands_of(int root, const std::string& kind) {
    return kind == kConfKind ? rebuild_commands(root) : find_loader_of(root, kind).commands;
}

// What would still count is not forgotten: then nothing is undone.
void refuse_words_left(const Record& record, Change& change) {
    const bool has_comments = record.kind == kConfKind || record.kind == name_of(LoaderKind::kGrub);
    std::string left;
    for (const FileChange& file : change.files) {
        const FileChange* recorded = find_file(record, file.path);
        std::vector<std::string> words = record.added();
        // An entry that was never ours may have the others for a reason of its own.
        if (recorded == nullptr && !file.by_command)
            std::erase_if(words, [](const std::string& word) { return !word.starts_with("pt."); });
        // The command takes out of the text what stands there as it is.
        const std::string after =
            file.by_command ? remove_words(file.now.text, words) : file.after.text;
        const std::string before = file.by_command       ? file.before.text
                                   : recorded != nullptr ? recorded->before.text
                                                         : std::string();
        const std::string text =
            tell_words_left({file.path, before, file.now.text, after}, words, has_comments);
        if (!text.empty()) left += text + ' ';
    }
    if (left.empty() || !change.problem.empty()) return;
    change.problem = left +
                     "Nothing is changed: take that out by hand and run 'ptctl unuse' "
                     "again, or remove " +
                     kRecordDirectory + " if it is to stay.";
}

}  // namespace

bool Change::does_nothing() const {
    return commands.empty() && std::all_of(files.begin(), files.end(), [](const FileChange& file) {
               return file.now == file.after;
           });
}

Change plan_use(int root, const Loader& loader, bool in_conf, const std::vector<std::string>& words,
                const Record& record) {
    Change change;
    change.old_record = record;
    const bool moves = !record.is_empty() &&
                       record.kind != (in_conf ? kConfKind : std::string(name_of(loader.kind)));
    if (!in_conf && !loader.problem.empty()) {
        change.problem = "No word can be added for " + loader.name + ": " + loader.problem + ".";
        if (!rebuild_commands(root).empty())
            change.problem += " With --conf the words go to /etc/pt-hook.conf and the images.";
        return change;
    }
    change.record.kind = in_conf ? kConfKind : std::string(name_of(loader.kind));
    change.record.words = words;
    if (in_conf) {
        FileChange file = read_change(root, kConfFile, record, change);
        file.after = {true, add_to_conf(file.before.text, words)};
        change.files.push_back(std::move(file));
        change.commands = rebuild_commands(root);
        if (change.commands.empty())
            change.problem = "No builder of initramfs images is found that could take " +
                             std::string(kConfFile) + " into them.";
    } else if (is_by_command(change.record.kind)) {
        if (loader.kind == LoaderKind::kGrubby) keep_copies(root, record, change);
        for (const std::string& word : words)
            if (has_word(loader.cmdline, word) && !has_word(record.added(), word))
                change.record.kept.push_back(word);
        change.commands = {
            words_command(change.record.kind, moves ? Command{} : record.added(), words)};
    } else {
        for (const std::string& path : loader.files) {
            change.files.push_back(read_change(root, path, record, change));
            add_to(root, loader.kind, words, record, change.files.back(), change.problem);
        }
        change.commands = loader.commands;
    }
    leave_old_place(root, record, change);
    if (moves && is_by_command(record.kind))
        change.commands.push_back(words_command(record.kind, record.added(), {}));
    else if (moves)
        for (Command& command : commands_of(root, record.kind))
            if (std::find(change.commands.begin(), change.commands.end(), command) ==
                change.commands.end())
                change.commands.push_back(std::move(command));
    change.record.files = change.files;
    change.record.directories = record.directories;
    for (const FileChange& file : change.files)
        if (file.after.exists) add_missing(root, file.path, change.record.directories);
    add_missing(root, std::string(kRecordDirectory) + "/record.json", change.record.directories);
    // A run that was cut off leaves the record and no menu, and people use grubby themselves.
    const bool is_set = in_conf || loader.cmdline_error != 0 || loader.cmdline_path.empty() ||
                        std::all_of(words.begin(), words.end(), [&](const std::string& word) {
                            return has_word(loader.cmdline, word);
                        });
    const bool is_same = is_set && record.words == words && record.kind == change.record.kind &&
                         std::all_of(change.files.begin(), change.files.end(),
                                     [](const FileChange& f) { return f.now == f.after; });
    if (is_same) change.commands.clear();
    return change;
}

Change plan_unuse(int root, const Record& record) {
    Change change;
    change.old_record = record;
    const std::vector<std::string> running = running_cmdline(root);
    const bool runs_with_words =
        std::any_of(record.words.begin(), record.words.end(),
                    [&](const std::string& word) { return has_word(running, word); });
    for (const FileChange& recorded : record.files) {
        if (!recorded.by_command) continue;
        FileChange file = recorded;
        // Gone since, with its kernel: then there is nothing to put back.
        if (read_text(root, file.path, file.now) != 0 || !file.now.exists) continue;
        file.after = file.now;
        change.files.push_back(std::move(file));
    }
    for (const std::string& path : places_of(root, record)) {
        FileChange file = read_change(root, path, record, change);
        if (file.from_running && !file.after.exists && runs_with_words) {
            // Somebody may have removed it since.
            file.after = {true, file.now.exists ? remove_words(file.now.text, record.words)
                                                : running_without_us(root, record)};
            change.notes.push_back(
                file.path +
                " stays, without the words: where there is none, the running command "
                "line is taken, and that still has them.");
        }
        change.files.push_back(std::move(file));
    }
    if (!is_by_command(record.kind))
        change.commands = commands_of(root, record.kind);
    else if (!record.added().empty())
        change.commands = {words_command(record.kind, record.added(), {})};
    refuse_words_left(record, change);
    return change;
}

}  // namespace pt::ctl
