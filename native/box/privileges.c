/* Limits and capabilities of the program inside. */

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "box.h"

/* What maintainer scripts and package managers need as root of their own tree. */
static const int package_capabilities[] = {
    CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_FOWNER,           CAP_FSETID,     CAP_KILL,    CAP_SETGID,
    CAP_SETUID, CAP_SETPCAP,      CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT, CAP_SETFCAP, CAP_AUDIT_WRITE,
};

void set_limits(const struct plan *plan) {
    struct rlimit files, none = {0, 0};
    if (getrlimit(RLIMIT_NOFILE, &files) < 0) fail("limits", "nofile");
    /* Many programs loop over all fds up to the soft limit; those that need more raise it themselves. */
    if (files.rlim_max > 524288) files.rlim_max = 524288;
    files.rlim_cur = files.rlim_max < 1024 ? files.rlim_max : 1024;
    if (setrlimit(RLIMIT_NOFILE, &files) < 0) fail("limits", "nofile");
    if (setrlimit(RLIMIT_CORE, &none) < 0) fail("limits", "core");
    struct rlimit processes = {plan->most_processes, plan->most_processes};
    if (plan->most_processes > 0 && setrlimit(RLIMIT_NPROC, &processes) < 0) fail("limits", "processes");
}

/* mknod only where the kernel confines it: in a user namespace it makes no node that reaches a device. */
static unsigned long long wanted_capabilities(const struct plan *plan) {
    if (plan->capabilities_given) return plan->capabilities;
    unsigned long long wanted = plan->user_namespace ? 1ull << CAP_MKNOD : 0;
    for (size_t i = 0; i < sizeof package_capabilities / sizeof package_capabilities[0]; i++)
        wanted |= 1ull << package_capabilities[i];
    return wanted;
}

void drop_privileges(const struct plan *plan) {
    if (plan->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) fail("privileges", "no_new_privs");
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) fail("privileges", "ambient");
    if (!plan->guarded && !plan->capabilities_given) return;
    unsigned long long wanted = wanted_capabilities(plan);
    for (int capability = 0; capability < 64; capability++) {
        if (wanted & 1ull << capability) continue;
        if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1 && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
            fail("privileges", "bounding set");
    }
}
