# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154 # the runner has work
# Scratch roots that packages are installed into: a shell, stand-ins for builders of images that
# write down how they are called, and nothing else. Sourced by tests/package/run.

# Scriptlets run in a chroot; without root's rights a user namespace gives those.
as_root=()
if [ "$(id -u)" != 0 ]; then as_root=(unshare --user --map-root-user); fi
can_be_root() { "${as_root[@]}" true 2>/dev/null; }

# put_program PROGRAM PLACE: with the libraries it needs.
put_program() {
    local library
    install -D -m 755 "$1" "$root$2"
    ldd "$1" | grep -oE '/[^ ]+' | while IFS= read -r library; do
        install -D -m 755 "$library" "$root$library"
    done
}

# stand_in NAME: a program that notes its arguments and whether pt-hook is installed at that moment.
# It fails when /fail is there.
stand_in() {
    install -D -m 755 /dev/stdin "$root/usr/bin/$1" <<END
#!/bin/sh
state=absent
[ ! -x /usr/lib/pt-hook/pt-hook ] || state=present
echo "$1 \$*: \$state" >>/calls
[ ! -e /fail ]
END
}

make_scratch_root() {
    root=$work/root.$1
    mkdir -p "$root"/{etc,proc,dev,tmp,var/tmp}
    put_program "$(command -v dash || command -v sh)" /usr/bin/sh
    ln -s usr/bin "$root/bin"
}

# What was called since the last time.
calls() {
    cat "$root/calls" 2>/dev/null || true
    rm -f "$root/calls"
}

# The files and folders of the root, without the package manager's own.
scratch_files() {
    (cd "$root" && find . -path ./var -prune -o -path ./dev -prune -o -path ./calls -prune -o -path ./fail -prune -o \
        -print | LC_ALL=C sort)
}

scratch_conf() { cat "$root/etc/$1" 2>&1; }
edit_scratch_conf() { echo "pt.ids=10de:1b06" >>"$root/etc/pt-hook.conf"; }
