/* Namespaces and identity: the clone, the id maps (by newuidmap for ordinary users), inner root, loopback, hostname. */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "box.h"

pid_t clone_into_namespaces(const struct plan *plan) {
    unsigned long flags = SIGCHLD | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
    if (plan->user_namespace) flags |= CLONE_NEWUSER;
    if (plan->private_network) flags |= CLONE_NEWNET;
    flags &= ~plan->shared_namespaces;
    pid_t child = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
    if (child < 0) fail("namespaces", "clone");
    return child;
}

/* The kernel takes a map only in a single write. */
static void write_map(pid_t child, const char *file, const struct id_map *map) {
    char path[64], text[MAX_RANGES * 36];
    size_t length = 0;
    for (size_t i = 0; i < map->count; i++) {
        const struct id_range *r = &map->ranges[i];
        length += (size_t)snprintf(text + length, sizeof text - length, "%lu %lu %lu\n", r->inside, r->outside, r->count);
    }
    snprintf(path, sizeof path, "/proc/%d/%s", (int)child, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) fail("id-map", path);
    if (write(fd, text, length) != (ssize_t)length) fail("id-map", path);
    close(fd);
}

static char *number(unsigned long value) {
    char *text;
    if (asprintf(&text, "%lu", value) < 0) fail("id-map", "memory");
    return text;
}

_Noreturn static void exec_helper(const char *helper, char **arguments, int output) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(output, 1) < 0 || dup2(output, 2) < 0) fail(helper, "dup2");
    execvp(helper, arguments);
    char path[64];
    snprintf(path, sizeof path, "/usr/bin/%s", helper);
    execv(path, arguments);
    fail(helper, "exec");
}

/* What the helper says, in one line, for the report. */
static void read_helper_words(int fd, char *words, size_t room) {
    size_t length = 0;
    ssize_t got;
    while (length + 1 < room && ((got = read(fd, words + length, room - 1 - length)) > 0 || (got < 0 && errno == EINTR)))
        if (got > 0) length += (size_t)got;
    words[length] = '\0';
}

static void run_map_helper(const char *helper, pid_t child, const struct id_map *map) {
    char **arguments = calloc(map->count * 3 + 3, sizeof *arguments);
    int words_pipe[2];
    if (arguments == NULL || pipe2(words_pipe, O_CLOEXEC) < 0) fail("id-map", "pipe");
    size_t n = 0;
    arguments[n++] = (char *)helper;
    arguments[n++] = number((unsigned long)child);
    for (size_t i = 0; i < map->count; i++) {
        arguments[n++] = number(map->ranges[i].inside);
        arguments[n++] = number(map->ranges[i].outside);
        arguments[n++] = number(map->ranges[i].count);
    }
    pid_t pid = fork();
    if (pid < 0) fail("id-map", "fork");
    if (pid == 0) exec_helper(helper, arguments, words_pipe[1]);
    close(words_pipe[1]);
    char words[1024];
    read_helper_words(words_pipe[0], words, sizeof words);
    close(words_pipe[0]);
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) fail("id-map", "wait");
    if (status != 0) fail_with(EPERM, helper, words);
}

void write_id_maps(const struct plan *plan, pid_t child) {
    if (!plan->user_namespace) return;
    if (geteuid() == 0) {
        write_map(child, "uid_map", &plan->uid);
        write_map(child, "gid_map", &plan->gid);
    } else {
        run_map_helper("newuidmap", child, &plan->uid);
        run_map_helper("newgidmap", child, &plan->gid);
    }
}

/* Not with the others: the groups that it has joined meanwhile are to be the top of what it sees. */
void own_control_groups(const struct plan *plan) {
    if (plan->shared_namespaces & CLONE_NEWCGROUP) return;
    if (unshare(CLONE_NEWCGROUP) < 0) fail("namespaces", "cgroup");
}

void make_mounts_private(const struct plan *plan) {
    (void)plan;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) fail("private-mounts", "/");
}

void become_inner_root(const struct plan *plan) {
    (void)plan;
    if (setgroups(0, NULL) < 0) fail("identity", "setgroups");
    if (setresgid(0, 0, 0) < 0) fail("identity", "setresgid");
    if (setresuid(0, 0, 0) < 0) fail("identity", "setresuid");
}

void bring_up_loopback(const struct plan *plan) {
    if (!plan->private_network) return;
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("loopback", "socket");
    if (ioctl(fd, SIOCGIFFLAGS, &request) < 0) fail("loopback", "lo");
    request.ifr_flags |= IFF_UP;
    if (ioctl(fd, SIOCSIFFLAGS, &request) < 0) fail("loopback", "lo");
    close(fd);
}

void set_hostname(const struct plan *plan) {
    if (plan->shared_namespaces & CLONE_NEWUTS) return;
    if (sethostname(plan->hostname, strlen(plan->hostname)) < 0) fail("hostname", plan->hostname);
}
