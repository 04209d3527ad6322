# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Runs in the guest, on the real root: binds the same devices to vfio-pci in each of the ways, in
# turn, and prints what each took. The caller puts `rounds`, for the ways that are quick, and
# `sizes`, each NUMBER=ID,ID, before this text.
#
#   time WAY SIZE STATE WHOLE USER NUMBER   microseconds from start to end, milliseconds of those in
#                                           user space, processes that were started meanwhile
#   calls SIZE STATE PROCESSES CALLS        of pt-hook; without those for memory and the clock
#   wrong TEXT                              something was not as it has to be
#
# STATE is "loaded", the vfio modules are loaded before, or "unloaded", none of them is.
[ -n "${BASH_VERSION-}" ] || exec bash "$0"

pci=/sys/bus/pci
tracing=/sys/kernel/tracing
ways="pt-hook shell-ids shell-addresses driverctl modprobe kernel"
slow_ways=" shell-ids driverctl " # take seconds, so that once is enough
# All that the ways load, each before those it is built on; irqbypass is there for kvm anyway.
modules="vfio_pci vfio_pci_core vfio_iommu_type1 vfio iommufd pvpanic_pci pvpanic"

# What forums advise, for ids: every device is looked at with the tools at hand.
cat >/run/shell-ids <<'END'
modprobe vfio-pci
for device in /sys/bus/pci/devices/*; do
    vendor=$(cat "$device/vendor")
    id=$(cat "$device/device")
    for wanted in "$@"; do
        if [ "${vendor#0x}:${id#0x}" = "$wanted" ]; then
            address=$(basename "$device")
            if [ -e "$device/driver" ]; then
                echo "$address" >"$device/driver/unbind"
            fi
            echo vfio-pci >"$device/driver_override"
            echo "$address" >/sys/bus/pci/drivers_probe
        fi
    done
done
END

# The same for addresses that are written into the script: the shell needs no other program.
cat >/run/shell-addresses <<'END'
modprobe vfio-pci
for address in "$@"; do
    device=/sys/bus/pci/devices/$address
    if [ -e "$device/driver" ]; then
        echo "$address" >"$device/driver/unbind"
    fi
    echo vfio-pci >"$device/driver_override"
    echo "$address" >/sys/bus/pci/drivers_probe
done
END

# driverctl takes one device; this is what a script or its udev rule calls for each.
cat >/run/driverctl-each <<'END'
for address in "$@"; do
    driverctl --nosave set-override "$address" vfio-pci
done
END

# The kernel binds everything that matches a new id at once: nobody can be quicker.
cat >/run/kernel <<'END'
[ -e /sys/bus/pci/drivers/vfio-pci ] || modprobe vfio-pci
for id in "$@"; do
    echo "${id%:*} ${id#*:}" >/sys/bus/pci/drivers/vfio-pci/new_id
done
END

run_way() { # WAY; uses $ids and $addresses
    # shellcheck disable=SC2086 # words
    case $1 in
        pt-hook) exec /usr/lib/pt-hook/pt-hook --cmdline "pt.ids=$ids" ;;
        shell-ids) exec sh /run/shell-ids ${ids//,/ } ;;
        shell-addresses) exec sh /run/shell-addresses $addresses ;;
        driverctl) exec sh /run/driverctl-each $addresses ;;
        # what udev does for the device's own driver; the softdep brings vfio-pci in before it
        modprobe) exec modprobe pvpanic-pci ;;
        kernel) exec sh /run/kernel ${ids//,/ } ;;
    esac
}

bound_devices() {
    local device bound=
    for device in "$pci"/drivers/vfio-pci/0000:*; do
        [ -e "$device" ] && bound+=" ${device##*/}"
    done
    printf '%s' "${bound# }"
}

