/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * use-vfio GROUP: does with an IOMMU group what a virtual machine monitor does at its start
 * (Documentation/driver-api/vfio.rst, "VFIO Usage Example"): is it viable, join it to a container,
 * choose the type 1 IOMMU, map memory for DMA, open every device of it, compare the ids in its
 * configuration space with those in sysfs, and map its BARs, which fails where the memory is still
 * reserved for somebody else. Ends with 0 only if every step worked.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { kMapSize = 2 << 20, kMapAddress = 1 << 20, kBridgeBaseClass = 0x06 };

static int complain(const char* step, const char* subject) {
    printf("failed %s %s: %s\n", step, subject, strerror(errno));
    return -1;
}

static unsigned long sysfs_number(const char* address, const char* attribute) {
    char path[128];
    char text[32] = "";
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/%s", address, attribute);
    FILE* file = fopen(path, "r");
    if (!file) return ~0UL;
    char* line = fgets(text, sizeof text, file);
    fclose(file);
    return line ? strtoul(line, NULL, 16) : ~0UL;
}

/* Opens the group and gives it a container with a working type 1 IOMMU. */
static int open_group(const char* number, int container) {
    char path[64];
    snprintf(path, sizeof path, "/dev/vfio/%s", number);
    int group = open(path, O_RDWR | O_CLOEXEC);
    if (group < 0) return complain("open", path);
    struct vfio_group_status status = {.argsz = sizeof status};
    if (ioctl(group, VFIO_GROUP_GET_STATUS, &status)) return complain("status", path);
    if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
        errno = EPERM;
        return complain("viable", path);
    }
    if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container)) return complain("container", path);
    if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU)) return complain("type1", path);
    printf("viable %s type1\n", path);
    return group;
}

static int map_memory(int container) {
    void* memory = mmap(NULL, kMapSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return complain("memory", "mmap");
    struct vfio_iommu_type1_dma_map map = {
        .argsz = sizeof map,
        .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
        .vaddr = (uintptr_t)memory,
        .iova = kMapAddress,
        .size = kMapSize,
    };
    if (ioctl(container, VFIO_IOMMU_MAP_DMA, &map)) return complain("map", "dma");
    printf("mapped %d bytes\n", kMapSize);
    return 0;
}

/* The first page of each BAR that can be mapped; vfio-pci reserves the whole of it for that. */
static int map_bars(int device, const char* address) {
    int bad = 0;
    for (unsigned index = VFIO_PCI_BAR0_REGION_INDEX; index <= VFIO_PCI_BAR5_REGION_INDEX;
         index++) {
        struct vfio_region_info bar = {.argsz = sizeof bar, .index = index};
        if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &bar)) return complain("BAR", address);
        if (!(bar.flags & VFIO_REGION_INFO_FLAG_MMAP)) continue;
        void* memory = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
                            device, (off_t)bar.offset);
        if (memory == MAP_FAILED) bad = complain("mapping a BAR of", address);
    }
    return bad;
}

static int use_device(int group, const char* address) {
    int device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, address);
    if (device < 0) return complain("device", address);
    struct vfio_region_info config = {.argsz = sizeof config,
                                      .index = VFIO_PCI_CONFIG_REGION_INDEX};
    uint16_t ids[2] = {0, 0};
    int bad = 0;
    if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &config) ||
        pread(device, ids, sizeof ids, (off_t)config.offset) != (ssize_t)sizeof ids) {
        bad = complain("config", address);
    } else if (ids[0] != sysfs_number(address, "vendor") ||
               ids[1] != sysfs_number(address, "device")) {
        errno = ENODEV;
        bad = complain("ids", address);
    } else if (map_bars(device, address)) {
        bad = -1;
    } else {
        printf("device %s %04x:%04x\n", address, ids[0], ids[1]);
    }
    close(device);
    return bad;
}

static int use_devices(int group, const char* number) {
    char path[96];
    snprintf(path, sizeof path, "/sys/kernel/iommu_groups/%s/devices", number);
    DIR* devices = opendir(path);
    if (!devices) return complain("list", path);
    int bad = 0;
    for (const struct dirent* entry = readdir(devices); entry; entry = readdir(devices)) {
        /* Bridges share a group with what is below them, and stay with the host. */
        if (entry->d_name[0] == '.' ||
            sysfs_number(entry->d_name, "class") >> 16 == kBridgeBaseClass)
            continue;
        if (use_device(group, entry->d_name)) bad = -1;
    }
    closedir(devices);
    return bad;
}

int main(int argc, char** argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: use-vfio GROUP\n");
        return 2;
    }
    int container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
    if (container < 0) return complain("open", "/dev/vfio/vfio"), 1;
    if (ioctl(container, VFIO_GET_API_VERSION) != VFIO_API_VERSION)
        return complain("version", "/dev/vfio/vfio"), 1;
    int group = open_group(argv[1], container);
    if (group < 0 || map_memory(container) || use_devices(group, argv[1])) return 1;
    return 0;
}
