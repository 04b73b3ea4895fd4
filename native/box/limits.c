/*
 * Limits of processes (getrlimit(2)): those that every box has, and those that the program of a box gets beyond them. The processes
 * of the box itself keep theirs, so that a tight limit ends the program and not what watches it.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "box.h"

static const struct {
    const char *name;
    int resource;
} resources[] = {
    {"as", RLIMIT_AS},           {"core", RLIMIT_CORE},     {"cpu", RLIMIT_CPU},
    {"data", RLIMIT_DATA},       {"fsize", RLIMIT_FSIZE},   {"locks", RLIMIT_LOCKS},
    {"memlock", RLIMIT_MEMLOCK}, {"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE},
    {"nofile", RLIMIT_NOFILE},   {"nproc", RLIMIT_NPROC},   {"rss", RLIMIT_RSS},
    {"rtprio", RLIMIT_RTPRIO},   {"rttime", RLIMIT_RTTIME}, {"sigpending", RLIMIT_SIGPENDING},
    {"stack", RLIMIT_STACK},
};

static int find_resource(const char *name) {
    for (size_t i = 0; i < sizeof resources / sizeof resources[0]; i++)
        if (strcmp(resources[i].name, name) == 0) return resources[i].resource;
    fail_with(EINVAL, "plan", name);
}

static unsigned long long parse_value(const char *text) {
    return strcmp(text, "unlimited") == 0 ? RLIM_INFINITY : parse_number(text, 10);
}

void take_limits(struct plan *plan, char **f) {
    plan->limits = realloc(plan->limits, (plan->limit_count + 1) * sizeof *plan->limits);
    if (plan->limits == NULL) fail("plan", "memory");
    plan->limits[plan->limit_count++] =
        (struct limit){f[0], find_resource(f[0]), parse_value(f[1]), parse_value(f[2])};
}

/* From outside: only there real root may lift a hard limit. The soft ones stay, the program sets them itself. */
void raise_limits(const struct plan *plan, pid_t child) {
    for (size_t i = 0; i < plan->limit_count; i++) {
        const struct limit *limit = &plan->limits[i];
        struct rlimit now;
        if (prlimit(child, limit->resource, NULL, &now) < 0) fail("rlimit", limit->name);
        if (limit->hard <= now.rlim_max) continue;
        now.rlim_max = limit->hard;
        if (prlimit(child, limit->resource, &now, NULL) < 0) fail("rlimit", limit->name);
    }
}

static bool is_given(const struct plan *plan, int resource) {
    for (size_t i = 0; i < plan->limit_count; i++)
        if (plan->limits[i].resource == resource) return true;
    return false;
}

/* Many programs loop over all fds up to the soft limit; those that need more raise it themselves. */
static void limit_files(void) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) < 0) fail("limits", "nofile");
    if (files.rlim_max > 524288) files.rlim_max = 524288;
    files.rlim_cur = files.rlim_max < 1024 ? files.rlim_max : 1024;
    if (setrlimit(RLIMIT_NOFILE, &files) < 0) fail("limits", "nofile");
}

void set_limits(const struct plan *plan) {
    struct rlimit none = {0, 0}, processes = {plan->most_processes, plan->most_processes};
    if (!is_given(plan, RLIMIT_NOFILE)) limit_files();
    if (!is_given(plan, RLIMIT_CORE) && setrlimit(RLIMIT_CORE, &none) < 0) fail("limits", "core");
    if (plan->most_processes > 0 && setrlimit(RLIMIT_NPROC, &processes) < 0) fail("limits", "processes");
}

void set_program_limits(const struct plan *plan) {
    for (size_t i = 0; i < plan->limit_count; i++) {
        const struct limit *limit = &plan->limits[i];
        struct rlimit wanted = {limit->soft, limit->hard};
        if (setrlimit(limit->resource, &wanted) < 0) fail("rlimit", limit->name);
    }
}
