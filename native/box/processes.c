/*
 * Which processes a box has when its time is over: looked up in the caller's /proc, reported as a tree. Names and arguments are the
 * program's own words: control characters are no part of the report.
 */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "box.h"

#define MOST_PROCESSES 4096
#define MOST_REPORTED 40
#define LONGEST_COMMAND 200

static struct process {
    pid_t pid, parent;
} list[MOST_PROCESSES];
static size_t count, reported;

static ssize_t read_file(pid_t pid, const char *what, char *text, size_t room) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, what);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t length = read(fd, text, room - 1);
    close(fd);
    text[length < 0 ? 0 : length] = '\0';
    return length;
}

/* "pid (name) state parent": the name may hold anything, so the last bracket counts. */
static pid_t parent_of(pid_t pid) {
    char text[512];
    if (read_file(pid, "stat", text, sizeof text) <= 0) return -1;
    const char *end = strrchr(text, ')');
    return end == NULL || strlen(end) < 5 ? -1 : (pid_t)strtol(end + 4, NULL, 10);
}

static void list_all(void) {
    DIR *proc = opendir("/proc");
    if (proc == NULL) return;
    for (struct dirent *entry; (entry = readdir(proc)) != NULL && count < MOST_PROCESSES;) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0) list[count++] = (struct process){pid, parent_of(pid)};
    }
    closedir(proc);
}

/* The arguments with spaces between them; the bare name for what has none. */
static void describe(pid_t pid, char *text, size_t room) {
    ssize_t length = read_file(pid, "cmdline", text, room);
    if (length <= 0) length = read_file(pid, "comm", text, room);
    while (length > 0 && (text[length - 1] == '\0' || text[length - 1] == '\n')) length--;
    for (ssize_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 127) text[i] = ' ';
    text[length < 0 ? 0 : length] = '\0';
}

static void report_below(pid_t parent, int depth) {
    for (size_t i = 0; i < count && reported < MOST_REPORTED; i++) {
        char command[LONGEST_COMMAND];
        if (list[i].parent != parent) continue;
        describe(list[i].pid, command, sizeof command);
        report_process(depth, command);
        reported++;
        report_below(list[i].pid, depth + 1);
    }
}

/* Without the first process itself, which is ours. */
void report_processes(pid_t first) {
    list_all();
    report_below(first, 0);
}
