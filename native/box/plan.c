/* Reads the plan: the wire format of box.h into struct plan. Refuses unknown records, wrong counts and truncation. */

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "box.h"

#define LARGEST_PLAN (16u << 20)

struct reader {
    const unsigned char *next;
    size_t left;
};

void *allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (memory == NULL) fail("plan", "memory");
    return memory;
}

unsigned long parse_number(const char *text, int base) {
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, base);
    if (errno != 0 || end == text || *end != '\0' || *text == '-') fail_with(EINVAL, "plan", text);
    return value;
}

bool id_is_mapped(const struct id_map *map, unsigned long inside) {
    for (size_t i = 0; i < map->count; i++)
        if (inside >= map->ranges[i].inside && inside - map->ranges[i].inside < map->ranges[i].count) return true;
    return false;
}

/* What an id of the namespace is outside; (uid_t)-1, "leave as it is" to chown, when it is not mapped. */
unsigned long outside_id(const struct id_map *map, unsigned long inside) {
    for (size_t i = 0; i < map->count; i++) {
        const struct id_range *r = &map->ranges[i];
        if (inside >= r->inside && inside - r->inside < r->count) return r->outside + (inside - r->inside);
    }
    return (uid_t)-1;
}

static void add_range(struct id_map *map, char **fields) {
    if (map->count == MAX_RANGES) fail_with(E2BIG, "plan", "id map");
    map->ranges[map->count++] = (struct id_range){
        parse_number(fields[0], 10), parse_number(fields[1], 10), parse_number(fields[2], 10)};
}

static void take_parent(struct plan *plan, char **f) { plan->parent = (pid_t)parse_number(f[0], 10); }
static void take_uid(struct plan *plan, char **f) {
    plan->user_namespace = true;
    add_range(&plan->uid, f);
}
static void take_gid(struct plan *plan, char **f) { add_range(&plan->gid, f); }
static void take_root(struct plan *plan, char **f) { plan->root = f[0]; }
static void take_root_overlay(struct plan *plan, char **f) { plan->root_overlay = parse_overlay(f, false); }
static void take_network(struct plan *plan, char **f) { (void)f, plan->private_network = true; }
static void take_guarded(struct plan *plan, char **f) { (void)f, plan->guarded = true; }
static void take_no_new(struct plan *plan, char **f) { (void)f, plan->no_new_privileges = true; }
static void take_nodes(struct plan *plan, char **f) { (void)f, plan->records_nodes = true; }
static void take_shared(struct plan *plan, char **f) {
    static const struct {
        const char *name;
        unsigned long flag;
    } namespaces[] = {{"cgroup", CLONE_NEWCGROUP}, {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS}};
    for (size_t i = 0; i < sizeof namespaces / sizeof namespaces[0]; i++) {
        if (strcmp(namespaces[i].name, f[0]) != 0) continue;
        plan->shared_namespaces |= namespaces[i].flag;
        return;
    }
    fail_with(EINVAL, "plan", f[0]);
}
static unsigned long long parse_capabilities(char **f) {
    unsigned long long capabilities = 0;
    for (; *f != NULL; f++) {
        unsigned long capability = parse_number(*f, 10);
        if (capability > 63) fail_with(EINVAL, "plan", *f);
        capabilities |= 1ull << capability;
    }
    return capabilities;
}
static void take_capabilities(struct plan *plan, char **f) {
    plan->capabilities_given = true;
    plan->capabilities = parse_capabilities(f);
}
static void take_ambient(struct plan *plan, char **f) { plan->ambient = parse_capabilities(f); }
static unsigned long parse_id(const struct id_map *map, const char *text) {
    unsigned long id = parse_number(text, 10);
    if (!id_is_mapped(map, id)) fail_with(EINVAL, "user", text);
    return id;
}
static void take_user(struct plan *plan, char **f) {
    if (f[0] == NULL || f[1] == NULL) fail_with(EBADMSG, "plan", "user");
    plan->user = (uid_t)parse_id(&plan->uid, f[0]);
    plan->group = (gid_t)parse_id(&plan->gid, f[1]);
    f += 2;
    while (f[plan->more_group_count] != NULL) plan->more_group_count++;
    plan->more_groups = allocate(plan->more_group_count + 1, sizeof *plan->more_groups);
    for (size_t i = 0; i < plan->more_group_count; i++) plan->more_groups[i] = (gid_t)parse_id(&plan->gid, f[i]);
}
static void take_read_only(struct plan *plan, char **f) { (void)f, plan->read_only_root = true; }
static void take_formats(struct plan *plan, char **f) {
    plan->formats = f;
    while (f[plan->format_count] != NULL) plan->format_count++;
}
static void take_listener(struct plan *plan, char **f) {
    plan->listener_port = parse_number(f[0], 10);
    if (plan->listener_port == 0 || plan->listener_port > 65535) fail_with(EINVAL, "plan", f[0]);
}
static void take_hostname(struct plan *plan, char **f) { plan->hostname = f[0]; }
static void take_cwd(struct plan *plan, char **f) { plan->cwd = f[0]; }
static void take_argv(struct plan *plan, char **f) { plan->argv = f; }
static void take_env(struct plan *plan, char **f) { plan->env = f; }
static void take_limit(struct plan *plan, char **f) { plan->time_limit_ms = parse_number(f[0], 10); }
static void take_group(struct plan *plan, char **f) {
    if (plan->group_count == sizeof plan->groups / sizeof plan->groups[0]) fail_with(E2BIG, "plan", "groups");
    plan->groups[plan->group_count++] = f[0];
}
static void take_processes(struct plan *plan, char **f) { plan->most_processes = parse_number(f[0], 10); }
static void take_fds(struct plan *plan, char **f) { plan->extra_fds = parse_number(f[0], 10); }

