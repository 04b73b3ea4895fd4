/*
 * Opens places in the new root to mount upon, and makes them when they are missing. The old root still lies on top of
 * the new one then, and the kernel would lead "/.." into it: so paths are walked here, one name at a time, never by
 * "..". A link in a root that was given is refused: whoever fills that root could aim it. The links of an empty root
 * come from the plan and from its binds; they are read here and stay inside.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "box.h"

#define MOST_LINKS 40
#define MOST_TRIES 8

static int root = -1;
static bool follows_links;

/* The fd stays open until forget_root. */
void walk_from_root(int fd, bool follow_links) {
    root = fd;
    follows_links = follow_links;
}

void forget_root(void) {
    close(root);
    root = -1;
}

/* What is to be walked: names up to `done` are open already and are no links. */
struct walk {
    const char *step;
    char path[PATH_MAX];
    size_t done;
    int at, depth, links;
};

_Noreturn static void refuse(const struct walk *w, int reason, size_t length) {
    char shown[PATH_MAX];
    snprintf(shown, sizeof shown, "%.*s", (int)length, w->path);
    fail_with(reason, w->step, shown);
}

static void restart(struct walk *w) {
    if (w->at >= 0) close(w->at);
    w->at = fcntl(root, F_DUPFD_CLOEXEC, 3);
    if (w->at < 0) fail(w->step, w->path);
    w->done = 0;
    w->depth = 0;
}

/* Puts `front` before what comes after `end` and walks that from the root. */
static void replace(struct walk *w, const char *front, int front_length, const char *link, size_t end) {
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%.*s/%s%s", front_length, front, link, w->path + end);
    if (length >= (int)sizeof path) fail_with(ENAMETOOLONG, w->step, w->path);
    memcpy(w->path, path, (size_t)length + 1);
    restart(w);
}

/* Others may write to the root: what was made may have been replaced before it is opened. */
static int open_or_make(struct walk *w, const char *name, mode_t type, size_t end) {
    for (int tries = 0; tries < MOST_TRIES; tries++) {
        int fd = openat(w->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0) return fd;
        if (errno != ENOENT) refuse(w, errno, end);
        if (S_ISDIR(type)) {
            if (mkdirat(w->at, name, 0755) < 0 && errno != EEXIST) refuse(w, errno, end);
            continue;
        }
        fd = openat(w->at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0644);
        if (fd < 0 && errno != EEXIST) refuse(w, errno, end);
        if (fd >= 0) close(fd);
    }
    refuse(w, EBUSY, end);
}

static void follow(struct walk *w, int link, size_t start, size_t end) {
    char content[PATH_MAX];
    if (!follows_links || ++w->links > MOST_LINKS) refuse(w, ELOOP, end);
    ssize_t length = readlinkat(link, "", content, sizeof content - 1);
    if (length <= 0) refuse(w, ELOOP, end);
    content[length] = '\0';
    close(link);
    replace(w, w->path, content[0] == '/' ? 0 : (int)start, content, end);
}

static void leave_folder(struct walk *w, size_t start, size_t end) {
    size_t up = start;
    while (up > 0 && w->path[up - 1] == '/') up--;
    while (up > 0 && w->path[up - 1] != '/') up--;
    replace(w, w->path, (int)up, "", end);
}

/* One name further; false at the end. What is missing becomes a folder, the last name a thing of the type. */
static bool advance(struct walk *w, mode_t type) {
    struct stat what;
    char name[NAME_MAX + 1];
    size_t start = w->done + strspn(w->path + w->done, "/");
    size_t length = strcspn(w->path + start, "/"), end = start + length;
    bool last = w->path[end + strspn(w->path + end, "/")] == '\0';
    if (length == 0) return false;
    if (length > NAME_MAX) refuse(w, ENAMETOOLONG, end);
    memcpy(name, w->path + start, length);
    name[length] = '\0';
    if (strcmp(name, "..") == 0) {
        leave_folder(w, start, end);
        return true;
    }
    w->done = end;
    if (strcmp(name, ".") == 0) return true;
    int next = open_or_make(w, name, last ? type : S_IFDIR, end);
    if (fstat(next, &what) < 0) refuse(w, errno, end);
    if (S_ISLNK(what.st_mode)) {
        follow(w, next, start, end);
        return true;
    }
    close(w->at);
    w->at = next;
    w->depth++;
    return true;
}

static int walk(const char *step, const char *path, mode_t type, bool root_too) {
    struct walk w = {.step = step, .at = -1};
    if (strlen(path) >= sizeof w.path) fail_with(ENAMETOOLONG, step, path);
    strcpy(w.path, path);
    restart(&w);
    while (advance(&w, type)) continue;
    if (w.depth == 0 && !root_too) fail_with(EBUSY, step, path);
    return w.at;
}

/* An fd (O_PATH) of what is at the path; when nothing is there, a folder or an empty file is made, as `type` says. */
int open_target(const char *step, const char *path, mode_t type) { return walk(step, path, type, false); }

/* An fd (O_PATH) of the folder above the path, and the last name. */
int open_parent(const char *step, const char *path, const char **name) {
    char parent[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash - path >= (ptrdiff_t)sizeof parent) fail_with(ENAMETOOLONG, step, path);
    snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
    *name = slash + 1;
    return walk(step, parent, S_IFDIR, true);
}
