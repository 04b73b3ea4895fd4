/* Capabilities and user of the program inside. */

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "box.h"

/* What maintainer scripts and package managers need as root of their own tree. */
static const int package_capabilities[] = {
    CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_FOWNER,           CAP_FSETID,     CAP_KILL,    CAP_SETGID,
    CAP_SETUID, CAP_SETPCAP,      CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT, CAP_SETFCAP, CAP_AUDIT_WRITE,
};

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

static void set_capabilities(unsigned long long wanted) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct halves[2];
    for (int half = 0; half < 2; half++) {
        unsigned part = (unsigned)(wanted >> (32 * half));
        halves[half] = (struct __user_cap_data_struct){.effective = part, .permitted = part, .inheritable = part};
    }
    if (syscall(SYS_capset, &header, halves) < 0) fail("user", "capabilities");
    for (int capability = 0; capability < 64; capability++) {
        if (!(wanted & 1ull << capability)) continue;
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0) fail("user", "capabilities");
    }
}

/* Nothing of root's is left afterwards but what the plan names: the kernel takes capabilities with uid 0. */
void become_user(const struct plan *plan) {
    if (plan->user == 0 && plan->group == 0 && plan->more_group_count == 0) return;
    bool keeps = plan->user != 0 && plan->ambient != 0;
    if (keeps && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) fail("user", "keepcaps");
    if (setgroups(plan->more_group_count, plan->more_groups) < 0) fail("user", "setgroups");
    if (setresgid(plan->group, plan->group, plan->group) < 0) fail("user", "setresgid");
    if (setresuid(plan->user, plan->user, plan->user) < 0) fail("user", "setresuid");
    if (keeps) set_capabilities(plan->ambient);
}
