/* Makes flushes to the disk fail or linger, in the program that preloads this, as the file BAD_FLUSH says now:
   how many of a hundred fail (EIO), and how many microseconds each takes longer. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int flush_as(const char *name, int file) {
    char text[32] = {0};
    int failing = 0;
    long lingering = 0;
    const char *path = getenv("BAD_FLUSH");
    int settings = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (settings >= 0) {
        if (read(settings, text, sizeof text - 1) > 0) sscanf(text, "%d %ld", &failing, &lingering);
        close(settings);
    }
    if (lingering > 0) {
        struct timespec rest = {lingering / 1000000, lingering % 1000000 * 1000};
        nanosleep(&rest, NULL);
    }
    if (failing > 0) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_nsec / 1000 % 100 < failing) {
            errno = EIO;
            return -1;
        }
    }
    int (*flush)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    return flush(file);
}

int fsync(int file) { return flush_as("fsync", file); }

int fdatasync(int file) { return flush_as("fdatasync", file); }
