/* A minimal /dev: a tmpfs with the standard nodes bound from the host, a devpts of its own, links, /dev/shm. */

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "box.h"
#include "notify.h"

static const char *const nodes[] = {"null", "zero", "full", "random", "urandom", "tty"};
#define NODES (sizeof nodes / sizeof nodes[0])

static int node_fds[NODES];
/* For a recorder: mounts of them that stay attached, out of sight, to be cloned while the box runs. */
static int kept_fds[NODES];
static bool tty_group, recording;

static const struct {
    const char *name, *content;
} links[] = {
    {"fd", "/proc/self/fd"},
    {"stdin", "/proc/self/fd/0"},
    {"stdout", "/proc/self/fd/1"},
    {"stderr", "/proc/self/fd/2"},
    {"ptmx", "pts/ptmx"},
};

/* Opened by path only: nodes are cloned from here as often as needed, as long as the old root is attached. */
void open_devices(const struct plan *plan) {
    char path[32];
    recording = plan->records_nodes;
    tty_group = !plan->user_namespace || id_is_mapped(&plan->gid, 5);
    for (size_t i = 0; i < NODES; i++) {
        snprintf(path, sizeof path, "/dev/%s", nodes[i]);
        node_fds[i] = open(path, O_PATH | O_CLOEXEC);
        if (node_fds[i] < 0) fail("device", path);
        kept_fds[i] = -1;
    }
}

bool is_recording(void) { return recording; }

void close_devices(void) {
    for (size_t i = 0; i < NODES; i++) close(node_fds[i]);
}

int null_device(void) { return node_fds[0]; }

/* Gives an fd of the mount, and in `file` one of the empty file below. */
static int bind_node(int dev, size_t i, int *file) {
    *file = openat(dev, nodes[i], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    int tree = clone_tree(node_fds[i], "", AT_EMPTY_PATH);
    if (*file < 0 || tree < 0 || restrict_tree(tree, 0) < 0 || attach_tree(tree, *file) < 0) fail("device", nodes[i]);
    return tree;
}

static void bind_standard_node(int dev, size_t i) {
    int file;
    /* A recorder has brought it: made by a script, it has a cover already. */
    if (recording && faccessat(dev, nodes[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0) return;
    int tree = bind_node(dev, i, &file);
    if (recording) keep_cover(file, tree, nodes[i]);
    close(tree);
    close(file);
}

/* On a file system that the one of the box is going to lie upon. */
void keep_devices(int dev) {
    int file;
    for (size_t i = 0; i < NODES; i++) {
        kept_fds[i] = bind_node(dev, i, &file);
        close(file);
    }
}

/* -1 for what the box has not. */
int kept_device(const char *name) {
    for (size_t i = 0; i < NODES; i++)
        if (strcmp(nodes[i], name) == 0) return kept_fds[i];
    return -1;
}

static void mount_below(int dev, const char *name, const char *type, unsigned int attributes,
                        const char *const *options) {
    if (mkdirat(dev, name, 0755) < 0) fail("device", name);
    int folder = openat(dev, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int tree = make_filesystem(type, attributes, options);
    if (folder < 0 || tree < 0 || attach_tree(tree, folder) < 0) fail("device", name);
    close(tree);
    close(folder);
}

void fill_dev(int dev) {
    const char *const pts[] = {"ptmxmode", "0666", "mode", "620", tty_group ? "gid" : NULL, "5", NULL};
    const char *const shm[] = {"mode", "1777", NULL};
    for (size_t i = 0; i < NODES; i++) bind_standard_node(dev, i);
    mount_below(dev, "pts", "devpts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, pts);
    mount_below(dev, "shm", "tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, shm);
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        if (symlinkat(links[i].content, dev, links[i].name) < 0) fail("device", links[i].name);
}
