/* Tells the caller how it ended, on the report fd: one line for a failed step or for the exit of the program. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "box.h"

static int fd = 4;

int report_fd(void) { return fd; }

/* Moves the report fd out of the range of the fds of the program, and lets exec close it. */
void move_report_fd(int lowest) {
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, lowest);
    if (moved < 0) fail("descriptors", "report");
    close(fd);
    fd = moved;
}

static void write_line(const char *line, size_t length) {
    while (length > 0) {
        ssize_t written = write(fd, line, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        line += written;
        length -= (size_t)written;
    }
}

_Noreturn void fail_with(int reason, const char *step, const char *object) {
    char line[4096];
    int length = snprintf(line, sizeof line - 1, "fail\t%s\t%d\t", step, reason);
    for (const char *c = object; *c != '\0' && length < (int)sizeof line - 1; c++)
        line[length++] = (*c == '\t' || *c == '\n') ? ' ' : *c;
    line[length++] = '\n';
    write_line(line, (size_t)length);
    _exit(1);
}

_Noreturn void fail(const char *step, const char *object) { fail_with(errno, step, object); }

void report_process(int depth, const char *command) {
    char line[512];
    int length = snprintf(line, sizeof line, "process\t%d\t%s\n", depth, command);
    write_line(line, (size_t)length);
}

void report_exit(int status, unsigned long long cpu_us, bool timed_out) {
    char line[128];
    int length = snprintf(line, sizeof line, "exit\t%d\t%llu\t%d\n", status, cpu_us, timed_out ? 1 : 0);
    write_line(line, (size_t)length);
}
