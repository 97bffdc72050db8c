/* Counts the calls by which a program makes its writes durable: loaded in front of the C library (LD_PRELOAD), it adds
 * one to a 64-bit number in the file SYNCS_COUNTED_IN for every fsync and fdatasync, of all threads and children. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static _Atomic uint64_t *counted;
static int (*real_fsync)(int), (*real_fdatasync)(int);

__attribute__((constructor)) static void begin(void) {
    real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    const char *path = getenv("SYNCS_COUNTED_IN");
    int file = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *at = mmap(NULL, sizeof *counted, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (at != MAP_FAILED) counted = at;
}

static void count(void) {
    if (counted != NULL) atomic_fetch_add(counted, 1);
}

int fsync(int file) {
    count();
    return real_fsync(file);
}

int fdatasync(int file) {
    count();
    return real_fdatasync(file);
}
