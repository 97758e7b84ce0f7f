// Preloaded into the program: its clock of the day jumps by the seconds in the file that LYREBIRD_JUMP names; the
// clock that never goes back stays as it is.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    const char *name = getenv("LYREBIRD_JUMP");
    if (failed || clock != CLOCK_REALTIME || !name) return failed;
    char text[32] = {0};
    int file = open(name, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        if (read(file, text, sizeof text - 1) > 0) now->tv_sec += atol(text);
        close(file);
    }
    return 0;
}
