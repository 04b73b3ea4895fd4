/*
 * What the files of the recorder of device nodes know of each other. The first process of a recording box keeps its
 * rights over the box; the filter of its programs hands it their calls that would make device nodes, or that would
 * change a placeholder under a cover. All functions that give bool leave errno; those that give int or long a result give
 * 0 or more, or a negative errno.
 *
 *   placeholder  the empty file that stands for a node, marked by NODE_MARK
 *   cover        the host's node of a standard device, bound over a placeholder, so that it works inside
 */
#ifndef COOPER_NOTIFY_H
#define COOPER_NOTIFY_H

#include <limits.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "box.h"

/* Its value is text: "c MAJOR MINOR" or "b MAJOR MINOR". image/tree/node-mark.ts reads it. */
#define NODE_MARK "user.cooper.node"

#define MOST_GROUPS 256

/* A thread that waits for the answer to its call: what it sees and what it may do. Fds are -1 while not open. */
struct caller {
    const struct seccomp_notif *call;
    int listener, root, cwd;
    uid_t fsuid;
    gid_t fsgid;
    mode_t umask;
    unsigned long long capabilities;
    gid_t groups[MOST_GROUPS];
    size_t group_count;
};

/* `type`: 'c' or 'b'. */
struct node {
    char type;
    unsigned major, minor;
};

/* caller.c */
void open_own_proc(void);
void open_own_root(void);
int own_proc(void);
bool open_caller(struct caller *caller, int listener, const struct seccomp_notif *call);
int open_fd_of(const struct seccomp_notif *call, int fd);
int open_caller_fd(const struct caller *caller, int fd);
bool read_caller_text(const struct seccomp_notif *call, unsigned long long address, char *text, size_t room);
bool read_caller_bytes(const struct seccomp_notif *call, unsigned long long address, void *bytes, size_t count);
bool is_waiting(int listener, const struct seccomp_notif *call);
bool enter_caller(const struct caller *caller);
void leave_caller(void);
void close_caller(struct caller *caller);

/* placeholder.c */
int make_placeholder(const struct caller *caller, int at, const char *path, mode_t mode, struct node node);
bool write_mark(int file, struct node node);
bool read_mark(int file, struct node *node);
unsigned long long mount_of(int file);
bool same_mount(int one, int other);

/* devices.c */
bool is_recording(void);
void keep_devices(int dev);
int kept_device(const char *name);
void close_devices(void);

/* dev-nodes.c: the /dev of a box, which ends with it, stands for that of the root. */
void keep_dev(int dev, int below);
bool is_on_dev(int file);
bool remember_dev_node(int file, struct node node);
void bring_dev_nodes(void);
void save_dev_nodes(void);

/* covers.c */
void lay_cover(int placeholder, struct node node);
void keep_cover(int placeholder, int tree, const char *name);
bool may_be_covered(const char *path);
bool fd_is_covered(const struct seccomp_notif *call, int fd);
int lift_cover(int found);
void lift_all_covers(void);
void lay_lifted_covers(void);

/* covered-calls.c */
size_t count_covered_calls(void);
int covered_call(size_t i);
long answer_covered_call(int listener, const struct seccomp_notif *call, bool *go_on);

/* notify.c */
_Noreturn void run_recording(const struct plan *plan, int lifeline);

#endif
