/* Serve dma-heap buffers from ordinary memory, for a kernel without dma-heap: preload this into a
 * program, and what it opens under /dev/dma_heap hands out memfds. Nothing of the program changes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEAPS "/dev/dma_heap/"
#define DMA_BUF_LETTER 'b' /* sync, and give a name: nothing to do for ordinary memory */

static int heap(const char *path) { return path && strncmp(path, HEAPS, strlen(HEAPS)) == 0; }

#define OPENS(name)                                                             \
    int name(const char *path, int flags, ...) {                                \
        va_list rest;                                                           \
        va_start(rest, flags);                                                  \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                                           \
        if (heap(path)) return memfd_create("heap", MFD_CLOEXEC);               \
        int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #name);          \
        return real(path, flags, mode);                                         \
    }
OPENS(open)
OPENS(open64)

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (request == DMA_HEAP_IOCTL_ALLOC) {
        struct dma_heap_allocation_data *wanted = argument;
        int given = memfd_create("dma-buf", MFD_CLOEXEC);
        if (given < 0 || ftruncate(given, (off_t)wanted->len) < 0) return -1;
        wanted->fd = (unsigned)given;
        return 0;
    }
    if (_IOC_TYPE(request) == DMA_BUF_LETTER) return 0;
    int (*real)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
    return real(fd, request, argument);
}
