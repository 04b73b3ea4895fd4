/*
 * The /dev of a box is a tmpfs that ends with it. Placeholders in the root's own /dev are brought into it at the start, and
 * those in it are put into the root's at the end, so that nodes made there reach the image, and removed ones leave it.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "box.h"
#include "notify.h"

#define DEEPEST 16

static int dev = -1, below = -1;

/* By inode, because a tmpfs before Linux 6.6 takes no marks. It never gives a number twice. */
static struct {
    ino_t inode;
    struct node node;
} *known;
static size_t known_count, known_room;

/* A folder on the way down; `to` is opened, and made, when something is found. */
struct level {
    struct level *up;
    const char *name;
    int from, to;
    bool saving;
};

void keep_dev(int filled, int covered) {
    dev = fcntl(filled, F_DUPFD_CLOEXEC, 3);
    below = openat(covered, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dev < 0 || below < 0) fail("device", "dev");
}

bool is_on_dev(int file) { return dev >= 0 && same_mount(file, dev); }

bool remember_dev_node(int file, struct node node) {
    struct stat made;
    if (fstat(file, &made) < 0) return false;
    if (known_count == known_room) {
        size_t room = known_room == 0 ? 64 : known_room * 2;
        void *more = realloc(known, room * sizeof *known);
        if (more == NULL) return false;
        known = more;
        known_room = room;
    }
    known[known_count].inode = made.st_ino;
    known[known_count++].node = node;
    return true;
}

static bool recall_dev_node(ino_t inode, struct node *node) {
    for (size_t i = 0; i < known_count; i++) {
        if (known[i].inode != inode) continue;
        *node = known[i].node;
        return true;
    }
    return false;
}

static bool give(int file, const struct stat *like) {
    return fchown(file, like->st_uid, like->st_gid) == 0 && fchmod(file, like->st_mode & 07777) == 0;
}

static int open_level(struct level *level) {
    struct stat like;
    if (level->to >= 0) return level->to;
    int up = open_level(level->up);
    bool made = mkdirat(up, level->name, 0755) == 0;
    level->to = openat(up, level->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (level->to < 0 || fstat(level->from, &like) < 0) fail("recorder", level->name);
    if (made && !give(level->to, &like)) fail("recorder", level->name);
    return level->to;
}

static void copy_node(struct level *level, const char *name, const struct stat *like, struct node node) {
    int to = open_level(level);
    if (unlinkat(to, name, 0) < 0 && errno != ENOENT) fail("recorder", name);
    int file = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0 || !give(file, like)) fail("recorder", name);
    if (level->saving ? !write_mark(file, node) : !remember_dev_node(file, node)) fail("recorder", name);
    if (!level->saving) lay_cover(file, node);
    close(file);
}

/* A folder or a regular file of the same mount, opened for reading; -1 for all else. Nobody else is at work there. */
static int open_plain(int at, const char *name, struct stat *status) {
    int place = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    bool plain = place >= 0 && same_mount(place, at) && fstat(place, status) == 0 &&
                 (S_ISREG(status->st_mode) || S_ISDIR(status->st_mode));
    if (place >= 0) close(place);
    return plain ? openat(at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
}

typedef void visit(struct level *level, const char *name, const struct stat *status, struct node node);

static void walk(struct level *level, visit *found, int depth) {
    int again = openat(level->from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = again < 0 ? NULL : fdopendir(again);
    if (folder == NULL) fail("recorder", level->name);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct stat status;
        struct node node;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        int file = open_plain(level->from, entry->d_name, &status);
        if (file < 0) continue;
        struct level next = {level, entry->d_name, file, -1, level->saving};
        if (S_ISDIR(status.st_mode)) {
            if (depth < DEEPEST) walk(&next, found, depth + 1);
        } else if (level->saving ? recall_dev_node(status.st_ino, &node) : read_mark(file, &node)) {
            found(level, entry->d_name, &status, node);
        }
        if (next.to >= 0) close(next.to);
        close(file);
    }
    closedir(folder);
}

static void drop_node(struct level *level, const char *name, const struct stat *status, struct node node) {
    (void)status, (void)node;
    if (unlinkat(level->from, name, 0) < 0) fail("recorder", name);
}

/* Before the standard nodes are bound: one that a script has made is used for them then. */
void bring_dev_nodes(void) {
    struct level top = {NULL, "dev", below, dev, false};
    walk(&top, copy_node, 0);
}

/* When everything inside has ended and no cover is left. */
void save_dev_nodes(void) {
    if (dev < 0) return;
    struct level old = {NULL, "dev", below, dev, false}, top = {NULL, "dev", dev, below, true};
    walk(&old, drop_node, 0);
    walk(&top, copy_node, 0);
}
