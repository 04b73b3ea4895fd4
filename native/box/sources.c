/*
 * Opens the sources of binds as detached trees, while the process still is the caller: later, as root of the user
 * namespace, folders below a 0700 folder of the caller are out of reach.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "box.h"

/* -1: not there although optional, or (early only) not permitted yet. */
static int open_source(const char *path, unsigned long long attributes, bool optional, bool early) {
    int tree = clone_tree(AT_FDCWD, path, 0);
    if (tree < 0) {
        if (optional && (errno == ENOENT || errno == ENOTDIR)) return -1;
        if (early && errno == EPERM) return -1;
        fail("bind-source", path);
    }
    if (restrict_tree(tree, attributes) < 0) fail("bind-source", path);
    return tree;
}

static bool is_read_only(int tree) {
    struct statfs where;
    return fstatfs(tree, &where) == 0 && (where.f_flags & ST_RDONLY) != 0;
}

/* The root that is to be read-only stays open until everything is mounted in it: what to mount upon may have to be made. */
static int open_root(const struct plan *plan, bool early) {
    if (!plan->read_only_root) return open_source(plan->root, MOUNT_ATTR_NODEV, false, early);
    int before = open(plan->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool closed = before >= 0 && is_read_only(before);
    if (before >= 0) close(before);
    int tree = open_source(plan->root, MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY, false, early);
    if (tree >= 0 && !closed && set_read_only(tree, "", false) < 0) fail("read-only", plan->root);
    return tree;
}

static void open_all(struct plan *plan, bool early) {
    if (plan->root != NULL && plan->root_tree < 0) plan->root_tree = open_root(plan, early);
    for (size_t i = 0; i < plan->mount_count; i++) {
        struct mount_op *op = &plan->mounts[i];
        if (strcmp(op->kind->name, "bind") == 0 && op->tree < 0)
            op->tree = open_source(op->source, op->read_only ? MOUNT_ATTR_RDONLY : 0, op->optional, early);
    }
}

/* Real root opens them before the clone, with all its rights over the folders of other users. */
void open_sources_early(struct plan *plan) {
    if (geteuid() == 0) open_all(plan, true);
}

/* An ordinary user may clone mounts only inside the new namespaces. */
void open_sources(struct plan *plan) { open_all(plan, false); }
