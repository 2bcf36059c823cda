/* Laid over libc in the namespaces of the fault runs: a disk that is slow or refuses to write out, and a clock that is set,
 * for PostgreSQL and Renkei alone. What happens stands in a file that all of them map and run.py writes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct control {
    _Atomic int64_t slow_us;  /* how much longer every fsync takes */
    _Atomic int64_t failures; /* how many of the next fsyncs fail with EIO */
    _Atomic int64_t clock_us; /* how far the clock is off */
};

static struct control *disk, *wall;

__attribute__((constructor)) static void begin(void) {
    int postgres = !strcmp(program_invocation_short_name, "postgres");
    if (!postgres && strcmp(program_invocation_short_name, "renkei"))
        return;
    int file = open(CONTROL, O_RDWR | O_CLOEXEC);
    if (file < 0)
        return;
    struct control *mapped = mmap(NULL, sizeof *mapped, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped == MAP_FAILED)
        return;
    wall = mapped;
    disk = postgres ? mapped : NULL;
}

static int refused(void) {
    if (!disk)
        return 0;
    int64_t left = atomic_load(&disk->failures);
    while (left > 0)
        if (atomic_compare_exchange_weak(&disk->failures, &left, left - 1)) {
            errno = EIO;
            return 1;
        }
    int64_t slow = atomic_load(&disk->slow_us);
    if (slow > 0) {
        struct timespec pause = {slow / 1000000, slow % 1000000 * 1000};
        nanosleep(&pause, NULL);
    }
    return 0;
}

int fsync(int file) {
    static int (*real)(int);
    if (!real)
        real = dlsym(RTLD_NEXT, "fsync");
    return refused() ? -1 : real(file);
}

int fdatasync(int file) {
    static int (*real)(int);
    if (!real)
        real = dlsym(RTLD_NEXT, "fdatasync");
    return refused() ? -1 : real(file);
}

static int64_t offset(void) { return wall ? atomic_load(&wall->clock_us) : 0; }

int clock_gettime(clockid_t which, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real)
        real = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(which, now);
    if (!failed && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        now->tv_sec += offset() / 1000000;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    static int (*real)(struct timeval *restrict, void *restrict);
    if (!real)
        real = dlsym(RTLD_NEXT, "gettimeofday");
    int failed = real(now, zone);
    if (!failed)
        now->tv_sec += offset() / 1000000;
    return failed;
}

time_t time(time_t *place) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (place)
        *place = now.tv_sec;
    return now.tv_sec;
}
