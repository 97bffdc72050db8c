/* Many viewers in one light process: they connect from one source address a few at a time, watch, and count the bytes of a cue.
 *
 * Usage: crowd ADDRESS PORT SOURCE PATH
 * Commands on standard input, one a line, and what is answered on standard output:
 *   come N     connect N viewers more                         -> came WATCHING LOST
 *   count N    from now on a cue is a text frame of N bytes   -> counting WATCHING
 *   tell       how far the cue has come                       -> told COMPLETE WRONG WATCHING LOST NS
 * COMPLETE viewers have the whole cue and nothing else; WRONG ones have more, or something that is no text frame. NS is when
 * the last complete one had it (CLOCK_MONOTONIC, nanoseconds). A lost viewer stays lost. Ends when standard input does. */
#include "wire.h"

#include <stddef.h>

enum {
    HANDS_AT_ONCE = 32,   /* handshakes on their way */
    READ_BYTES = 65536,
    TEXT_FRAME = 0x81,
};

enum state { ABSENT, CONNECTING, GREETED, WATCHING };

struct viewer {
    uint32_t got;         /* bytes of the cue */
    unsigned char state, wrong;
};

static struct viewer viewers[MAX_DESCRIPTORS + 64];
static unsigned char data[READ_BYTES];
static struct sockaddr_in server, source;
static const char *path, *address;
static int epoll, wanted, shaking, watching, lost, complete, wrong;
static uint32_t cue_bytes;
static int64_t last_ns;

static void came_if_all(void) {
    if (wanted == 0 && shaking == 0) {
        printf("came %d %d\n", watching, lost);
        fflush(stdout);
        wanted = -1;
    }
}

static void lose(int descriptor) {
    if (viewers[descriptor].state == WATCHING) watching--;
    else shaking--;
    viewers[descriptor].state = ABSENT;
    lost++;
    close(descriptor);
}

static void invite(void) {
    int on = 1, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct epoll_event changes = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.fd = descriptor};
    if (descriptor < 0 || descriptor >= MAX_DESCRIPTORS) fail("socket");
    setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(descriptor, (struct sockaddr *)&source, sizeof source) < 0) fail("bind");
    viewers[descriptor] = (struct viewer){.state = CONNECTING};
    wanted--;
    shaking++;
    if (connect(descriptor, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS) {
        lose(descriptor);
        return;
    }
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &changes) < 0) fail("epoll_ctl");
}

static void ask(int descriptor) {
    char request[1024];
    struct epoll_event readable = {.events = EPOLLIN | EPOLLET, .data.fd = descriptor};
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                          path, address, ntohs(server.sin_port));
    if (send(descriptor, request, (size_t)length, MSG_NOSIGNAL) != length) {
        lose(descriptor);
        return;
    }
    viewers[descriptor].state = GREETED;
    epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &readable);
}

/* The greeting is the answer to the handshake and one text frame, the snapshot; it is read once it is whole. */
static void greet(int descriptor) {
    ssize_t size = recv(descriptor, data, sizeof data, MSG_PEEK);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    unsigned char *end = size <= 0 ? NULL : memmem(data, (size_t)size, "\r\n\r\n", 4);
    if (size <= 0 || (size >= 12 && memcmp(data + 9, "101", 3) != 0)) {
        lose(descriptor);
        return;
    }
    if (end == NULL || end + 8 > data + size) return;
    unsigned char *frame = end + 4;
    if (frame[0] != TEXT_FRAME) {
        lose(descriptor);
        return;
    }
    ptrdiff_t length = frame[1] < 126 ? 2 + frame[1] : 4 + (frame[2] << 8 | frame[3]);
    if (data + size < frame + length) return;
    if (recv(descriptor, data, (size_t)(frame - data + length), 0) != frame - data + length) fail("recv");
    viewers[descriptor].state = WATCHING;
    shaking--;
    watching++;
}

static void hear(int descriptor) {
    struct viewer *viewer = &viewers[descriptor];
    ssize_t size = recv(descriptor, data, sizeof data, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) {
        lose(descriptor);
        return;
    }
    if (viewer->got == cue_bytes) complete--;
    if (!viewer->wrong && ((viewer->got == 0 && data[0] != TEXT_FRAME) || viewer->got + size > cue_bytes)) {
        viewer->wrong = 1;
        wrong++;
    }
    viewer->got += (uint32_t)size;
    if (viewer->got == cue_bytes && !viewer->wrong) {
        complete++;
        last_ns = monotonic_ns();
    }
}

static void obey(const char *line, size_t size) {
    int number = 0;
    if (size > 5 && sscanf(line, "come %d", &number) == 1) {
        wanted = number;
    } else if (size > 6 && sscanf(line, "count %d", &number) == 1) {
        cue_bytes = (uint32_t)number;
        complete = wrong = 0;
        last_ns = 0;
        for (int descriptor = 0; descriptor < MAX_DESCRIPTORS; descriptor++)
            viewers[descriptor].got = viewers[descriptor].wrong = 0;
        printf("counting %d\n", watching);
    } else if (size == 4 && memcmp(line, "tell", 4) == 0) {
        printf("told %d %d %d %d %lld\n", complete, wrong, watching, lost, (long long)last_ns);
    } else {
        fprintf(stderr, "no such command: %s\n", line);
        exit(1);
    }
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: crowd ADDRESS PORT SOURCE PATH\n");
        return 2;
    }
    address = argv[1];
    server = loopback(argv[1], atoi(argv[2]));
    source = loopback(argv[3], 0);
    path = argv[4];
    wanted = -1;
    epoll = epoll_create1(0);
    watch(epoll, STDIN_FILENO, EPOLLIN);
    for (;;) {
        while (wanted > 0 && shaking < HANDS_AT_ONCE) invite();
        came_if_all();
        struct epoll_event events[EVENTS_AT_ONCE];
        int ready = epoll_wait(epoll, events, EVENTS_AT_ONCE, -1);
        for (int i = 0; i < ready; i++) {
            int at = events[i].data.fd;
            if (at == STDIN_FILENO) {
                if (!read_commands(obey)) return 0;
                continue;
            }
            if (viewers[at].state == CONNECTING && (events[i].events & (EPOLLERR | EPOLLHUP))) lose(at);
            else if (viewers[at].state == CONNECTING && (events[i].events & EPOLLOUT)) ask(at);
            if (viewers[at].state == GREETED) greet(at);
            else if (viewers[at].state == WATCHING) hear(at);
        }
    }
}
