#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Module of dracut: puts pt-hook, its configuration and vfio-pci into every image, and has pt-hook
# run before anything that loads drivers. Only what cannot be copied stops the image build.

# called by dracut
check() {
    # Asked so, dracut wants to know what the host's file systems need to be mounted.
    # shellcheck disable=SC2154 # set by dracut
    [[ $mount_needs ]] && return 1
    # mkdumprd says so of images for kdump. A crash kernel has little memory and starts no virtual
    # machine, and what it writes the dump to may be one of the devices, which then needs its driver.
    [[ ${IN_KDUMP-} = 1 ]] && return 1
    return 0
}

# called by dracut
depends() {
    return 0
}

# vfio-pci and those variants of it that are made for devices of this machine.
pt_hook_drivers() {
    # shellcheck disable=SC2154 # kernel is set by dracut
    sed -n 's/^pci:/vfio_pci:/p' /sys/bus/pci/devices/*/modalias 2>/dev/null |
        xargs -r modprobe -S "$kernel" -qaR 2>/dev/null | sort -u
    echo vfio-pci
}

# called by dracut
installkernel() {
    # Where an image is for one machine, dracut leaves out what is not loaded when it is built.
    # shellcheck disable=SC2046 # a word for each module
    hostonly='' instmods -c -s $(pt_hook_drivers) ||
        dwarn "pt-hook: kernel $kernel has no vfio-pci, neither as a module nor built in;" \
            "no device can be given to vfio-pci when this kernel is booted"
    hostonly='' instmods -c -s vfio_iommu_type1 ||
        dwarn "pt-hook: kernel $kernel has no vfio_iommu_type1, neither as a module nor built in;" \
            "devices will be held by vfio-pci, but no virtual machine can use them"
}

# called by dracut
install() {
    if ! inst_simple /usr/lib/pt-hook/pt-hook; then
        dfatal "pt-hook: /usr/lib/pt-hook/pt-hook cannot be copied, so no image is written;" \
            "install the package pt-hook again or remove it"
        exit 1
    fi
    inst_multiple -o /etc/pt-hook.conf

    # Hooks come too late in systemd's images, for nothing orders systemd-modules-load behind them.
    # shellcheck disable=SC2154 # all are set by dracut
    if dracut_module_included systemd; then
        inst_multiple "$systemdsystemunitdir/pt-hook.service" \
            "$systemdsystemunitdir/pt-hook-stop.target"
        $SYSTEMCTL -q --root "$initdir" add-wants sysinit.target pt-hook.service
    else
        inst_hook cmdline 00 "$moddir/pt-hook.sh"
    fi
}
