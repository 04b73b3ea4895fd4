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
#include <sys/syscall.h>
#include <unistd.h>

#include "box.h"

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

#define SOCKETS (sizeof sockets / sizeof sockets[0])
#define OPENING (sizeof opening / sizeof opening[0])
#define REFUSED (sizeof refused / sizeof refused[0])

void load_filter(const struct plan *plan) {
    struct sock_filter filter[OPENING + 2 * REFUSED + SOCKETS + 1];
    unsigned short length = 0;
    if (!plan->guarded) return;
    for (size_t i = 0; i < OPENING; i++) filter[length++] = opening[i];
    for (size_t i = 0; i < REFUSED; i++) {
        filter[length++] = (struct sock_filter)EQUAL((unsigned)refused[i], 0, 1);
        filter[length++] = (struct sock_filter)REFUSE(EPERM);
    }
    for (size_t i = 0; i < SOCKETS && plan->private_network; i++) filter[length++] = sockets[i];
    filter[length++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = length, .filter = filter};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0) fail("seccomp", "filter");
}
