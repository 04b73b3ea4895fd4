/* The new root and the mount operations of the plan: one table of kinds, one loop. */

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "box.h"
#include "notify.h"

/* <linux/mount.h> and <sys/mount.h> cannot be included together with every libc. */
int umount2(const char *target, int flags);
#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif

static void parse_bind(struct mount_op *op, char **f) {
    op->source = f[1];
    op->read_only = strcmp(f[2], "ro") == 0;
    op->optional = strcmp(f[3], "optional") == 0;
    if (op->source[0] != '/') fail_with(EINVAL, "plan", op->source);
}

static void parse_merged(struct mount_op *op, char **f) {
    if (f[1] == NULL) fail_with(EBADMSG, "plan", op->target);
    op->overlay = parse_overlay(f + 2, strcmp(f[1], "ro") == 0);
}

static void parse_mode(struct mount_op *op, char **f) { op->mode = (mode_t)parse_number(f[1], 8); }
static void parse_symlink(struct mount_op *op, char **f) { op->source = f[1]; }
static void parse_nothing(struct mount_op *op, char **f) { (void)op, (void)f; }

static void do_bind(const struct mount_op *op) {
    struct stat source;
    if (op->tree < 0) return;
    if (fstat(op->tree, &source) < 0) fail("bind", op->source);
    int target = open_target("bind", op->target, S_ISDIR(source.st_mode) ? S_IFDIR : S_IFREG);
    if (attach_tree(op->tree, target) < 0) fail("bind", op->target);
    close(target);
    close(op->tree);
}

static void do_overlay(const struct mount_op *op) {
    int target = open_target("overlay", op->target, S_IFDIR);
    if (attach_tree(op->tree, target) < 0) fail("overlay", op->target);
    close(target);
    close(op->tree);
}

/* The step has the name of the filesystem, or of the kind of operation that needs it. Gives an fd of its root. */
static int mount_new(const char *step, const char *path, const char *type, unsigned int attributes,
                     const char *const *options) {
    int target = open_target(step, path, S_IFDIR);
    int tree = make_filesystem(type, attributes, options);
    if (tree < 0 || attach_tree(tree, target) < 0) fail(step, path);
    close(target);
    return tree;
}

static void do_tmpfs(const struct mount_op *op) {
    char mode[16];
    const char *const options[] = {"mode", mode, NULL};
    snprintf(mode, sizeof mode, "%o", (unsigned)op->mode);
    close(mount_new("tmpfs", op->target, "tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, options));
}

static void do_proc(const struct mount_op *op) {
    const unsigned int attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    int proc = mount_new("proc", op->target, "proc", attributes, (const char *const[]){NULL});
    cover_proc(proc);
    close(proc);
}

/* 0755: with 1777 the kernel refuses to open nodes of others for writing (fs.protected_regular). */
static int mount_dev(const struct mount_op *op) {
    return mount_new("dev", op->target, "tmpfs", MOUNT_ATTR_NOSUID, (const char *const[]){"mode", "755", NULL});
}

/* Two of them, one upon the other: the lower keeps devices that nothing inside can reach, so that they stay. */
static void do_recorded_dev(const struct mount_op *op) {
    int below = open_target("dev", op->target, S_IFDIR), kept = mount_dev(op);
    keep_devices(kept);
    int dev = mount_dev(op);
    keep_dev(dev, below);
    bring_dev_nodes();
    fill_dev(dev);
    close(dev);
    close(kept);
    close(below);
}

static void do_dev(const struct mount_op *op) {
    if (is_recording()) {
        do_recorded_dev(op);
        return;
    }
    int dev = mount_dev(op);
    fill_dev(dev);
    close(dev);
}

static void do_sysfs(const struct mount_op *op) {
    const unsigned int attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    close(mount_new("sysfs", op->target, "sysfs", attributes, (const char *const[]){NULL}));
}

static void do_directory(const struct mount_op *op) {
    const char *name;
    int parent = open_parent("directory", op->target, &name), folder;
    if (mkdirat(parent, name, op->mode) == 0) {
        folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (folder < 0 || fchmod(folder, op->mode) < 0) fail("directory", op->target);
    } else {
        struct stat there;
        if (errno != EEXIST) fail("directory", op->target);
        folder = open_target("directory", op->target, S_IFDIR);
        if (fstat(folder, &there) < 0) fail("directory", op->target);
        if (!S_ISDIR(there.st_mode)) fail_with(ENOTDIR, "directory", op->target);
    }
    close(folder);
    close(parent);
}

static void do_symlink(const struct mount_op *op) {
    char content[4096];
    const char *name;
    int parent = open_parent("symlink", op->target, &name);
    if (symlinkat(op->source, parent, name) < 0) {
        int reason = errno;
        ssize_t length = readlinkat(parent, name, content, sizeof content - 1);
        if (length < 0) fail_with(reason, "symlink", op->target);
        content[length] = '\0';
        if (strcmp(content, op->source) != 0) fail_with(EEXIST, "symlink", op->target);
    }
    close(parent);
}

/* Name, number of fields after it (the first is the target), how they are read, what is done. */
static const struct mount_kind kinds[] = {
    {"bind", 4, parse_bind, do_bind}, /* target, source, ro|rw, optional|required */
    {"overlay", 0, parse_merged, do_overlay}, /* target, ro|rw, upper, work, lower ones from the top down */
    {"tmpfs", 2, parse_mode, do_tmpfs}, /* target, octal mode */
    {"proc", 1, parse_nothing, do_proc},
    {"dev", 1, parse_nothing, do_dev},
    {"sysfs", 1, parse_nothing, do_sysfs},
    {"directory", 2, parse_mode, do_directory}, /* target, octal mode */
    {"symlink", 2, parse_symlink, do_symlink}, /* target, content */
};

const struct mount_kind *find_mount_kind(const char *name) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, name) == 0) return &kinds[i];
    return NULL;
}

