/*
 * The first process of a recording box: it answers the calls that the filter hands over, reaps, and ends with the program.
 * Nothing inside can stop it (a first process takes no signals) or look into it (it has more rights than they).
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "box.h"
#include "notify.h"

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS /* Linux 6.6: the thread that waits runs on where it was */
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

/* The kernel's may be larger than ours. */
static struct seccomp_notif *call;
static struct seccomp_notif_resp *answer;
static struct seccomp_notif_sizes sizes;

static void make_room(void) {
    if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0) fail("recorder", "sizes");
    if (sizes.seccomp_notif < sizeof *call) sizes.seccomp_notif = sizeof *call;
    if (sizes.seccomp_notif_resp < sizeof *answer) sizes.seccomp_notif_resp = sizeof *answer;
    call = calloc(1, sizes.seccomp_notif);
    answer = calloc(1, sizes.seccomp_notif_resp);
    if (call == NULL || answer == NULL) fail("recorder", "memory");
}

/* As the kernel takes the numbers of mknod apart (new_decode_dev). */
static struct node node_of(mode_t mode, unsigned dev) {
    return (struct node){S_ISBLK(mode) ? 'b' : 'c', (dev & 0xfff00) >> 8, (dev & 0xff) | (dev >> 12 & 0xfff00)};
}

static int make_node(const struct caller *caller, const char *path, int at, const unsigned long long *rest) {
    int fd = open_caller_fd(caller, path[0] == '/' ? AT_FDCWD : at);
    if (fd < 0) return -errno;
    mode_t mode = (mode_t)(rest[0] & 0xffff);
    int result = !is_waiting(caller->listener, caller->call)
                     ? -errno
                     : make_placeholder(caller, fd, path, mode, node_of(mode, (unsigned)rest[1]));
    close(fd);
    return result;
}

static int answer_mknod(int listener, bool *go_on) {
    static char path[PATH_MAX];
    struct caller caller;
    const unsigned long long *args = (const unsigned long long *)call->data.args;
    bool has_fd = call->data.nr == SYS_mknodat;
    int result;
    if (!open_caller(&caller, listener, call)) {
        result = -EPERM;
    } else if (!(caller.capabilities & 1ull << CAP_MKNOD)) {
        *go_on = true; /* the kernel refuses it, with its own words */
        result = 0;
    } else if (!read_caller_text(call, args[has_fd], path, sizeof path)) {
        result = -errno;
    } else {
        result = make_node(&caller, path, has_fd ? (int)args[0] : AT_FDCWD, args + has_fd + 1);
    }
    close_caller(&caller);
    return result;
}

static bool is_mknod(int nr) {
#ifdef SYS_mknod
    if (nr == SYS_mknod) return true;
#endif
    return nr == SYS_mknodat;
}

static void serve_one(int listener) {
    bool go_on = false;
    memset(call, 0, sizes.seccomp_notif);
    memset(answer, 0, sizes.seccomp_notif_resp);
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, call) < 0) return; /* it has been killed meanwhile */
    long result = is_mknod(call->data.nr) ? answer_mknod(listener, &go_on) : answer_covered_call(listener, call, &go_on);
    answer->id = call->id;
    if (go_on) answer->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    else answer->error = (int)result;
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, answer);
}

/* -1 when there is none. */
static int receive_listener(int socket) {
    char byte, space[CMSG_SPACE(sizeof(int))];
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    ssize_t got;
    do got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got != 1) _exit(1); /* the program's side has said what failed */
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head == NULL) return -1;
    int listener;
    memcpy(&listener, CMSG_DATA(head), sizeof listener);
    return listener;
}

static void send_listener(int socket, int listener) {
    char byte = 0, space[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    if (listener >= 0) {
        message.msg_control = space;
        message.msg_controllen = sizeof space;
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof listener);
        memcpy(CMSG_DATA(head), &listener, sizeof listener);
    }
    if (sendmsg(socket, &message, MSG_NOSIGNAL) != 1) fail("recorder", "listener");
    if (listener >= 0) close(listener);
}

/* True once the program has ended. */
static bool reap(pid_t program, int *status) {
    bool over = false;
    for (;;) {
        int how;
        pid_t ended = waitpid(-1, &how, WNOHANG);
        if (ended <= 0) return over;
        if (ended == program) {
            *status = how;
            over = true;
        }
    }
}

static int serve_until_end(int listener, int signals, int lifeline, pid_t program) {
    struct pollfd ends[] = {{signals, POLLIN, 0}, {lifeline, POLLIN, 0}, {listener, POLLIN, 0}};
    for (;;) {
        int status;
        struct signalfd_siginfo signal;
        if (poll(ends, 3, -1) < 0 && errno != EINTR) _exit(1);
        if (ends[1].revents != 0) _exit(1);
        if (ends[2].revents & POLLIN) serve_one(listener);
        else if (ends[2].revents != 0) ends[2].fd = -1;
        if (ends[0].revents == 0) continue;
        while (read(signals, &signal, sizeof signal) > 0) continue;
        if (reap(program, &status)) return status;
    }
}

/* Nobody may change the tree any more, and what has been waited for counts as CPU time. */
static void end_all_others(void) {
    kill(-1, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) continue;
}

_Noreturn void run_recording(const struct plan *plan, int lifeline) {
    int ends[2];
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL);
    open_own_root();
    make_room();
    int signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) fail("recorder", "socket");
    pid_t program = fork();
    if (program < 0) fail("start", plan->argv[0]);
    if (program == 0) {
        drop_privileges(plan);
        send_listener(ends[1], load_filter(plan));
        start_program(plan);
    }
    close(ends[1]);
    close_program_fds(plan);
    close_devices();
    umask(0);
    int listener = receive_listener(ends[0]);
    close(ends[0]);
    if (listener >= 0) ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
    int status = serve_until_end(listener, signals, lifeline, program);
    end_all_others();
    lift_all_covers();
    save_dev_nodes();
    _exit(exit_status(status));
}
