/* Makes every flush to the disk take longer by SLOW_FLUSH_US microseconds, in the program that preloads this. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void linger(void) {
    const char *text = getenv("SLOW_FLUSH_US");
    long extra = text ? strtol(text, NULL, 10) : 0;
    struct timespec rest = {extra / 1000000, extra % 1000000 * 1000};
    if (extra > 0) nanosleep(&rest, NULL);
}

static int flush_as(const char *name, int file) {
    int (*flush)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    linger();
    return flush(file);
}

int fsync(int file) { return flush_as("fsync", file); }

int fdatasync(int file) { return flush_as("fdatasync", file); }
