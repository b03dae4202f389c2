/* Records, in their order, what a process does to the files of one directory: LD_PRELOAD it, with
 * POWER_DIR (a canonical path) and POWER_LOG. One record: kind, length of the name, offset, length of
 * the data, name, data. Kinds: W written, T truncated to the offset, U unlinked, B a sync begins,
 * S it has ended, D that of the directory. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILES 4096
#define NAME 128

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static char names[FILES][NAME];
static int book = -1;
static const char *directory;

__attribute__((constructor)) static void begin(void) {
    directory = getenv("POWER_DIR");
    const char *path = getenv("POWER_LOG");
    if (directory && path)
        book = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void all(const void *data, size_t length) {
    const char *rest = data;
    while (length > 0) {
        ssize_t done = syscall(SYS_write, book, rest, length);
        if (done <= 0)
            abort();
        rest += done;
        length -= (size_t)done;
    }
}

static void record(char kind, const char *name, uint64_t offset, const void *data, uint64_t length) {
    uint8_t head[18] = {(uint8_t)kind, (uint8_t)strlen(name)};
    memcpy(head + 2, &offset, 8);
    memcpy(head + 10, &length, 8);
    all(head, sizeof head);
    all(name, strlen(name));
    all(data, length);
}

static const char *known(int fd) {
    return book >= 0 && fd >= 0 && fd < FILES && names[fd][0] ? names[fd] : NULL;
}

static int opened(int fd, const char *path) {
    if (book < 0 || fd < 0 || fd >= FILES)
        return fd;
    size_t length = strlen(directory);
    pthread_mutex_lock(&order);
    names[fd][0] = 0;
    if (!strncmp(path, directory, length)) {
        const char *name = path + length;
        if (*name == 0) {
            strcpy(names[fd], "/");
        } else if (*name == '/' && strlen(name) < NAME) {
            strcpy(names[fd], name + 1);
        }
    }
    pthread_mutex_unlock(&order);
    return fd;
}

#define OPEN(NAME, ...)                                                        \
    va_list rest;                                                              \
    va_start(rest, flags);                                                     \
    mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;                \
    va_end(rest);                                                              \
    return opened((int)syscall(SYS_openat, __VA_ARGS__, flags, mode), path)

int open(const char *path, int flags, ...) { OPEN(open, AT_FDCWD, path); }
int open64(const char *path, int flags, ...) { OPEN(open64, AT_FDCWD, path); }
int openat(int at, const char *path, int flags, ...) { OPEN(openat, at, path); }
int openat64(int at, const char *path, int flags, ...) { OPEN(openat64, at, path); }

int unlink(const char *path) {
    pthread_mutex_lock(&order);
    int done = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    size_t length = directory ? strlen(directory) : 0;
    if (book >= 0 && done == 0 && !strncmp(path, directory, length) && path[length] == '/')
        record('U', path + length + 1, 0, "", 0);
    pthread_mutex_unlock(&order);
    return done;
}

int close(int fd) {
    pthread_mutex_lock(&order);
    if (fd >= 0 && fd < FILES)
        names[fd][0] = 0;
    int done = (int)syscall(SYS_close, fd);
    pthread_mutex_unlock(&order);
    return done;
}

ssize_t write(int fd, const void *data, size_t length) {
    pthread_mutex_lock(&order);
    const char *name = known(fd);
    off_t at = name ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t done = syscall(SYS_write, fd, data, length);
    if (name && done > 0)
        record('W', name, (uint64_t)at, data, (uint64_t)done);
    pthread_mutex_unlock(&order);
    return done;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off_t at) {
    pthread_mutex_lock(&order);
    const char *name = known(fd);
    ssize_t done = syscall(SYS_pwrite64, fd, data, length, at);
    if (name && done > 0)
        record('W', name, (uint64_t)at, data, (uint64_t)done);
    pthread_mutex_unlock(&order);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t at) {
    return pwrite64(fd, data, length, at);
}

int ftruncate64(int fd, off_t length) {
    pthread_mutex_lock(&order);
    const char *name = known(fd);
    int done = (int)syscall(SYS_ftruncate, fd, length);
    if (name && done == 0)
        record('T', name, (uint64_t)length, "", 0);
    pthread_mutex_unlock(&order);
    return done;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int synced(int fd, long call) {
    /* Not under the lock: a real disk takes its time, and others go on. What was written before it
     * is on disk afterwards; what is written meanwhile may not be. */
    pthread_mutex_lock(&order);
    const char *name = known(fd);
    char kept[NAME] = "";
    if (name) {
        strcpy(kept, name);
        record('B', kept, 0, "", 0);
    }
    pthread_mutex_unlock(&order);
    int done = (int)syscall(call, fd);
    pthread_mutex_lock(&order);
    if (name && done == 0)
        record(kept[0] == '/' ? 'D' : 'S', kept, 0, "", 0);
    pthread_mutex_unlock(&order);
    return done;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }
