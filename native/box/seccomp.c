/*
 * The system call filter of guarded boxes, written by hand for x86_64 and aarch64: what could change the host or
 * the box itself is refused. It guards against mistakes and widens the gap to the kernel; the namespaces confine.
 */

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "box.h"
#include "notify.h"

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#define COMPAT AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#define COMPAT AUDIT_ARCH_ARM
#else
#error "the system call filter knows x86_64 and aarch64 only"
#endif

/* Calls younger than some C libraries; the same number on every architecture. */
#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif

static const int refused[] = {
    /* mounts */
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_move_mount, SYS_open_tree, SYS_open_tree_attr, SYS_fsopen,
    SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_swapon, SYS_swapoff, SYS_quotactl, SYS_quotactl_fd,
    SYS_open_by_handle_at, SYS_fanotify_init, SYS_acct,
    /* other processes, namespaces, keys */
    SYS_setns, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_getfd, SYS_kcmp, SYS_add_key,
    SYS_request_key, SYS_keyctl,
    /* the kernel */
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_syslog, SYS_nfsservctl,
    SYS_vhangup,
#ifdef SYS_lookup_dcookie
    SYS_lookup_dcookie,
#endif
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#if defined(__x86_64__)
    SYS_iopl, SYS_ioperm, SYS_uselib, SYS_ustat, SYS_sysfs, SYS__sysctl, SYS_create_module, SYS_get_kernel_syms,
    SYS_query_module,
#endif
    /* the clock */
    SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex,
};

#define NAMESPACES \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define CLONE_NEW_TIME 0x80 /* for unshare; in clone these bits are the exit signal */
#define TIOC_STI 0x5412
#define TIOC_LINUX 0x541C

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/* The lower half of an argument: the kernel itself reads no more of these flags and commands. */
#define LOAD_ARGUMENT(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (n))
#define EQUAL(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define ANY_BIT(bits, yes, no) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), (yes), (no))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define REFUSE(reason) RETURN(SECCOMP_RET_ERRNO | (reason))

/* Foreign system call tables have other numbers, so nothing of them passes. */
static const struct sock_filter opening[] = {
    LOAD(arch),
    EQUAL(NATIVE, 3, 0),
    EQUAL(COMPAT, 0, 1),
    REFUSE(ENOSYS),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
#if defined(__x86_64__)
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), /* x32 */
    REFUSE(ENOSYS),
#endif
    /* clone3 hides its flags in memory; without it programs fall back to clone. */
    EQUAL(SYS_clone3, 0, 1),
    REFUSE(ENOSYS),
    EQUAL(SYS_clone, 0, 4),
    LOAD_ARGUMENT(0),
    ANY_BIT(NAMESPACES, 0, 1),
    REFUSE(EPERM),
    RETURN(SECCOMP_RET_ALLOW),
    EQUAL(SYS_unshare, 0, 4),
    LOAD_ARGUMENT(0),
    ANY_BIT(NAMESPACES | CLONE_NEW_TIME, 0, 1),
    REFUSE(EPERM),
    RETURN(SECCOMP_RET_ALLOW),
    EQUAL(SYS_ioctl, 0, 5),
    LOAD_ARGUMENT(1),
    EQUAL(TIOC_STI, 1, 0),
    EQUAL(TIOC_LINUX, 0, 1),
    REFUSE(EPERM),
    RETURN(SECCOMP_RET_ALLOW),
};

/*
 * Some families of sockets know no network namespaces: AF_VSOCK, for one, reaches the hypervisor. A box with a network
 * of its own gets the common ones only. The native call: 32-bit programs, which have socketcall, are refused above.
 */
static const struct sock_filter sockets[] = {
    LOAD(nr),
    EQUAL(SYS_socket, 1, 0),
    EQUAL(SYS_socketpair, 0, 7),
    LOAD_ARGUMENT(0),
    EQUAL(AF_UNIX, 4, 0),
    EQUAL(AF_INET, 3, 0),
    EQUAL(AF_INET6, 2, 0),
    EQUAL(AF_NETLINK, 1, 0),
    REFUSE(EAFNOSUPPORT),
    RETURN(SECCOMP_RET_ALLOW),
};