static int make_empty_root(void) {
    const char *const options[] = {"mode", "755", NULL};
    int tree = make_filesystem("tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, options);
    if (tree < 0) fail("root", "tmpfs");
    return tree;
}

/*
 * Mounts the new root over the old one and swaps them: then paths lead into the new root only, while the old
 * one still lies on top of it, in sight of the kernel's check for new proc mounts. ".." of the new root leads into the
 * old one as long as it lies there, so no path is given to the kernel until it is detached (see target.c).
 */
void enter_root(const struct plan *plan) {
    const char *name = plan->root != NULL ? plan->root : "/";
    bool given = plan->root_tree >= 0;
    int tree = given ? plan->root_tree : make_empty_root();
    int old = open("/", O_PATH | O_CLOEXEC);
    if (old < 0 || attach_tree(tree, old) < 0) fail("root", name);
    close(old);
    if (fchdir(tree) < 0) fail("root", name);
    if (syscall(SYS_pivot_root, ".", ".") < 0) fail("pivot", name);
    walk_from_root(tree, !given);
    umask(0);
}

void make_mounts(const struct plan *plan) {
    for (size_t i = 0; i < plan->mount_count; i++) plan->mounts[i].kind->carry_out(&plan->mounts[i]);
}

/* Whatever the steps before did: nothing may lie on the root, for ".." would lead into it. */
static void check_root_is_top(void) {
    struct statx root, above;
    const unsigned int wanted = STATX_INO | STATX_MNT_ID;
    if (statx(AT_FDCWD, "/", 0, wanted, &root) < 0) fail("detach", "/");
    if (statx(AT_FDCWD, "/..", 0, wanted, &above) < 0) fail("detach", "/..");
    if (root.stx_mnt_id != above.stx_mnt_id || root.stx_ino != above.stx_ino ||
        root.stx_dev_major != above.stx_dev_major || root.stx_dev_minor != above.stx_dev_minor)
        fail_with(EXDEV, "detach", "/..");
}

void detach_old_root(const struct plan *plan) {
    if (umount2(".", MNT_DETACH) < 0) fail("detach", "/");
    forget_root();
    check_root_is_top();
    umask(022);
    if (chdir("/") < 0) fail("cwd", "/");
    if (chdir(plan->cwd) < 0) fail("cwd", plan->cwd);
}

/* The mounts in it stay as they are; those that were below it from the start were closed when it was opened. */
void close_root(const struct plan *plan) {
    if (plan->read_only_root && set_read_only(AT_FDCWD, "/", true) < 0) fail("read-only", "/");
}
