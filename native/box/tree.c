/* Detached mount trees: made, cloned, made read-only and attached with the fd-based mount calls (Linux 5.12). */

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "box.h"

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef MS_PRIVATE
#define MS_PRIVATE (1 << 18)
#endif

/* Clones what is mounted at the path, all submounts included (only so may a user namespace clone at all). */
int clone_tree(int at, const char *path, unsigned int flags) {
    return (int)syscall(SYS_open_tree, at, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | flags);
}

/*
 * Adds attributes (MOUNT_ATTR_…) to each mount of a tree and cuts it off from the peers of the host. Those that a user
 * namespace has locked stay as they are.
 */
int restrict_tree(int tree, unsigned long long attributes) {
    struct mount_attr attr = {.attr_set = attributes, .propagation = MS_PRIVATE};
    return (int)syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr);
}

/* One mount alone. What was read-only before it came here cannot be opened by a user namespace. */
int set_read_only(int at, const char *path, bool read_only) {
    struct mount_attr attr = {0};
    if (read_only) attr.attr_set = MOUNT_ATTR_RDONLY;
    else attr.attr_clr = MOUNT_ATTR_RDONLY;
    return (int)syscall(SYS_mount_setattr, at, path, AT_EMPTY_PATH, &attr, sizeof attr);
}

static bool set_option(int context, const char *name, const char *value) {
    unsigned int command = value == NULL ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING;
    return syscall(SYS_fsconfig, context, command, name, value, 0) == 0;
}

/*
 * A new filesystem, not attached yet; its options are pairs of name and value (NULL: a flag), ended by NULL. Gives -1 and
 * errno.
 */
int make_filesystem(const char *type, unsigned int attributes, const char *const *options) {
    int context = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC), tree = -1;
    if (context < 0) return -1;
    bool taken = set_option(context, "source", type);
    for (; taken && *options != NULL; options += 2) taken = set_option(context, options[0], options[1]);
    if (taken && syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
        tree = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
    int reason = errno;
    close(context);
    errno = reason;
    return tree;
}

/* Attaches to what the fd is open on: no path is looked up. */
int attach_tree(int tree, int target) {
    return (int)syscall(SYS_move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}
