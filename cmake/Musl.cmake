# SPDX-License-Identifier: LGPL-2.1-or-later
# The target `musl`: what it takes to compile and link a tiny static-pie on musl with the
# distribution's own gcc and g++.
#
# There is no libstdc++ for musl, but its headers serve: the code that templates expand to needs
# only what musl/runtime.cc has. A few files of theirs know glibc; musl/include replaces those.
# The musl-gcc wrapper serves to find musl. To link with it would be wrong: its static-pie is in
# truth a dynamic program in many versions.

set(pt_musl_install_hint
    "install it: 'apt-get install musl-tools' (Debian, Ubuntu), 'dnf install musl-gcc "
    "musl-libc-static' (Fedora), 'pacman -S musl' (Arch), or run scripts/setup build")
list(JOIN pt_musl_install_hint "" pt_musl_install_hint)

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU" OR NOT CMAKE_C_COMPILER_ID STREQUAL "GNU")
    message(FATAL_ERROR "The boot program is compiled by gcc and g++, and these are "
        "${CMAKE_C_COMPILER} (${CMAKE_C_COMPILER_ID}) and ${CMAKE_CXX_COMPILER} "
        "(${CMAKE_CXX_COMPILER_ID}). Configure with CC=gcc CXX=g++, or without it: -DPT_BOOT=OFF")
endif()

# The directories a compiler searches for headers, from what it says with -v.
function(pt_header_directories result compiler language)
    execute_process(COMMAND "${CMAKE_COMMAND}" -E env LC_ALL=C
        "${compiler}" -E -v -x ${language} /dev/null
        OUTPUT_QUIET ERROR_VARIABLE log RESULT_VARIABLE failed)
    string(REGEX MATCH "search starts here:\n( [^\n]*\n)+End of search" list "${log}")
    if(failed OR NOT list)
        message(FATAL_ERROR "'${compiler} -E -v' does not say where it looks for headers:\n${log}")
    endif()
    string(REGEX MATCHALL "\n /[^\n]*" list "${list}")
    list(TRANSFORM list STRIP)
    set(${result} "${list}" PARENT_SCOPE)
endfunction()

find_program(PT_MUSL_GCC NAMES musl-gcc x86_64-linux-musl-gcc DOC "musl's wrapper of gcc")
if(NOT PT_MUSL_CRT_DIR OR NOT PT_MUSL_INCLUDE_DIR)
    if(NOT PT_MUSL_GCC)
        message(FATAL_ERROR "musl's compiler wrapper, musl-gcc, is not there: "
            "${pt_musl_install_hint}")
    endif()
    execute_process(COMMAND "${CMAKE_COMMAND}" -E env LC_ALL=C "${PT_MUSL_GCC}" -static "-###" x.o
        OUTPUT_QUIET ERROR_VARIABLE log)
    if(NOT log MATCHES "[ \"](/[^ \"]*)/S?crt1\\.o")
        message(FATAL_ERROR "'${PT_MUSL_GCC} -static -###' names no crt1.o, so it is unknown where "
            "musl is. Give -DPT_MUSL_CRT_DIR= and -DPT_MUSL_INCLUDE_DIR=. It said:\n${log}")
    endif()
    set(PT_MUSL_CRT_DIR "${CMAKE_MATCH_1}" CACHE PATH "where musl's rcrt1.o and libc.a are")
    pt_header_directories(directories "${PT_MUSL_GCC}" c)
    foreach(directory IN LISTS directories)
        if(EXISTS "${directory}/stdio.h")
            set(PT_MUSL_INCLUDE_DIR "${directory}" CACHE PATH "where musl's headers are")
            break()
        endif()
    endforeach()
endif()
foreach(file IN ITEMS "${PT_MUSL_CRT_DIR}/rcrt1.o" "${PT_MUSL_CRT_DIR}/libc.a"
        "${PT_MUSL_INCLUDE_DIR}/stdio.h")
    if(NOT EXISTS "${file}")
        message(FATAL_ERROR "musl is incomplete, there is no ${file}: ${pt_musl_install_hint}")
    endif()
endforeach()

# The compiler's own headers are those behind its stdarg.h; libstdc++'s those with bits/c++config.h
# or its machine-independent files beside it.
pt_header_directories(directories "${CMAKE_CXX_COMPILER}" c++)
set(pt_cxx_includes "")
set(pt_c_includes -isystem "${PT_MUSL_INCLUDE_DIR}")
foreach(directory IN LISTS directories)
    if(EXISTS "${directory}/cstddef" OR EXISTS "${directory}/bits/c++config.h")
        list(APPEND pt_cxx_includes -isystem "${directory}")
    elseif(EXISTS "${directory}/stdarg.h")
        list(APPEND pt_c_includes -isystem "${directory}")
    endif()
