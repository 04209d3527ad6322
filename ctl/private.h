// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

namespace pt::ctl {

// What a captured machine may show of texts that hold more than that.

// Of a kernel command line the words that are ours, and those that switch the IOMMU: no root
// device, no host name, no key.
[[nodiscard]] std::string our_words(std::string_view cmdline);

// The conf file with its words in their lines and columns, and each comment cut down to its "#".
[[nodiscard]] std::string without_comments(std::string_view conf);

// The lines of /proc/iomem that a firmware's framebuffer has.
[[nodiscard]] std::string framebuffer_lines(std::string_view iomem);

}  // namespace pt::ctl
