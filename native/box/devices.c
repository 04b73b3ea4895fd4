/* A minimal /dev: a tmpfs with the standard nodes bound from the host, a devpts of its own, links, /dev/shm. */

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "box.h"

static const char *const nodes[] = {"null", "zero", "full", "random", "urandom", "tty"};
#define NODES (sizeof nodes / sizeof nodes[0])

static int node_fds[NODES];
static bool tty_group;

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
    tty_group = !plan->user_namespace || id_is_mapped(&plan->gid, 5);
    for (size_t i = 0; i < NODES; i++) {
        snprintf(path, sizeof path, "/dev/%s", nodes[i]);
        node_fds[i] = open(path, O_PATH | O_CLOEXEC);
        if (node_fds[i] < 0) fail("device", path);
    }
}

int null_device(void) { return node_fds[0]; }

static void bind_node(int dev, size_t i) {
    int file = openat(dev, nodes[i], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    int tree = clone_tree(node_fds[i], "", AT_EMPTY_PATH);
    if (file < 0 || tree < 0 || restrict_tree(tree, 0) < 0 || attach_tree(tree, file) < 0) fail("device", nodes[i]);
    close(tree);
    close(file);
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
    for (size_t i = 0; i < NODES; i++) bind_node(dev, i);
    mount_below(dev, "pts", "devpts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, pts);
    mount_below(dev, "shm", "tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, shm);
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        if (symlinkat(links[i].content, dev, links[i].name) < 0) fail("device", links[i].name);
}
