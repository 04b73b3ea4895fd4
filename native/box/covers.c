/*
 * Covers: the host's nodes of standard devices, bound over their placeholders. A mount point cannot be renamed or
 * removed, and the host's node belongs to the host: so calls that mean a covered placeholder lift its cover first.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "box.h"
#include "notify.h"

/* Each takes two fds and a mount; a box that makes more of them has the rest uncovered. */
#define MOST_COVERS 200

/* `tree`: the mounted node, -1 while lifted. */
static struct cover {
    int placeholder, tree;
    unsigned long long mount;
    char source[16], name[NAME_MAX + 1];
} covers[MOST_COVERS];
static size_t cover_count;

static const struct {
    const char *name;
    struct node node;
} standard[] = {
    {"null", {'c', 1, 3}},   {"zero", {'c', 1, 5}},    {"full", {'c', 1, 7}},
    {"random", {'c', 1, 8}}, {"urandom", {'c', 1, 9}}, {"tty", {'c', 5, 0}},
};

/* What the placeholder is called now. */
static bool read_name(struct cover *cover) {
    char link[32], path[PATH_MAX];
    snprintf(link, sizeof link, "self/fd/%d", cover->placeholder);
    ssize_t length = readlinkat(own_proc(), link, path, sizeof path - 1);
    if (length <= 0) return false;
    path[length] = '\0';
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    size_t room = strnlen(name, NAME_MAX);
    memcpy(cover->name, name, room);
    cover->name[room] = '\0';
    return true;
}

static void forget_cover(size_t i) {
    if (covers[i].tree >= 0) close(covers[i].tree);
    close(covers[i].placeholder);
    covers[i] = covers[--cover_count];
}

static bool attach_cover(struct cover *cover) {
    int source = kept_device(cover->source), tree = source < 0 ? -1 : clone_tree(source, "", AT_EMPTY_PATH);
    if (tree < 0) return false;
    if (restrict_tree(tree, 0) < 0 || attach_tree(tree, cover->placeholder) < 0 || !read_name(cover)) {
        close(tree);
        return false;
    }
    cover->tree = tree;
    cover->mount = mount_of(tree);
    return true;
}

/* For one that is there already; both fds are kept. */
void keep_cover(int placeholder, int tree, const char *source) {
    if (cover_count == MOST_COVERS) return;
    struct cover *cover = &covers[cover_count++];
    cover->placeholder = fcntl(placeholder, F_DUPFD_CLOEXEC, 3);
    cover->tree = fcntl(tree, F_DUPFD_CLOEXEC, 3);
    cover->mount = mount_of(tree);
    snprintf(cover->source, sizeof cover->source, "%s", source);
    snprintf(cover->name, sizeof cover->name, "%s", source);
    if (cover->placeholder < 0 || cover->tree < 0) fail("device", source);
}

/* Devices that the box has; where that fails the placeholder does its duty uncovered. */
void lay_cover(int placeholder, struct node node) {
    for (size_t i = 0; i < sizeof standard / sizeof standard[0]; i++) {
        const struct node *known = &standard[i].node;
        if (known->type != node.type || known->major != node.major || known->minor != node.minor) continue;
        if (cover_count == MOST_COVERS) return;
        struct cover *cover = &covers[cover_count++];
        *cover = (struct cover){.placeholder = fcntl(placeholder, F_DUPFD_CLOEXEC, 3), .tree = -1};
        snprintf(cover->source, sizeof cover->source, "%s", standard[i].name);
        if (cover->placeholder < 0 || !attach_cover(cover)) forget_cover(cover_count - 1);
        return;
    }
}

/* Quick, and right for all but links of another name that lead to a cover. */
bool may_be_covered(const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    for (size_t i = 0; i < cover_count; i++)
        if (strcmp(covers[i].name, name) == 0) return true;
    return false;
}

static struct cover *cover_at(int found) {
    unsigned long long mount = mount_of(found);
    for (size_t i = 0; i < cover_count; i++)
        if (covers[i].tree >= 0 && covers[i].mount == mount) return &covers[i];
    return NULL;
}

bool fd_is_covered(const struct seccomp_notif *call, int fd) {
    int found = open_fd_of(call, fd);
    bool covered = found >= 0 && cover_at(found) != NULL;
    if (found >= 0) close(found);
    return covered;
}

/* Lifts the cover that `found` is open on. Gives an fd of what is below, for the time being, or -1. */
int lift_cover(int found) {
    char name[32];
    struct cover *cover = cover_at(found);
    if (cover == NULL) return -1;
    snprintf(name, sizeof name, "self/fd/%d", cover->tree);
    if (fchdir(own_proc()) < 0 || umount2(name, MNT_DETACH) < 0) return -1;
    close(cover->tree);
    cover->tree = -1;
    return cover->placeholder;
}

void lift_all_covers(void) {
    while (cover_count > 0) {
        if (covers[0].tree >= 0 && lift_cover(covers[0].tree) < 0) fail("recorder", covers[0].name);
        forget_cover(0);
    }
}

/* Lays what was lifted again, wherever the placeholders are now; those that were removed are forgotten. */
void lay_lifted_covers(void) {
    for (size_t i = cover_count; i-- > 0;)
        if (covers[i].tree < 0 && !attach_cover(&covers[i])) forget_cover(i);
}
