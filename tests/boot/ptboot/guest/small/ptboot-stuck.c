// SPDX-License-Identifier: GPL-2.0-only
// A driver of the small kernel that does not let go of its devices: its remove() sleeps, and no
// signal wakes it. It takes the devices that the kernel command line names,
// ptboot_stuck.ids=vendor:device[,vendor:device...], when it starts, which is before the drivers of
// USB, sound and displays. A write to its parameter let_go ends the sleep, so that a guest can tell
// what became of the device, and be switched off.

#include <linux/completion.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/string.h>

static char ids[128];
module_param_string(ids, ids, sizeof(ids), 0444);

static DECLARE_COMPLETION(let_go);

static int set_let_go(const char* value, const struct kernel_param* param) {
    complete_all(&let_go);
    return 0;
}

static const struct kernel_param_ops let_go_ops = {.set = set_let_go};
module_param_cb(let_go, &let_go_ops, NULL, 0200);

static int stuck_probe(struct pci_dev* device, const struct pci_device_id* id) {
    pci_info(device, "held by a driver that does not let go\n");
    return 0;
}

static void stuck_remove(struct pci_dev* device) {
    pci_info(device, "remove() sleeps\n");
    wait_for_completion(&let_go);
    pci_info(device, "remove() ends\n");
}

static struct pci_driver stuck_driver = {
    .name = "ptboot-stuck",
    .probe = stuck_probe,
    .remove = stuck_remove,
};

static int __init stuck_init(void) {
    char* rest = ids;
    char* item;
    int error = pci_register_driver(&stuck_driver);

    while (!error && (item = strsep(&rest, ","))) {
        unsigned int vendor;
        unsigned int device;

        if (!*item) continue;
        if (sscanf(item, "%x:%x", &vendor, &device) != 2) return -EINVAL;
        error = pci_add_dynid(&stuck_driver, vendor, device, PCI_ANY_ID, PCI_ANY_ID, 0, 0, 0);
    }
    return error;
}
device_initcall(stuck_init);
