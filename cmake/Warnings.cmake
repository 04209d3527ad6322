# SPDX-License-Identifier: LGPL-2.1-or-later
# The warnings our own code is compiled with; libkmod is not ours.
add_library(pt_warnings INTERFACE)
target_compile_options(pt_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wcast-qual -Wcast-align
    -Wundef -Wvla -Wformat=2 -Wnull-dereference -Wnon-virtual-dtor -Woverloaded-virtual
    -Wold-style-cast -Wextra-semi -Wmissing-declarations
    $<$<CXX_COMPILER_ID:GNU>:-Wlogical-op -Wduplicated-cond -Wduplicated-branches>
    $<$<BOOL:${PT_WERROR}>:-Werror>)