endforeach()
if(NOT pt_cxx_includes)
    message(FATAL_ERROR "${CMAKE_CXX_COMPILER} has no C++ headers: install g++ (Debian, Ubuntu), "
        "gcc-c++ (Fedora), gcc (Arch), or run scripts/setup build")
endif()
execute_process(COMMAND "${CMAKE_C_COMPILER}" -print-libgcc-file-name
    OUTPUT_VARIABLE pt_libgcc OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

# Enough to compile C for musl: also what libkmod's probes are compiled with.
set(pt_musl_c_flags -nostdinc ${pt_c_includes})

set(pt_musl_flags
    # Size before speed; what follows gcc's -Oz are optimisations that cost bytes here.
    -Oz
    -fconserve-stack
    -fno-caller-saves
    -fno-ipa-sra
    -fno-ivopts
    -fno-move-loop-invariants
    -fno-tree-loop-optimize
    -fPIE
    -flto
    -ffunction-sections
    -fdata-sections
    -fvisibility=hidden
    -fomit-frame-pointer
    -fno-asynchronous-unwind-tables
    -fno-unwind-tables
    -fno-ident
    # Some distributions' compilers switch these on. What we read is root's own command line; the
    # linked musl is not built with them either.
    -fno-stack-protector
    -fno-stack-clash-protection
    -U_FORTIFY_SOURCE
    "-ffile-prefix-map=${PROJECT_BINARY_DIR}=build"
    "-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|i[3-6]86)$")
    list(APPEND pt_musl_flags -fcf-protection=none)
endif()

add_library(musl INTERFACE)
# "SHELL:" keeps CMake from taking the second -isystem for a repetition of the first.
list(JOIN pt_c_includes " " c_includes)
list(JOIN pt_cxx_includes " " cxx_includes)
target_compile_options(musl INTERFACE
    ${pt_musl_flags}
    -nostdinc
    "$<$<COMPILE_LANGUAGE:CXX>:-nostdinc++;-fno-exceptions;-fno-rtti;-fno-threadsafe-statics>"
    "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-isystem \"${PROJECT_SOURCE_DIR}/cmake/musl/include\">"
    "$<$<COMPILE_LANGUAGE:CXX>:SHELL:${cxx_includes}>"
    "SHELL:${c_includes}")
# rcrt1.o is the start of a static program that relocates itself. crti.o and crtn.o would only
# add an empty _init and _fini, which musl has as well.
target_link_options(musl INTERFACE
    ${pt_musl_flags}
    -nostdlib
    -static-pie
    -flto-partition=one
    "LINKER:--gc-sections,-O1,--as-needed,--build-id=none,--hash-style=gnu,--no-eh-frame-hdr"
    "LINKER:-z,relro,-z,now,-z,noexecstack,-z,noseparate-code,-z,text"
    -s
    "${PT_MUSL_CRT_DIR}/rcrt1.o")
target_link_libraries(musl INTERFACE
    musl_runtime "${PT_MUSL_CRT_DIR}/libc.a" "${pt_libgcc}")

# What libstdc++ would have, and small stand-ins for the parts of musl that are larger than the rest
# of the program. They stand before libc.a, so the linker finds them first. Not part of the
# link-time optimisation, for gcc may put calls to them in after it has looked; and compiled without
# what gcc knows of their names, or calloc() would be made to call itself.
add_library(musl_runtime STATIC
    "${PROJECT_SOURCE_DIR}/cmake/musl/absent.cc"
    "${PROJECT_SOURCE_DIR}/cmake/musl/fnmatch.cc"
    "${PROJECT_SOURCE_DIR}/cmake/musl/format.cc"
    "${PROJECT_SOURCE_DIR}/cmake/musl/memory.cc"
    "${PROJECT_SOURCE_DIR}/cmake/musl/runtime.cc"
    "${PROJECT_SOURCE_DIR}/cmake/musl/text.cc")
target_compile_options(musl_runtime PRIVATE
    $<TARGET_PROPERTY:musl,INTERFACE_COMPILE_OPTIONS> -fno-lto -fno-builtin)
target_compile_features(musl_runtime PRIVATE cxx_std_20)
target_link_libraries(musl_runtime PRIVATE pt_warnings)
