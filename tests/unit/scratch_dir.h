// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <fcntl.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "sys/file.h"

// A directory that is removed with all that a test has put into it.
class ScratchDir {
  public:
    ScratchDir() : path_((std::filesystem::temp_directory_path() / "pt-unit-XXXXXX").string()) {
        if (mkdtemp(path_.data()) == nullptr ||
            pt::open_directory(AT_FDCWD, path_.c_str(), fd_) != 0)
            throw std::runtime_error("no scratch directory at " + path_);
    }
    ScratchDir(const ScratchDir&) = delete;
    ScratchDir& operator=(const ScratchDir&) = delete;
    ~ScratchDir() {
        std::error_code ignored;  // what is left lies in the directory for temporary files
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] std::filesystem::path path(const std::string& name) const {
        return std::filesystem::path(path_) / name;
    }
    void write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories(path(name).parent_path());
        std::ofstream(path(name), std::ios::binary) << text;
    }
    // The target need not exist.
    void link(const std::string& name, const std::string& target) const {
        std::filesystem::create_directories(path(name).parent_path());
        std::filesystem::create_symlink(target, path(name));
    }

  private:
    std::string path_;
    pt::Fd fd_;
};
