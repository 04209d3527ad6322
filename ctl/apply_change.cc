// SPDX-License-Identifier: LGPL-2.1-or-later
// Carries a change out, or takes it back.
#include <algorithm>
#include <cstring>

#include "ctl/by_command.h"
#include "ctl/change.h"
#include "ctl/record.h"
#include "ctl/shell.h"

namespace pt::ctl {
namespace {

std::string failure(const std::string& what, int error) {
    return what + ": " + std::strerror(error) + ".";
}

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
