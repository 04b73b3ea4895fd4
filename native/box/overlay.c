/*
 * Trees that overlayfs merges out of folders of the host. The folders are opened while the process still is the caller and
 * named to the kernel by their fds: later, as root of the user namespace, they may be out of reach. `userxattr`: only so
 * may a user namespace write an upper layer.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "box.h"

#define FD_NAME_ROOM 32

struct overlay *parse_overlay(char **fields, bool read_only) {
    size_t count = 0;
    while (fields[count] != NULL) {
        if (fields[count][0] != '/') fail_with(EINVAL, "plan", fields[count]);
        count++;
    }
    if (count < 3) fail_with(EBADMSG, "plan", "overlay");
    struct overlay *overlay = allocate(1, sizeof *overlay);
    *overlay = (struct overlay){fields, count, allocate(count, sizeof *overlay->fds), read_only};
    return overlay;
}

static void open_folders(struct overlay *overlay) {
    for (size_t i = 0; i < overlay->count; i++) {
        overlay->fds[i] = open(overlay->folders[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (overlay->fds[i] < 0) fail("overlay-source", overlay->folders[i]);
    }
}

static const char *name_of(int fd, char *room) {
    snprintf(room, FD_NAME_ROOM, "/proc/self/fd/%d", fd);
    return room;
}

static int merge(struct overlay *overlay) {
    char upper[FD_NAME_ROOM], work[FD_NAME_ROOM], *lower = allocate(overlay->count, FD_NAME_ROOM);
    for (size_t i = 2; i < overlay->count; i++) {
        char name[FD_NAME_ROOM];
        if (i > 2) strcat(lower, ":");
        strcat(lower, name_of(overlay->fds[i], name));
    }
    const char *const options[] = {"userxattr", NULL,
                                   "lowerdir", lower,
                                   "upperdir", name_of(overlay->fds[0], upper),
                                   "workdir", name_of(overlay->fds[1], work),
                                   NULL};
    int tree = make_filesystem("overlay", MOUNT_ATTR_NODEV | (overlay->read_only ? MOUNT_ATTR_RDONLY : 0), options);
    if (tree < 0) fail("overlay", overlay->folders[0]);
    for (size_t i = 0; i < overlay->count; i++) close(overlay->fds[i]);
    free(lower);
    return tree;
}

void open_overlays(struct plan *plan) {
    if (plan->root_overlay != NULL) open_folders(plan->root_overlay);
    for (size_t i = 0; i < plan->mount_count; i++)
        if (plan->mounts[i].overlay != NULL) open_folders(plan->mounts[i].overlay);
}

void make_overlays(struct plan *plan) {
    if (plan->root_overlay != NULL) plan->root_tree = merge(plan->root_overlay);
    for (size_t i = 0; i < plan->mount_count; i++)
        if (plan->mounts[i].overlay != NULL) plan->mounts[i].tree = merge(plan->mounts[i].overlay);
}
