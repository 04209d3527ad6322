// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "ctl/change.h"

namespace pt::ctl {

// A new record in the place of the old one, which can be put back until settle(). What that takes
// is on the disk before the new one is, so a full disk cannot prevent it. Results are 0 or an
// errno.
class RecordChange {
  public:
    // Nothing has changed if it fails.
    [[nodiscard]] int begin(int root, const Record& record);
    [[nodiscard]] int put_back();
    void settle();

  private:
    int root_ = -1;
    unsigned generation_ = 0;
    bool has_old_ = false;
    StagedText back_;
};

[[nodiscard]] int remove_record(int root);

}  // namespace pt::ctl
