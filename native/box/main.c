/*
 * box: runs one program in namespaces of its own, as the plan on fd 3 says (box.h has the wire format).
 * It interprets and has no policy. The order of the steps is fixed and stands in the table below.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "box.h"
#include "notify.h"

struct step {
    void (*carry_out)(struct plan *plan);
};

static int lifeline = -1;

/* The caller's death must be ours. A change of credentials clears the setting: it is made again after such. */
static void die_with_outside(struct plan *plan) {
    (void)plan;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0) fail("parent", "prctl");
    struct pollfd end = {.fd = lifeline, .events = POLLIN};
    if (poll(&end, 1, 0) != 0) _exit(1);
}

#define STEP(name) \
    static void step_##name(struct plan *plan) { name(plan); }
STEP(own_control_groups)
STEP(make_mounts_private)
STEP(open_devices)
STEP(become_inner_root)
STEP(bring_up_loopback)
STEP(set_hostname)
STEP(hand_out_listener)
STEP(register_formats)
STEP(enter_root)
STEP(make_mounts)
STEP(detach_old_root)
STEP(close_root)
STEP(set_limits)

static void step_open_own_proc(struct plan *plan) {
    if (plan->records_nodes) open_own_proc();
}

/* The recorder keeps its rights: there the program's own process does this. */
static void confine(struct plan *plan) {
    if (plan->records_nodes) return;
    drop_privileges(plan);
    load_filter(plan);
}

/* What the first process inside does, in this order; the last thing is run_inside. */
static const struct step steps[] = {
    {step_own_control_groups},
    {step_make_mounts_private},
    {open_overlays},
    {open_sources}, /* these two need the host identity of the caller, so before become_inner_root */
    {step_open_devices},
    {step_become_inner_root},
    {die_with_outside},
    {step_bring_up_loopback},
    {step_set_hostname},
    {step_hand_out_listener},
    {step_register_formats}, /* needs the namespace's root and the host's files */
    {make_overlays}, /* finds its folders through the old /proc */
    {step_enter_root},
    {step_open_own_proc},
    {step_make_mounts}, /* a new proc may be mounted only while the old one is in sight */
    {step_detach_old_root},
    {step_close_root},
    {step_set_limits},
    {confine}, /* last: it refuses what the steps above do */
    {die_with_outside},
};

_Noreturn static void be_first_inside(struct plan *plan) {
    char go;
    ssize_t got;
    do got = read(lifeline, &go, 1);
    while (got < 0 && errno == EINTR);
    if (got != 1) _exit(1);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) steps[i].carry_out(plan);
    if (plan->records_nodes) run_recording(plan, lifeline);
    run_inside(plan, lifeline);
}

static void close_from_to(unsigned int first, unsigned int last) {
    if (first <= last && syscall(SYS_close_range, first, last, 0) < 0) fail("descriptors", "close_range");
}

/* Extra fds come as 5... and go on as 3...; everything else but the report and the channel is closed. */
static void arrange_fds(struct plan *plan) {
    int kept = 3 + (int)plan->extra_fds, last;
    close(3);
    move_report_fd(kept + 3);
    last = report_fd();
    if (plan->listener_port != 0) {
        last = plan->listener_channel = fcntl(kept + 2, F_DUPFD_CLOEXEC, report_fd() + 1);
        if (last < 0) fail("descriptors", "listener");
    }
    for (int fd = 3; fd < kept; fd++)
        if (dup2(fd + 2, fd) < 0) fail("descriptors", "extra");
    close_from_to((unsigned)kept, (unsigned)report_fd() - 1);
    close_from_to((unsigned)report_fd() + 1, (unsigned)last - 1);
    close_from_to((unsigned)last + 1, ~0u);
}

int main(void) {
    struct plan plan;
    int ends[2];

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) fail("parent", "prctl");
    read_plan(3, &plan);
    if (plan.parent != getppid()) return 1;
    arrange_fds(&plan);
    open_sources_early(&plan);
    if (pipe2(ends, O_CLOEXEC) < 0) fail("descriptors", "pipe");

    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGALRM);
    sigprocmask(SIG_BLOCK, &signals, NULL);

    pid_t child = clone_into_namespaces(&plan);
    if (child == 0) {
        close(ends[1]);
        lifeline = ends[0];
        be_first_inside(&plan);
    }
    close(ends[0]);
    /* So that the caller sees its end when the box ends before it has handed out a listener. */
    if (plan.listener_port != 0) close(plan.listener_channel);
    return supervise_from_outside(&plan, child, ends[1]);
}
