# SPDX-License-Identifier: LGPL-2.1-or-later
# libkmod, compiled from the source of kmod with the flags of the program it goes into.
#
# The source is, in this order: FETCHCONTENT_SOURCE_DIR_KMOD if given, what scripts/fetch-kmod put
# into the cache, or upstream's tarball.
include(CheckSymbolExists)
include(FetchContent)

set(kmod_version 34.2)

if(DEFINED ENV{PT_CACHE_DIR} AND NOT "$ENV{PT_CACHE_DIR}" STREQUAL "")
    set(pt_cache "$ENV{PT_CACHE_DIR}")
elseif(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
    set(pt_cache "$ENV{XDG_CACHE_HOME}/pt-hook")
else()
    set(pt_cache "$ENV{HOME}/.cache/pt-hook")
endif()
if(NOT FETCHCONTENT_SOURCE_DIR_KMOD AND EXISTS "${pt_cache}/src/kmod-${kmod_version}/libkmod")
    set(FETCHCONTENT_SOURCE_DIR_KMOD "${pt_cache}/src/kmod-${kmod_version}")
endif()

# Only its files are wanted: there is no CMakeLists.txt in SOURCE_SUBDIR to add.
FetchContent_Declare(kmod
    URL https://www.kernel.org/pub/linux/utils/kernel/kmod/kmod-${kmod_version}.tar.xz
    URL_HASH SHA256=5a5d5073070cc7e0c7a7a3c6ec2a0e1780850c8b47b3e3892226b93ffcb9cb54
    DOWNLOAD_EXTRACT_TIMESTAMP ON
    SOURCE_SUBDIR libkmod)
FetchContent_MakeAvailable(kmod)
if(NOT EXISTS "${kmod_SOURCE_DIR}/libkmod/libkmod-builtin.c")
    message(FATAL_ERROR "${kmod_SOURCE_DIR} holds no source of kmod ${kmod_version}: there is no "
        "libkmod/libkmod-builtin.c. Run scripts/fetch-kmod, or give the right directory by "
        "-DFETCHCONTENT_SOURCE_DIR_KMOD=DIRECTORY")
endif()

# The name that assertions have in the program is ./kmod/libkmod/..., wherever the source is, and
# also where a compiler cache (CCACHE_BASEDIR) makes the paths relative to the build directory.
get_filename_component(kmod_dir "${kmod_SOURCE_DIR}" ABSOLUTE)
file(RELATIVE_PATH kmod_relative_dir "${CMAKE_BINARY_DIR}" "${kmod_dir}")

# pt_add_kmod(NAME [FLAGS...]): an object library. FLAGS choose the C library.
function(pt_add_kmod name)
    set(config_dir "${CMAKE_CURRENT_BINARY_DIR}/${name}")

    # musl up to 1.2.3 declares basename() in string.h, later ones do not, and libkmod must know.
    # Only compiled: the program of the check could not be linked with another C library's headers.
    set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
    set(CMAKE_REQUIRED_DEFINITIONS -D_GNU_SOURCE)
    set(CMAKE_REQUIRED_QUIET ON)
    list(JOIN ARGN " " CMAKE_REQUIRED_FLAGS)
    check_symbol_exists(basename string.h HAVE_DECL_BASENAME_${name})
    set(have_decl_basename 0)
    if(HAVE_DECL_BASENAME_${name})
        set(have_decl_basename 1)
    endif()
    configure_file("${PROJECT_SOURCE_DIR}/cmake/kmod-config.h.in" "${config_dir}/config.h" @ONLY)

    list(TRANSFORM kmod_sources PREPEND "${kmod_dir}/" OUTPUT_VARIABLE sources)
    add_library(${name} OBJECT ${sources})
    target_compile_options(${name} PRIVATE -w -include "${config_dir}/config.h"
        "-ffile-prefix-map=${kmod_dir}=./kmod" "-ffile-prefix-map=${kmod_relative_dir}=./kmod")
    target_include_directories(${name} PRIVATE "${kmod_SOURCE_DIR}")
    target_include_directories(${name} SYSTEM INTERFACE "${kmod_SOURCE_DIR}/libkmod")
    set_target_properties(${name} PROPERTIES C_STANDARD 11 C_EXTENSIONS ON)
endfunction()

set(kmod_sources
    libkmod/libkmod-builtin.c
    libkmod/libkmod-config.c
    libkmod/libkmod-elf.c
    libkmod/libkmod-file.c
    libkmod/libkmod-index.c
    libkmod/libkmod-list.c
    libkmod/libkmod-module.c
    libkmod/libkmod-signature.c
    libkmod/libkmod.c
    shared/array.c
    shared/hash.c
    shared/strbuf.c
    shared/util.c)
