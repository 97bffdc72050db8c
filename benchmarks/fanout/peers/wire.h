/* What the bare loop and the audience have in common: sockets that never wait, and errors that end the program. */
#ifndef WIRE_H
#define WIRE_H

#define _GNU_SOURCE /* accept4 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_DESCRIPTORS = 20000, EVENTS_AT_ONCE = 1024, LINE_BYTES = 8192 };

static inline void fail(const char *what) {
    perror(what);
    exit(1);
}

static inline int64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline void watch(int epoll, int descriptor, uint32_t events) {
    struct epoll_event wanted = {.events = events, .data.fd = descriptor};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &wanted) < 0) fail("epoll_ctl");
}

static inline struct sockaddr_in loopback(const char *address, int port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, address, &at.sin_addr) != 1) fail(address);
    return at;
}

/* Commands come one a line on standard input; returns 0 once it has ended. */
static inline int read_commands(void (*obey)(const char *line, size_t size)) {
    static char held[LINE_BYTES];
    static size_t size = 0;
    ssize_t got = read(STDIN_FILENO, held + size, sizeof held - size);
    if (got <= 0) return 0;
    size += (size_t)got;
    for (char *end; (end = memchr(held, '\n', size)) != NULL;) {
        size_t line = (size_t)(end - held);
        *end = 0;
        obey(held, line);
        size -= line + 1;
        memmove(held, end + 1, size);
    }
    if (size == sizeof held) {
        fprintf(stderr, "a command line is longer than %d bytes\n", LINE_BYTES);
        exit(1);
    }
    return 1;
}

#endif