#define ANY ((size_t)-1)

/* Records beside those of mounts (see mounts.c): name, number of fields after it. */
static const struct {
    const char *name;
    size_t fields;
    void (*take)(struct plan *plan, char **fields);
} records[] = {
    {"parent", 1, take_parent},     /* pid of the caller */
    {"uid", 3, take_uid},           /* inside, outside, count; none of them: no user namespace */
    {"gid", 3, take_gid},           /* the same for groups */
    {"root", 1, take_root},         /* host directory that becomes /; without it an empty tmpfs */
    {"root-overlay", ANY, take_root_overlay}, /* upper, work, lower ones from the top down */
    {"private-network", 0, take_network},
    {"guarded", 0, take_guarded},   /* system call filter and small capability set */
    {"no-new-privileges", 0, take_no_new},
    {"record-nodes", 0, take_nodes}, /* device nodes become placeholders (notify.h); only when guarded */
    {"share-namespace", 1, take_shared}, /* cgroup, ipc or uts: the caller's instead of one of its own */
    {"capabilities", ANY, take_capabilities}, /* numbers of those that are kept, instead of the usual ones */
    {"user", ANY, take_user},       /* uid, gid and further gids of the program, after the maps; without it 0 and 0 */
    {"ambient", ANY, take_ambient}, /* numbers of capabilities that the program has as that user */
    {"rlimit", 3, take_limits},     /* name, soft, hard of the program; a number or "unlimited" */
    {"read-only-root", 0, take_read_only}, /* once everything is mounted in it */
    {"binary-formats", ANY, take_formats},    /* lines for binfmt_misc of the user namespace */
    {"listener", 1, take_listener}, /* TCP port on the private loopback; see "Fds of the caller" */
    {"hostname", 1, take_hostname},
    {"cwd", 1, take_cwd},           /* in the new root */
    {"argv", ANY, take_argv},
    {"env", ANY, take_env},         /* NAME=value each */
    {"time-limit", 1, take_limit},  /* milliseconds */
    {"group", 1, take_group},       /* a cgroup.procs file to join */
    {"processes", 1, take_processes}, /* most of each user id */
    {"fds", 1, take_fds},           /* number of extra fds */
};

static uint32_t take_u32(struct reader *in) {
    if (in->left < 4) fail_with(EBADMSG, "plan", "truncated");
    const unsigned char *b = in->next;
    in->next += 4;
    in->left -= 4;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static char *take_field(struct reader *in) {
    uint32_t length = take_u32(in);
    if (length > in->left) fail_with(EBADMSG, "plan", "truncated");
    if (memchr(in->next, 0, length) != NULL) fail_with(EINVAL, "plan", "NUL in a field");
    char *field = allocate((size_t)length + 1, 1);
    memcpy(field, in->next, length);
    in->next += length;
    in->left -= length;
    return field;
}

static void take_mount(struct plan *plan, const struct mount_kind *kind, char **fields) {
    plan->mounts = realloc(plan->mounts, (plan->mount_count + 1) * sizeof *plan->mounts);
    if (plan->mounts == NULL) fail("plan", "memory");
    struct mount_op *op = &plan->mounts[plan->mount_count++];
    *op = (struct mount_op){.kind = kind, .target = fields[0], .tree = -1};
    kind->parse(op, fields);
    if (op->target[0] != '/') fail_with(EINVAL, "plan", op->target);
}

static void take_record(struct plan *plan, const char *name, char **fields, size_t count) {
    const struct mount_kind *kind = find_mount_kind(name);
    if (kind != NULL) {
        if (kind->fields == 0 ? count == 0 : count != kind->fields) fail_with(EBADMSG, "plan", name);
        take_mount(plan, kind, fields);
        return;
    }
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        if (strcmp(records[i].name, name) != 0) continue;
        if (records[i].fields != ANY && records[i].fields != count) fail_with(EBADMSG, "plan", name);
        records[i].take(plan, fields);
        return;
    }
    fail_with(EBADMSG, "plan", name);
}

static struct reader read_all(int fd) {
    size_t size = 0, room = 1 << 16;
    unsigned char *bytes = allocate(room, 1);
    for (;;) {
        ssize_t got = read(fd, bytes + size, room - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail("plan", "read");
        if (got == 0) return (struct reader){bytes, size};
        size += (size_t)got;
        if (size < room) continue;
        if (room >= LARGEST_PLAN) fail_with(E2BIG, "plan", "message");
        room *= 2;
        bytes = realloc(bytes, room);
        if (bytes == NULL) fail("plan", "memory");
    }
}

void read_plan(int fd, struct plan *plan) {
    struct reader in = read_all(fd);
    *plan = (struct plan){.root_tree = -1, .hostname = "localhost", .cwd = "/"};
    for (;;) {
        uint32_t count = take_u32(&in);
        if (count == 0 || count > in.left) fail_with(EBADMSG, "plan", "empty record");
        char **fields = allocate((size_t)count + 1, sizeof *fields);
        for (uint32_t i = 0; i < count; i++) fields[i] = take_field(&in);
        if (strcmp(fields[0], "end") == 0) break;
        take_record(plan, fields[0], fields + 1, count - 1);
    }
    if (in.left != 0 || plan->argv == NULL || plan->argv[0] == NULL || plan->env == NULL)
        fail_with(EBADMSG, "plan", "incomplete");
    if (plan->records_nodes && !(plan->guarded && plan->user_namespace)) fail_with(EINVAL, "plan", "record-nodes");
    if (plan->listener_port != 0 && !plan->private_network) fail_with(EINVAL, "plan", "listener");
}
