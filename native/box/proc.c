/* A fresh proc: what changes the host is read-only, what tells about it or is dangerous is masked. */

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "box.h"

static const char *const read_only[] = {"sys", "bus", "fs", "irq", "sysrq-trigger"};

/* Files are covered by /dev/null, folders by an empty read-only tmpfs; a kernel may lack any of them. */
static const char *const masked[] = {
    "kcore",       "keys",        "timer_list", "timer_stats",   "sched_debug", "latency_stats",
    "kpagecount",  "kpageflags",  "kpagecgroup", "sysrq-trigger", "acpi",        "scsi",
};

/* -1 when the kernel lacks it. */
static int open_part(int proc, const char *name) {
    int fd = openat(proc, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno != ENOENT) fail("proc", name);
    return fd;
}

static void cover(int part, int tree, const char *name) {
    if (tree < 0 || attach_tree(tree, part) < 0) fail("proc", name);
    close(tree);
    close(part);
}

static void make_read_only(int proc, const char *name) {
    int part = open_part(proc, name);
    if (part < 0) return;
    int tree = clone_tree(part, "", AT_EMPTY_PATH);
    if (tree >= 0 && restrict_tree(tree, MOUNT_ATTR_RDONLY) < 0) fail("proc", name);
    cover(part, tree, name);
}

static void mask(int proc, const char *name) {
    const unsigned int attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    struct stat there;
    int tree, part = open_part(proc, name);
    if (part < 0) return;
    if (fstat(part, &there) < 0) fail("proc", name);
    if (S_ISDIR(there.st_mode)) {
        tree = make_filesystem("tmpfs", attributes, (const char *const[]){"mode", "555", NULL});
    } else {
        tree = clone_tree(null_device(), "", AT_EMPTY_PATH);
        if (tree >= 0 && restrict_tree(tree, 0) < 0) fail("proc", name);
    }
    cover(part, tree, name);
}

void cover_proc(int proc) {
    for (size_t i = 0; i < sizeof read_only / sizeof read_only[0]; i++) make_read_only(proc, read_only[i]);
    for (size_t i = 0; i < sizeof masked / sizeof masked[0]; i++) mask(proc, masked[i]);
}
