// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/change.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "ctl/by_command.h"
#include "ctl/edit.h"
#include "ctl/rebuild.h"
#include "ctl/record.h"
#include "ctl/shell.h"
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

const FileChange* find_file(const Record& record, const std::string& path) {
    for (const FileChange& file : record.files)
        if (file.path == path && !file.by_command) return &file;
    return nullptr;
}

// A file as it is, and as it would be without us. Sets the problem if it cannot be read.
FileChange read_change(int root, const std::string& path, const Record& old, Change& change) {
    FileChange file;
    file.path = path;
    if (const int error = read_text(root, path, file.now); error != 0 && change.problem.empty())
        change.problem =
            path + (error == EINVAL
                        ? " is no regular file, and is not made one."
                        : " cannot be read: " + std::string(std::strerror(error)) + ".");
    const FileChange* recorded = find_file(old, path);
    file.before = without_words(file.now, recorded, old.words);
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
    for (const FileChange& recorded : old.files) {
        const bool stays =
            std::any_of(change.files.begin(), change.files.end(),
                        [&](const FileChange& file) { return file.path == recorded.path; });
        if (!stays && !recorded.by_command)
            change.files.push_back(read_change(root, recorded.path, old, change));
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

std::string failure(const std::string& what, int error) {
    return what + ": " + std::strerror(error) + ".";
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
        if (recorded.by_command) {
            FileChange file = recorded;
            // Gone since, with its kernel: then there is nothing to put back.
            if (read_text(root, file.path, file.now) != 0 || !file.now.exists) continue;
            file.after = file.now;
            change.files.push_back(std::move(file));
            continue;
        }
        FileChange file = read_change(root, recorded.path, record, change);
        if (recorded.from_running && !file.after.exists && runs_with_words) {
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
    return change;
}

namespace {

// The files of a change on their way, and on their way back.
class Files {
  public:
    explicit Files(int root) : root_(root) {}

    // Returns what is wrong, whole sentences, and then nothing has changed.
    std::string stage(const Change& change) {
        for (const FileChange& file : change.files) {
            if (file.by_command || file.now == file.after) continue;
            FileText now;
            int error = read_text(root_, file.path, now);
            if (error == 0 && now != file.now)
                return file.path + " has been changed meanwhile, by somebody else.";
            Step& step = steps_.emplace_back();
            step.path = file.path;
            // first what makes the directories in which the other one may find nothing to remove
            if (error == 0) error = step.forth.stage(root_, file.path, file.after, ".ptctl-new");
            if (error == 0) error = step.back.stage(root_, file.path, file.now, ".ptctl-old");
            if (error != 0) return failure(file.path + " cannot be written", error);
        }
        return {};
    }
    std::string commit() {
        for (Step& step : steps_) {
            step.is_begun = true;
            if (const int error = step.forth.commit(); error != 0)
                return failure(step.path + " cannot be written", error);
        }
        return {};
    }
    // Returns which cannot be put back, whole sentences behind a blank.
    std::string put_back() {
        std::string problem;
        for (Step& step : steps_) {
            if (!step.is_begun) continue;
            if (const int error = step.back.commit(); error != 0)
                problem += " " + failure("It cannot be put back: " + step.path, error);
        }
        return problem;
    }

  private:
    struct Step {
        std::string path;
        StagedText forth;
        StagedText back;
        bool is_begun = false;
    };
    int root_;
    std::vector<Step> steps_;
};

std::string write_files(Files& files, const Change& change) {
    std::string problem = files.stage(change);
    if (!problem.empty()) return problem + " Nothing is changed.";
    problem = files.commit();
    if (problem.empty()) return {};
    const std::string stuck = files.put_back();
    return problem + (stuck.empty() ? " Everything is as it was." : stuck);
}

// Takes a failed command's predecessors back by running them on the files that were put back.
std::string run_commands(int root, Files& files, const Change& change, const RunCommand& run) {
    for (std::size_t i = 0; i < change.commands.size(); ++i) {
        const std::string wrong = run(change.commands[i]);
        if (wrong.empty()) continue;
        std::string problem = "'";
        problem.append(shell_command(change.commands[i])).append("' ").append(wrong) += '.';
        std::string stuck = files.put_back();
        bool is_undone = true;
        for (std::size_t j = 0; j < i; ++j)
            if (!run(change.commands[j]).empty()) is_undone = false;
        stuck += put_back_copies(root, change);  // last, for those commands write them as well
        problem += stuck;
        if (!is_undone)
            problem += " What was done before it is not undone.";
        else if (stuck.empty())
            problem += " The files are as they were.";
        return problem +
               " If it had begun to write, run it again when its complaint is dealt with.";
    }
    return {};
}

// Those of a record, but not those of another one, which stay.
void remove_directories(int root, const Record& record, const Record& other) {
    for (auto path = record.directories.rbegin(); path != record.directories.rend(); ++path)
        if (std::find(other.directories.begin(), other.directories.end(), *path) ==
            other.directories.end())
            remove_empty_directory(root, *path);
}

}  // namespace

std::string apply_change(int root, const Change& change, const RunCommand& run) {
    const bool is_use = !change.record.is_empty();
    RecordChange kept;
    if (is_use)
        if (const int error = kept.begin(root, change.record); error != 0) {
            remove_directories(root, change.record, change.old_record);
            return failure(std::string("The copy of what is there now cannot be written to ") +
                               kRecordDirectory,
                           error) +
                   " Nothing is changed.";
        }
    std::string problem;
    {
        Files files(root);
        problem = write_files(files, change);
        if (problem.empty()) problem = run_commands(root, files, change, run);
    }
    if (!problem.empty()) {
        if (!is_use) return problem;
        if (const int error = kept.put_back(); error != 0)
            problem += " " + failure(std::string(kRecordDirectory) + " cannot be put back", error);
        remove_directories(root, change.record, change.old_record);
        return problem;
    }
    if (is_use) {
        kept.settle();
        return {};
    }
    restore_space(root, change);
    if (const int error = remove_record(root); error != 0)
        return failure(std::string("The words are gone, and the copies in ") + kRecordDirectory +
                           " cannot be removed",
                       error);
    remove_directories(root, change.old_record, {});
    return {};
}

}  // namespace pt::ctl
