/*
 * What the files of box know of each other: the plan (all that the caller asked for) and the steps that carry it out.
 *
 * Wire format, read from fd 3 until its end. All numbers in front of bytes are unsigned 32-bit little-endian.
 *   message = record... ; record = count of fields, fields... ; field = length, bytes (no NUL among them)
 * The first field names the record; plan.c has the table of names and what follows them. The last record is "end".
 *
 * Fds of the caller: 0, 1, 2 of the program, 3 plan, 4 report, 5... extra ones, which the program gets as 3..., and after
 * them, when a listener is asked for, the Unix socket over which it is handed out (one byte with SCM_RIGHTS).
 *
 * Report, written to fd 4, one line each, fields separated by tabs:
 *   fail <step> <errno> <object>      a step failed; the program was not started
 *   process <depth> <command>         what ran inside when the time was over, parents before their children
 *   exit <status> <cpu microseconds> <1 when the time limit ended it, else 0>
 */
#ifndef COOPER_BOX_H
#define COOPER_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The kernel takes at most 340 ranges; newuidmap as well. */
#define MAX_RANGES 340

struct id_range {
    unsigned long inside, outside, count;
};

struct id_map {
    struct id_range ranges[MAX_RANGES];
    size_t count;
};

/* Folders of the host that overlayfs merges; fds (O_PATH) in the same order, -1 while not open. */
struct overlay {
    char **folders; /* upper, work, then the lower ones from the top down */
    size_t count;
    int *fds;
    bool read_only;
};

/* A limit of the program (getrlimit(2)); the table of names stands in limits.c. */
struct limit {
    const char *name;
    int resource;
    unsigned long long soft, hard;
};

struct mount_op;

/* One kind of mount operation; the table stands in mounts.c. */
struct mount_kind {
    const char *name;
    size_t fields; /* 0: any number */
    void (*parse)(struct mount_op *op, char **fields);
    void (*carry_out)(const struct mount_op *op);
};

struct mount_op {
    const struct mount_kind *kind;
    const char *target;
    const char *source; /* bind: host path; symlink: its content; else NULL */
    mode_t mode;
    bool read_only, optional;
    struct overlay *overlay; /* overlay: what is merged; else NULL */
    int tree; /* bind, overlay: detached mount, -1 while not open or when an optional source is missing */
};

struct plan {
    pid_t parent;
    bool user_namespace;
    struct id_map uid, gid;
    const char *root; /* NULL: an empty tmpfs */
    struct overlay *root_overlay; /* instead of root */
    int root_tree;
    struct mount_op *mounts;
    size_t mount_count;
    bool private_network, guarded, no_new_privileges, records_nodes, read_only_root;
    unsigned long shared_namespaces; /* CLONE_NEW... that the box does not get of its own */
    bool capabilities_given;
    unsigned long long capabilities; /* when given: those that programs keep */
    unsigned long long ambient; /* those that a program keeps although its user is not root */
    uid_t user; /* of the program, with the group and `more_groups`; the rest inside is done as root */
    gid_t group, *more_groups;
    size_t more_group_count;
    struct limit *limits;
    size_t limit_count;
    char **formats; /* lines for binfmt_misc */
    size_t format_count;
    unsigned long listener_port; /* 0: none */
    int listener_channel;
    const char *hostname, *cwd;
    char **argv, **env;
    unsigned long time_limit_ms; /* 0: none */
    unsigned long most_processes; /* of each user id, 0: no limit */
    const char *groups[4]; /* cgroup.procs files to join */
    size_t group_count;
    unsigned long extra_fds;
};

/* report.c: never returns; errno is the reason. `object` may be any bytes, tabs and line ends become spaces. */
_Noreturn void fail(const char *step, const char *object);
_Noreturn void fail_with(int reason, const char *step, const char *object);
void report_process(int depth, const char *command);
void report_exit(int status, unsigned long long cpu_us, bool timed_out);
void move_report_fd(int lowest);
int report_fd(void);

/* plan.c */
void read_plan(int fd, struct plan *plan);
void *allocate(size_t count, size_t size);
unsigned long parse_number(const char *text, int base);
bool id_is_mapped(const struct id_map *map, unsigned long inside);
unsigned long outside_id(const struct id_map *map, unsigned long inside);

/* namespaces.c */
pid_t clone_into_namespaces(const struct plan *plan);
void write_id_maps(const struct plan *plan, pid_t child);
void own_control_groups(const struct plan *plan);
void make_mounts_private(const struct plan *plan);
void become_inner_root(const struct plan *plan);
void bring_up_loopback(const struct plan *plan);
void set_hostname(const struct plan *plan);

/* listener.c, formats.c */
void hand_out_listener(const struct plan *plan);
void register_formats(const struct plan *plan);
int formats_fd(void);

/* sources.c: opens what is bound, with the identity of the caller. */
void open_sources_early(struct plan *plan);
void open_sources(struct plan *plan);

/* overlay.c: folders are opened with the identity of the caller, merged with that of inner root. */
struct overlay *parse_overlay(char **fields, bool read_only);
void open_overlays(struct plan *plan);
void make_overlays(struct plan *plan);

/* mounts.c */
const struct mount_kind *find_mount_kind(const char *name);
void enter_root(const struct plan *plan);
void make_mounts(const struct plan *plan);
void detach_old_root(const struct plan *plan);
void close_root(const struct plan *plan);

/* target.c: places in the new root, opened without ever leaving it. */
void walk_from_root(int fd, bool follow_links);
void forget_root(void);
int open_target(const char *step, const char *path, mode_t type);
int open_parent(const char *step, const char *path, const char **name);

/* tree.c, devices.c, proc.c */
int clone_tree(int at, const char *path, unsigned int flags);
int restrict_tree(int tree, unsigned long long attributes);
int set_read_only(int at, const char *path, bool read_only);
int make_filesystem(const char *type, unsigned int attributes, const char *const *options);
int attach_tree(int tree, int target);
void fill_dev(int dev);
void cover_proc(int proc);
void open_devices(const struct plan *plan);
int null_device(void);

/* limits.c: of the box, and of the program beyond that. */
void take_limits(struct plan *plan, char **fields);
void raise_limits(const struct plan *plan, pid_t child);
void set_limits(const struct plan *plan);
void set_program_limits(const struct plan *plan);

/* privileges.c, seccomp.c */
void drop_privileges(const struct plan *plan);
void become_user(const struct plan *plan);
int load_filter(const struct plan *plan);

/* processes.c */
void report_processes(pid_t first);

/* supervise.c */
int supervise_from_outside(const struct plan *plan, pid_t child, int release);
_Noreturn void run_inside(const struct plan *plan, int lifeline);
_Noreturn void start_program(const struct plan *plan);
void close_program_fds(const struct plan *plan);
int exit_status(int status);

#endif
