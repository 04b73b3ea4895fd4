/*
 * Programs of foreign architectures: binary formats registered in an instance of binfmt_misc that belongs to the user
 * namespace of the box (Linux 6.7). The host's own is never touched: without a user namespace this refuses. The instance
 * is attached nowhere; it lives as long as the first process inside keeps its fd.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <unistd.h>

#include "box.h"

static int instance = -1;

int formats_fd(void) { return instance; }

static void register_format(const char *line) {
    int file = openat(instance, "register", O_WRONLY | O_CLOEXEC);
    if (file < 0) fail("binary-format", "register");
    if (write(file, line, strlen(line)) != (ssize_t)strlen(line)) fail("binary-format", line);
    close(file);
}

/* While the host's files are in sight: the kernel opens the interpreter (flag F) when the format is registered. */
void register_formats(const struct plan *plan) {
    const unsigned int attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    if (plan->format_count == 0) return;
    if (!plan->user_namespace) fail_with(EPERM, "binary-format", "without a user namespace");
    instance = make_filesystem("binfmt_misc", attributes, (const char *const[]){NULL});
    if (instance < 0) fail("binary-format", "binfmt_misc");
    for (size_t i = 0; i < plan->format_count; i++) register_format(plan->formats[i]);
}
