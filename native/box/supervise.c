/* The two processes that stay: the one outside waits, limits and reports; the first one inside starts and reaps. */

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "box.h"

static volatile pid_t first_inside;
static volatile sig_atomic_t time_over;

/* Killing the first process of a pid namespace kills all of them. */
static void kill_all(int signal) {
    int saved = errno;
    if (signal == SIGALRM) time_over = 1;
    kill(first_inside, SIGKILL);
    errno = saved;
}

static void handle_signals(const struct plan *plan) {
    struct sigaction end = {.sa_handler = kill_all}, ignore = {.sa_handler = SIG_IGN};
    sigset_t none;
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGALRM, &end, NULL);
    /* Keys of the terminal are for the program inside; the caller hears them too and ends the box if it wants. */
    sigaction(SIGINT, &ignore, NULL);
    sigaction(SIGQUIT, &ignore, NULL);
    sigaction(SIGHUP, &ignore, NULL);
    if (plan->time_limit_ms > 0) {
        struct itimerval limit = {.it_value = {.tv_sec = (time_t)(plan->time_limit_ms / 1000),
                                               .tv_usec = (suseconds_t)(plan->time_limit_ms % 1000 * 1000)}};
        if (setitimer(ITIMER_REAL, &limit, NULL) < 0) fail("time-limit", "setitimer");
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static unsigned long long cpu_used(int who) {
    struct rusage usage;
    if (getrusage(who, &usage) < 0) return 0;
    return (unsigned long long)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000ull +
           (unsigned long long)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

int exit_status(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

/* So that the ends of pipes are seen when the program closes them, not when its watchers end. */
void close_program_fds(const struct plan *plan) {
    for (int fd = 0; fd < 3 + (int)plan->extra_fds; fd++) close(fd);
}

/*
 * The lifeline stays open: its other end belongs to the process outside, which must not see it closed. So does the
 * instance of binfmt_misc, when there is one (else -1), which would end with its fd.
 */
static void close_all_but(int lifeline, int formats) {
    int low = formats < lifeline ? formats : lifeline, high = formats < lifeline ? lifeline : formats;
    if (low > 0) syscall(SYS_close_range, 0, low - 1, 0);
    if (low + 1 < high) syscall(SYS_close_range, low + 1, high - 1, 0);
    syscall(SYS_close_range, high + 1, ~0u, 0);
}

/* A pipe without a name: a named one is a file of the host, whose owner is none of our business. */
static bool is_nameless_pipe(int fd) {
    struct statfs where;
    return fstatfs(fd, &where) == 0 && where.f_type == PIPEFS_MAGIC;
}

/* Real root owns its pipes; the program's user must be able to open them again by name (/dev/stdout). */
static void give_pipes_away(const struct plan *plan) {
    if (!plan->user_namespace || geteuid() != 0) return;
    for (int fd = 0; fd < 3 + (int)plan->extra_fds; fd++) {
        if (!is_nameless_pipe(fd)) continue;
        if (fchown(fd, (uid_t)outside_id(&plan->uid, plan->user), (gid_t)outside_id(&plan->gid, plan->group)) < 0)
            fail("descriptors", "chown of a pipe");
    }
}

/* Before the first process does anything: all that it starts is in the groups too. */
static void join_groups(const struct plan *plan, pid_t child) {
    for (size_t i = 0; i < plan->group_count; i++) {
        int fd = open(plan->groups[i], O_WRONLY | O_CLOEXEC);
        if (fd < 0 || dprintf(fd, "%d\n", (int)child) < 0) fail("limits", plan->groups[i]);
        close(fd);
    }
}

/* Signals are taken one at a time here, so that what runs inside can be told before it is killed. */
static int wait_for_end(pid_t child) {
    int status, signal;
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGALRM);
    sigaddset(&awaited, SIGCHLD);
    sigprocmask(SIG_BLOCK, &awaited, NULL);
    for (;;) {
        pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child) return status;
        if (ended < 0 && errno != EINTR) fail("wait", "first process");
        if (sigwait(&awaited, &signal) != 0 || signal == SIGCHLD) continue;
        if (signal == SIGALRM) report_processes(child);
        kill_all(signal);
    }
}

int supervise_from_outside(const struct plan *plan, pid_t child, int release) {
    first_inside = child;
    handle_signals(plan);
    write_id_maps(plan, child);
    join_groups(plan, child);
    raise_limits(plan, child);
    give_pipes_away(plan);
    if (write(release, "", 1) != 1) fail("parent", "release");
    close_program_fds(plan);
    int status = wait_for_end(child);
    report_exit(exit_status(status), cpu_used(RUSAGE_SELF) + cpu_used(RUSAGE_CHILDREN), time_over);
    return exit_status(status);
}

_Noreturn void start_program(const struct plan *plan) {
    sigset_t none;
    sigemptyset(&none);
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction standard = {.sa_handler = SIG_DFL};
        sigaction(signal, &standard, NULL);
    }
    sigprocmask(SIG_SETMASK, &none, NULL);
    become_user(plan);
    set_program_limits(plan);
    environ = plan->env;
    execvpe(plan->argv[0], plan->argv, plan->env);
    fail("exec", plan->argv[0]);
}

/* Starts the program, reaps whatever ends, and ends with the program; the kernel then kills what is left. */
_Noreturn void run_inside(const struct plan *plan, int lifeline) {
    /* Only a terminal that the user gave keeps its session; else nothing inside can reach the caller's terminal. */
    if (!isatty(0) && setsid() < 0) fail("session", "setsid");
    pid_t program = fork();
    if (program < 0) fail("start", plan->argv[0]);
    if (program == 0) start_program(plan);
    close_all_but(lifeline, formats_fd());
    for (;;) {
        int status;
        pid_t ended = waitpid(-1, &status, 0);
        if (ended < 0 && errno != EINTR) _exit(1);
        if (ended == program) _exit(exit_status(status));
    }
}
