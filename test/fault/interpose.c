/*
 * A disk that fails and a clock that jumps, for one process: loaded with LD_PRELOAD, told by one shared page. Only files
 * below FAULT_DIR are hit. A fault comes before the call takes effect, or after it, as both happen.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* Written by the one who breaks things: test/fault/interpose.ts knows the same layout. */
struct orders {
  uint32_t disk;      /* one of the below */
  uint32_t delay_ms;  /* what each sync and write takes longer */
  int64_t clock_ms;   /* what the wall clock is ahead */
  uint64_t hits;      /* calls that failed or were delayed */
};
enum { WELL, FULL, READ_ONLY, LOST_WRITE, LOST_SYNC };

static volatile struct orders *orders;
static const char *dir;
static size_t dir_length;

__attribute__((constructor)) static void begin(void) {
  const char *page = getenv("FAULT_PAGE");
  dir = getenv("FAULT_DIR");
  if (page == NULL || dir == NULL) return;
  dir_length = strlen(dir);
  int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
  int fd = real_open(page, O_RDWR);
  if (fd < 0) abort(); /* a test that breaks nothing must not pass */
  void *at = mmap(NULL, sizeof(struct orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) abort();
  orders = at;
}

static int is_hit(int fd) {
  if (orders == NULL || (orders->disk == WELL && orders->delay_ms == 0)) return 0;
  char link[32], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < (ssize_t)dir_length) return 0;
  path[length] = 0;
  if (strncmp(path, dir, dir_length) != 0) return 0;
  __atomic_add_fetch((uint64_t *)&orders->hits, 1, __ATOMIC_RELAXED);
  if (orders->delay_ms > 0) usleep(orders->delay_ms * 1000);
  return 1;
}

static int refusal(int fd) {
  if (!is_hit(fd)) return 0;
  if (orders->disk == FULL) return ENOSPC;
  if (orders->disk == READ_ONLY) return EROFS;
  return 0;
}

#define REAL(name) static __typeof__(name) *real; if (real == NULL) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define WRITES(call) \
  int why = refusal(fd); \
  if (why != 0) { errno = why; return -1; } \
  ssize_t done = call; \
  if (orders != NULL && orders->disk == LOST_WRITE && is_hit(fd)) { errno = EIO; return -1; } \
  return done

ssize_t write(int fd, const void *bytes, size_t length) { REAL(write); WRITES(real(fd, bytes, length)); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { REAL(pwrite); WRITES(real(fd, bytes, length, at)); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) { REAL(pwrite64); WRITES(real(fd, bytes, length, at)); }
int ftruncate(int fd, off_t length) { REAL(ftruncate); WRITES(real(fd, length)); }
int ftruncate64(int fd, off64_t length) { REAL(ftruncate64); WRITES(real(fd, length)); }

#define SYNCS(call) \
  int hit = is_hit(fd); \
  int done = call; \
  if (hit && orders->disk == LOST_SYNC) { errno = EIO; return -1; } \
  return done

int fsync(int fd) { REAL(fsync); SYNCS(real(fd)); }
int fdatasync(int fd) { REAL(fdatasync); SYNCS(real(fd)); }

int clock_gettime(clockid_t id, struct timespec *now) {
  REAL(clock_gettime);
  int done = real(id, now);
  if (done == 0 && orders != NULL && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
    now->tv_sec += orders->clock_ms / 1000;
  return done;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  REAL(gettimeofday);
  int done = real(now, zone);
  if (done == 0 && orders != NULL) now->tv_sec += orders->clock_ms / 1000;
  return done;
}

time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at != NULL) *at = now.tv_sec;
  return now.tv_sec;
}