# Nobody has the devices, no override is set, none of the modules is loaded.
start_over() {
    local device override loaded module
    for device in "$pci"/drivers/vfio-pci/0000:*; do
        [ -e "$device" ] && echo "${device##*/}" >"$pci/drivers/vfio-pci/unbind"
    done
    for device in "$pci"/devices/*; do
        read -r override <"$device/driver_override"
        [ "$override" = '(null)' ] || echo >"$device/driver_override"
    done
    loaded=$'\n'$(</proc/modules)
    for module in $modules; do
        [[ $loaded != *$'\n'"$module "* ]] || rmmod "$module"
    done
    rm -f /etc/modprobe.d/compare.conf
}

# Brings the state about in which the way is to start.
prepare() { # WAY loaded|unloaded
    if [ "$2" = loaded ]; then
        # Options of a module that is loaded already come too late: modprobe's way can only find
        # what vfio-pci is built on.
        [ "$1" = modprobe ] || modprobe vfio-pci
        modprobe -a vfio-pci-core vfio_iommu_type1
    fi
    if [ "$1" = modprobe ]; then
        printf '%s\n' "options vfio-pci ids=$ids" "softdep pvpanic-pci pre: vfio-pci" \
            >/etc/modprobe.d/compare.conf
    fi
}

# Has the way done what it is there for? Then all is undone.
finish() { # WAY
    local bound
    bound=$(bound_devices)
    [ "$bound" = "$addresses" ] || echo "wrong $1 $size: bound are ${bound:-none}"
    start_over
}

# Sets $forks to the processes and threads that were started since the guest was.
count_forks() {
    local name number
    while read -r name number _; do
        [ "$name" = processes ] && forks=$number
    done </proc/stat
}

time_way() { # WAY STATE
    local begin end before status user TIMEFORMAT=%3U
    prepare "$1" "$2"
    count_forks
    before=$forks
    begin=$EPOCHREALTIME
    { time { (run_way "$1") >/run/said 2>&1; }; } 2>/run/user-time
    status=$?
    end=$EPOCHREALTIME
    count_forks
    [ $status = 0 ] || echo "wrong $1 $size: status $status: $(tail -n 1 /run/said)"
    read -r user </run/user-time
    echo "time $1 $size $2 $((${end/./} - ${begin/./})) $((10#${user/./})) $((forks - before))"
    finish "$1"
}

# Runs pt-hook with each of its system calls recorded. The numbers are those of x86-64: mmap,
# munmap, brk and mremap come in steps that double; clock_gettime is one where the kernel does not
# trust the processor's clock, and else none.
count_calls() { # STATE
    prepare pt-hook "$1"
    echo >$tracing/trace
    # The subshell becomes pt-hook, by its first execve (59).
    (
        echo "$BASHPID" >$tracing/set_event_pid
        echo 1 >$tracing/tracing_on
        run_way pt-hook
    ) >/run/said 2>&1
    echo 0 >$tracing/tracing_on
    awk -v what="calls $size $1" '
        match($0, /sys_enter: NR [0-9]+/) {
            number = substr($0, RSTART + 14, RLENGTH - 14)
            if (number == 59) started = 1
            if (!started) next
            sub(/.*-/, "", $1)
            if (!($1 in seen)) processes++
            seen[$1]
            if (number !~ /^(9|11|12|25|228)$/) calls++
        }
        /LOST/ { print "wrong: events are lost" }
        END { print what, processes, calls }' $tracing/trace
    finish pt-hook
}

# udev would answer each of the binds with processes of its own.
systemctl --quiet stop systemd-udevd.service systemd-udevd-control.socket \
    systemd-udevd-kernel.socket
mountpoint -q $tracing || mount -t tracefs tracefs $tracing
echo 0 >$tracing/tracing_on
echo 16384 >$tracing/buffer_size_kb
echo 1 >$tracing/options/event-fork
start_over

# shellcheck disable=SC2154 # both are put before this text
for size in $sizes; do
    ids=${size#*=} size=${size%%=*}
    modprobe vfio-pci ids="$ids"
    addresses=$(bound_devices)
    start_over
    [ "$(wc -w <<<"$addresses")" = "$size" ] || echo "wrong $size: the ids mean $addresses"
    # All files come into the page cache, where the initramfs has them anyway.
    (time_way pt-hook unloaded && time_way modprobe unloaded) >/dev/null
    for state in unloaded loaded; do
        for ((round = 0; round < rounds; round++)); do
            for way in $ways; do
                [[ $round = 0 || $slow_ways != *" $way "* ]] && time_way "$way" $state
            done
        done
        echo 1 >$tracing/events/raw_syscalls/sys_enter/enable
        count_calls $state
        echo 0 >$tracing/events/raw_syscalls/sys_enter/enable
    done
done
