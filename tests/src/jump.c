// Preloaded into the program: its clock of the day jumps by the seconds in the file that LYREBIRD_JUMP names. The next
// two numbers there let the clock that never goes back stand still, as when the machine sleeps: from when, and for how
// long, in milliseconds of the real one.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    const char *name = getenv("LYREBIRD_JUMP");
    if (failed || (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) || !name) return failed;
    char text[64] = {0}, *rest = text;
    int file = open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    if (read(file, text, sizeof text - 1) > 0) {
        long day = strtol(text, &rest, 10), from = strtol(rest, &rest, 10), slept = strtol(rest, NULL, 10);
        long ms = now->tv_sec * 1000 + now->tv_nsec / 1000000;
        if (clock == CLOCK_REALTIME) {
            now->tv_sec += day;
        } else if (slept > 0 && ms >= from) {
            ms = ms < from + slept ? from : ms - slept;
            now->tv_sec = ms / 1000;
            now->tv_nsec = ms % 1000 * 1000000;
        }
    }
    close(file);
    return 0;
}
