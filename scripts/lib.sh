# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What the developer scripts share: messages, the cache, root rights, packages and a private apt.
# Sourced by bash; changes no option of the caller's shell.

# The top of the source tree, for the scripts that source this file.
# shellcheck disable=SC2034
pt_source_dir=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s: %s\n' "${0##*/}" "$*"; }
warn() { printf '%s: warning: %s\n' "${0##*/}" "$*" >&2; }
die() {
    printf '%s: error: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Prints the cache directory; with arguments, the path of an entry in it. Makes the directory the
# entry is in, not the entry. An entry is written to a temporary name beside it and renamed.
pt_cache() {
    local base=${PT_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/pt-hook}
    local path=$base${1:+/$1}
    mkdir -p -- "$base" "$(dirname -- "$path")"
    printf '%s\n' "$path"
}

# Prints the version of the project.
pt_version() {
    sed -n '/^project(pt-hook /,/)/ s/.*\bVERSION \([0-9.]*\).*/\1/p' "$pt_source_dir/CMakeLists.txt"
}

# The files of the source in the current directory, one name each ended by a zero byte, sorted:
# those that git tracks and new ones, without what .gitignore names. An archive of the source has
# no .git, and then all files are meant, but for the same.
pt_sources() {
    if [ -e .git ]; then
        git ls-files -z --cached --others --exclude-standard |
            while IFS= read -r -d '' file; do
                [ ! -e "$file" ] || printf '%s\0' "$file"
            done | LC_ALL=C sort -z
        return
    fi
    find . -type f ! -path './build/*' ! -name '*.pyc' ! -name '*.deb' ! -name '*.rpm' \
        ! -name '*.tar.*' -printf '%P\0' |
        LC_ALL=C sort -z
}

# Runs a command as root: at once when we are root, else through sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -- "$@"
    else
        die "'$*' needs root, this is user $(id -un) and there is no sudo: run it as root"
    fi
}

# Prints the package manager's family: apt, dnf or pacman.
pt_package_manager() {
    if command -v apt-get >/dev/null; then
        echo apt
    elif command -v dnf >/dev/null; then
        echo dnf
    elif command -v pacman >/dev/null; then
        echo pacman
    else
        return 1
    fi
}

# Prints "URI suite component origin" for each Packages index that apt is configured to use. apt
# itself reads its configuration, so both formats of it are understood.
pt_apt_indexes() {
    # apt expands the words of the format, not the shell
    # shellcheck disable=SC2016
    apt-get indextargets --no-release-info --format \
        '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' | sort -u
}

# "mirror+file:/etc/apt/x.list" names a file of URIs: prints the first of them, and other URIs as
# they are.
pt_resolve_mirror_list() {
    case $1 in
        mirror+file:*)
            local list=${1#mirror+file:}
            while [ "${list#//}" != "$list" ]; do list=${list#/}; done
            sed -n 's/[[:space:]].*//; /^[a-z+]*:/ { p; q }' "${list%/}"
            ;;
        *) printf '%s\n' "$1" ;;
    esac
}

# Debian itself, not one of its kin.
pt_is_debian() { grep -qs '^ID=debian$' /etc/os-release; }

# Prints the base URI of the Debian archive this machine's apt uses; fails where there is none, as
# on Ubuntu. An archive that only has a suite of the same name does not pass: a Debian archive
# has a path that ends in "debian", or is the only one with the suite's updates.
pt_debian_mirror() {
    pt_debian_uri '(^|/)debian(\.list)?/*$' '^[a-z]+-updates$'
}

# Prints the base URI of Debian's security archive this machine's apt uses.
pt_debian_security_mirror() {
    pt_debian_uri '(^|/)debian-security(\.list)?/*$' '^[a-z]+(-security|/updates)$'
}

pt_debian_uri() {
    local uri
    pt_is_debian || return 1
    uri=$(pt_apt_indexes | awk -v path="$1" -v suite="$2" '
        $3 == "main" && $1 ~ path { by_path = by_path ? by_path : $1 }
        $3 == "main" && $2 ~ suite { by_suite = by_suite ? by_suite : $1 }
        END { print by_path ? by_path : by_suite }')
    [ -n "$uri" ] || return 1
    uri=$(pt_resolve_mirror_list "$uri")
    printf '%s\n' "${uri%/}"
}

# pt_private_apt SUITE... -- APT-GET-ARGUMENTS
# apt-get with the given Debian suites (also bookworm-backports, trixie-security, sid), binary and
# source, from the machine's own mirror. It keeps its lists and archives in the cache and leaves
# /etc/apt and /var/lib/apt as they are; what is installed it reads from the machine. The lists
# are fetched when they are older than a day.
pt_private_apt() {
    local suites=() dir status=0
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        suites+=("$1")
        shift
    done
    if [ $# -lt 2 ] || [ ${#suites[@]} -eq 0 ]; then
        die "pt_private_apt: wrong arguments; usage: pt_private_apt SUITE... -- ARGUMENTS"
    fi
    shift

    dir=$(pt_cache "apt/$(printf '%s\n' "${suites[*]}" | tr ' /' '+_')")
    mkdir -p "$dir/lists/partial" "$dir/archives/partial"
    (
        flock 9
        pt_write_private_apt "$dir" "${suites[@]}" || exit 1
        if [ -z "$(find "$dir/updated" -mtime -1 2>/dev/null)" ] ||
            [ "$dir/sources.list" -nt "$dir/updated" ]; then
            apt-get -c "$dir/apt.conf" -qq update || exit 1
            touch "$dir/updated"
        fi
    ) 9>"$dir/lock" || {
        warn "cannot read the package lists of ${suites[*]}: apt says why above"
        return 1
    }
    case " $* " in
        *' install '* | *' build-dep '*)
            as_root env DEBIAN_FRONTEND=noninteractive apt-get -c "$dir/apt.conf" "$@" || status=$?
            ;;
        *) apt-get -c "$dir/apt.conf" "$@" || status=$? ;;
    esac
    return "$status"
}

pt_write_private_apt() {
    local dir=$1 suite mirror security uri options new
    shift
    mirror=$(pt_debian_mirror) || {
        warn "apt on this machine has no Debian archive, so it cannot serve Debian's $*"
        return 1
    }
    security=$(pt_debian_security_mirror) || security=
    new=$(for suite in "$@"; do
        uri=$mirror options=
        if [ -e /usr/share/keyrings/debian-archive-keyring.gpg ]; then
            options=signed-by=/usr/share/keyrings/debian-archive-keyring.gpg
        fi
        # A mirror that is no longer updated has a release of sid that has expired soon.
        [ "$suite" != sid ] || options+=${options:+ }check-valid-until=no
        options=${options:+[$options] }
        case $suite in *-security)
            uri=$security
            [ -n "$uri" ] || continue
            ;;
        esac
        printf 'deb %s%s %s main\ndeb-src %s%s %s main\n' \
            "$options" "$uri" "$suite" "$options" "$uri" "$suite"
    done)
    # Only a change makes the file newer than the lists.
    if [ "$new" != "$(cat "$dir/sources.list" 2>/dev/null)" ]; then
        printf '%s\n' "$new" >"$dir/sources.list"
    fi
    cat >"$dir/apt.conf" <<END
Dir::Etc::SourceList "$dir/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State::Lists "$dir/lists";
Dir::Cache "$dir";
Dir::Cache::Archives "$dir/archives";
Acquire::Languages "none";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
APT::Sandbox::User "root";
END
}
