// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <signal.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "ctl/loader.h"
#include "ctl/text_file.h"

namespace pt::ctl {

// Where the record of what `ptctl use` wrote is kept, with copies of what was there before.
inline constexpr const char* kRecordDirectory = "/var/lib/pt-hook/use";

// One file on its way.
struct FileChange {
    std::string path;  // absolute below the root directory
    FileText now;      // as it is
    FileText before;   // as it would be if `ptctl use` had never been there
    FileText after;    // as it is to be
    // It did not exist, and what reads it then takes the running command line instead. It begins
    // with those words, and must not go away while the running command line has ours.
    bool from_running = false;
    // A command changes it (grubby); the copy is for what the command does not put back.
    bool by_command = false;
};

// What has been written, as it is kept until `ptctl unuse`.
struct Record {
    std::string kind;  // name_of(LoaderKind), or "conf"; empty for no record
    std::vector<std::string> words;
    // Those of them that were on the command line before, where a command changes it: they stay.
    std::vector<std::string> kept;
    std::vector<FileChange> files;         // `now` is not part of it
    std::vector<std::string> directories;  // made for them and for the record, upper ones first

    [[nodiscard]] bool is_empty() const { return kind.empty(); }
    // The words that `use` has added.
    [[nodiscard]] std::vector<std::string> added() const;
};

// Everything that is going to be done, known before any of it is.
struct Change {
    std::string problem;  // why it cannot be done, a whole sentence; empty if it can
    Record record;        // to be kept; an empty one: none
    Record old_record;    // that is kept now
    std::vector<FileChange> files;
    std::vector<Command> commands;
    std::vector<std::string> notes;  // whole sentences about what the change does not show

    [[nodiscard]] bool does_nothing() const;
};

// Reads the record below `root`; an empty one if there is none. Returns what is wrong with it,
// whole sentences, or nothing.
[[nodiscard]] std::string read_record(int root, Record& record);

// The change that makes these words be the only ones of `ptctl use`, in what the loader reads or,
// with `in_conf`, in /etc/pt-hook.conf and the images.
[[nodiscard]] Change plan_use(int root, const Loader& loader, bool in_conf,
                              const std::vector<std::string>& words, const Record& record);

// The change that takes the words away again. Files that nobody else has changed become what they
// were, byte for byte; out of others only the words are taken.
[[nodiscard]] Change plan_unuse(int root, const Record& record);

// Runs a command; returns what went wrong ("ended with status 1"), or nothing.
using RunCommand = std::function<std::string(const Command&)>;

// Runs it on this machine, with its output going to standard error.
[[nodiscard]] std::string run_command(const Command& command);

// While it lives, what would end this process from outside (Ctrl-C, a terminal that is closed, a
// shutdown, a reader of our output that ends) only ends the command that runs: a change is finished
// or taken back, not left half done.
class Uninterrupted {
  public:
    Uninterrupted();
    Uninterrupted(const Uninterrupted&) = delete;
    Uninterrupted& operator=(const Uninterrupted&) = delete;
    ~Uninterrupted();

  private:
    std::array<struct sigaction, 5> old_{};
};

// Does it all: the record first, then the files, then the commands. When something fails, the files
// and the record are as before and the commands that had ended well are run again; returns what
// failed and what is left to do, whole sentences, or nothing. What it takes to put the files back
// is on the disk before the first of them is changed, so a full disk cannot prevent that.
[[nodiscard]] std::string apply_change(int root, const Change& change, const RunCommand& run);

}  // namespace pt::ctl