/*
 * Nodes of devices are answered by the recorder. The mode stands in argument n, the device after it; both as narrow as
 * the kernel reads them. Character 0:0 is a whiteout of overlayfs, no device: the kernel makes it.
 */
#define ASK_ABOUT_NODE(call, n)                                                                  \
    LOAD(nr), EQUAL((call), 0, 8), LOAD_ARGUMENT(n), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, S_IFMT), \
        EQUAL(S_IFBLK, 3, 0), EQUAL(S_IFCHR, 0, 3), LOAD_ARGUMENT((n) + 1), EQUAL(0, 1, 0),      \
        RETURN(SECCOMP_RET_USER_NOTIF), RETURN(SECCOMP_RET_ALLOW)

static const struct sock_filter device_nodes[] = {
#ifdef SYS_mknod
    ASK_ABOUT_NODE(SYS_mknod, 1),
#endif
    ASK_ABOUT_NODE(SYS_mknodat, 2),
    LOAD(nr),
};

#define SOCKETS (sizeof sockets / sizeof sockets[0])
#define OPENING (sizeof opening / sizeof opening[0])
#define REFUSED (sizeof refused / sizeof refused[0])
#define DEVICE_NODES (sizeof device_nodes / sizeof device_nodes[0])
#define MOST_COVERED_CALLS 32

struct filter {
    unsigned short length;
    struct sock_filter parts[OPENING + 2 * REFUSED + SOCKETS + DEVICE_NODES + 2 * MOST_COVERED_CALLS + 1];
};

static void append(struct filter *filter, const struct sock_filter *parts, size_t count) {
    for (size_t i = 0; i < count; i++) filter->parts[filter->length++] = parts[i];
}

static void append_verdict(struct filter *filter, int call, unsigned verdict) {
    const struct sock_filter parts[] = {EQUAL((unsigned)call, 0, 1), RETURN(verdict)};
    append(filter, parts, 2);
}

static void append_recorder(struct filter *filter) {
    append(filter, device_nodes, DEVICE_NODES);
    for (size_t i = 0; i < count_covered_calls() && i < MOST_COVERED_CALLS; i++)
        append_verdict(filter, covered_call(i), SECCOMP_RET_USER_NOTIF);
}

/*
 * -1 when a filter above has a listener already, as container managers load them: the kernel allows one only. A caller that is
 * interrupted while the answer is under way would call again, and find what it made: WAIT_KILLABLE_RECV (Linux 5.19).
 */
static int load_with_listener(const struct sock_fprog *program) {
    const unsigned flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
    int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, program);
    if (listener < 0 && errno == EINVAL)
        listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);
    if (listener < 0 && errno != EBUSY) fail("seccomp", "listener");
    return listener;
}

static int load(const struct plan *plan, bool with_recorder) {
    struct filter filter = {0};
    append(&filter, opening, OPENING);
    for (size_t i = 0; i < REFUSED; i++) append_verdict(&filter, refused[i], SECCOMP_RET_ERRNO | EPERM);
    if (plan->private_network) append(&filter, sockets, SOCKETS);
    if (with_recorder) append_recorder(&filter);
    append(&filter, &(struct sock_filter)RETURN(SECCOMP_RET_ALLOW), 1);
    struct sock_fprog program = {.len = filter.length, .filter = filter.parts};
    if (with_recorder) return load_with_listener(&program);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0) fail("seccomp", "filter");
    return -1;
}

/* Gives the listener of a recorder; -1 without one: then the kernel refuses nodes, as in any box. */
int load_filter(const struct plan *plan) {
    if (!plan->guarded) return -1;
    int listener = plan->records_nodes ? load(plan, true) : -1;
    if (listener < 0) load(plan, false);
    return listener;
}
