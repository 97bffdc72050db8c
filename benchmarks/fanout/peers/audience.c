/* The audience: up to 20,000 viewers in one light process. It connects them from one source address, completes the
 * WebSocket handshake (for Socket.IO also its own on top), answers pings, and tells when the last viewer has a cue.
 *
 * Usage: audience ADDRESS PORT VIEWERS SOURCE PROTOCOL PATH      PROTOCOL is websocket or socket.io
 *
 * On loopback the kernel runs a viewer's prompt acknowledgement inside the server's own send() and charges the server
 * for it. Viewers somewhere else do not do that, so these acknowledge when they read, on their own time.
 *
 * Commands on standard input, one a line, and what is answered on standard output:
 *   count    from now on text messages of CUE_BYTES or more are counted   -> counting
 *            and once every viewer has one                                -> all NS VIEWERS BYTES TWICE
 * Once everybody is connected: -> ready RETRIES. A lost connection ends the program with an error.
 * NS is CLOCK_MONOTONIC in nanoseconds; BYTES is frames with headers; TWICE is viewers who got more than one. */
#include "wire.h"

enum {
    CUE_BYTES = 300,      /* shorter messages are greetings and signs of life */
    HANDS_AT_ONCE = 256,  /* handshakes on their way */
    KINDS = 64,           /* of viewers' programs: so many different heads, and every key is another */
    READ_BYTES = 65536,
    REST_NS = 1000000,    /* between two looks at the sockets while a cue is coming in */
};

enum state { ABSENT, CONNECTING, ANSWERING, NAMESPACING, WATCHING };

struct viewer {
    uint64_t payload;       /* bytes of the current frame still to come */
    uint64_t frame;         /* bytes of the current frame, header included */
    uint32_t round;         /* the last round in which a cue came */
    unsigned char head[14]; /* the current frame's header as far as it came */
    unsigned char first[2]; /* the first bytes of its payload */
    unsigned char head_size, first_size, state, tail;
};

static struct viewer viewers[MAX_DESCRIPTORS + 64];
static struct sockaddr_in server, source;
static const char *path, *address;
static int epoll, wanted, started, shaking, watching, retries, socket_io;
static uint32_t round_number = 0;
static int counted, twice;
static uint64_t bytes;
static int counting = 0;

static void say(const char *what, int64_t at) {
    printf("%s %lld\n", what, (long long)at);
    fflush(stdout);
}

static void admit(int descriptor) {
    viewers[descriptor].state = WATCHING;
    shaking--;
    if (++watching == wanted) say("ready", retries);
}

static void invite(void) {
    int on = 1, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (descriptor < 0) fail("socket");
    setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(descriptor, (struct sockaddr *)&source, sizeof source) < 0) fail("bind");
    if (connect(descriptor, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS) fail("connect");
    memset(&viewers[descriptor], 0, sizeof viewers[descriptor]);
    viewers[descriptor].state = CONNECTING;
    watch(epoll, descriptor, EPOLLOUT);
    started++;
    shaking++;
}

/* Whoever is cut before it was greeted comes again, as a viewer would; in a storm a server may cut some. */
static void again(int descriptor) {
    if (viewers[descriptor].state == WATCHING) fail("a viewer lost its connection");
    if (++retries > wanted) fail("too many handshakes were cut off");
    close(descriptor);
    viewers[descriptor].state = ABSENT;
    started--;
    shaking--;
}

static void ask(int descriptor) {
    char request[1024];
    struct epoll_event readable = {.events = EPOLLIN, .data.fd = descriptor};
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: %022d==\r\nSec-WebSocket-Version: 13\r\nUser-Agent: viewer/%d\r\n\r\n",
                          path, address, ntohs(server.sin_port), descriptor, descriptor % KINDS);
    if (send(descriptor, request, (size_t)length, MSG_NOSIGNAL) != length) {
        again(descriptor);
        return;
    }
    viewers[descriptor].state = ANSWERING;
    epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &readable);
}

static void speak(int descriptor, unsigned char opcode, const char *text, unsigned char size) {
    unsigned char frame[16] = {0x80 | opcode, 0x80 | size, 0, 0, 0, 0};
    memcpy(frame + 6, text, size); /* masked with zeros */
    if (send(descriptor, frame, 6u + size, MSG_NOSIGNAL) != 6 + size) fail("send of an answer");
}

static void message(int descriptor, struct viewer *viewer) {
    int opcode = viewer->head[0] & 15;
    if (opcode == 9) speak(descriptor, 10, "", 0);
    if (opcode == 8) {
        fprintf(stderr, "a viewer was sent away\n");
        exit(1);
    }
    if (opcode != 1) return;
    if (socket_io && viewer->first[0] == '0') speak(descriptor, 1, "40", 2);
    if (socket_io && viewer->first[0] == '2') speak(descriptor, 1, "3", 1);
    if (viewer->state == NAMESPACING && viewer->first[0] == '4' && viewer->first[1] == '0') admit(descriptor);
    if (!counting || viewer->frame < CUE_BYTES) return;
    bytes += viewer->frame;
    if (viewer->round == round_number) {
        twice++;
        return;
    }
    viewer->round = round_number;
    if (++counted == wanted) {
        printf("all %lld %d %llu %d\n", (long long)monotonic_ns(), counted, (unsigned long long)bytes, twice);
        fflush(stdout);
        counting = 0;
    }
}

static void acknowledge(int descriptor, int at_once) {
    setsockopt(descriptor, IPPROTO_TCP, TCP_QUICKACK, &at_once, sizeof at_once);
}

static size_t head_wanted(const struct viewer *viewer) {
    if (viewer->head_size < 2) return 2;
    int length = viewer->head[1] & 127;
    return length == 126 ? 4 : length == 127 ? 10 : 2;
}

static void frames(int descriptor, struct viewer *viewer, const unsigned char *data, size_t size) {
    while (size > 0) {
        if (viewer->payload == 0) {
            viewer->head[viewer->head_size++] = *data++;
            size--;
            size_t whole = head_wanted(viewer);
            if (viewer->head_size < whole || viewer->head_size < 2) continue;
            uint64_t length = viewer->head[1] & 127;
            if (whole > 2) length = 0;
            for (size_t i = 2; i < whole; i++) length = length << 8 | viewer->head[i];
            viewer->payload = length;
            viewer->frame = length + whole;
            viewer->first_size = 0;
            if (length > 0) continue;
        } else {
            size_t taken = size < viewer->payload ? size : viewer->payload;
            for (size_t i = 0; i < taken && viewer->first_size < 2; i++) viewer->first[viewer->first_size++] = data[i];
            viewer->payload -= taken;
            data += taken;
            size -= taken;
            if (viewer->payload > 0) continue;
        }
        message(descriptor, viewer);
        viewer->head_size = 0;
    }
}

static void answer(int descriptor, struct viewer *viewer, const unsigned char *data, size_t size) {
    static const char end[] = "\r\n\r\n";
    for (size_t i = 0; i < size; i++) {
        if (viewer->head_size < sizeof viewer->head) viewer->head[viewer->head_size++] = data[i];
        viewer->tail = data[i] == end[viewer->tail] ? viewer->tail + 1 : data[i] == '\r';
        if (viewer->tail < 4) continue;
        if (memcmp(viewer->head + 9, "101", 3) != 0) {
            fprintf(stderr, "no upgrade: %.12s\n", viewer->head);
            exit(1);
        }
        viewer->head_size = 0;
        if (socket_io) viewer->state = NAMESPACING;
        else admit(descriptor);
        frames(descriptor, viewer, data + i + 1, size - i - 1);
        return;
    }
}

static void hear(int descriptor) {
    static unsigned char data[READ_BYTES];
    struct viewer *viewer = &viewers[descriptor];
    ssize_t size = recv(descriptor, data, sizeof data, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) {
        again(descriptor);
        return;
    }
    if (counting) acknowledge(descriptor, 1);
    if (viewer->state == ANSWERING) answer(descriptor, viewer, data, (size_t)size);
    else frames(descriptor, viewer, data, (size_t)size);
}

static void obey(const char *line, size_t size) {
    if (size != 5 || memcmp(line, "count", 5) != 0) {
        fprintf(stderr, "no such command: %s\n", line);
        exit(1);
    }
    for (int descriptor = 0; descriptor < MAX_DESCRIPTORS; descriptor++)
        if (viewers[descriptor].state == WATCHING) acknowledge(descriptor, 0);
    round_number++;
    counted = twice = 0;
    bytes = 0;
    counting = 1;
    say("counting", monotonic_ns());
}

int main(int argc, char **argv) {
    if (argc != 7) {
        fprintf(stderr, "usage: audience ADDRESS PORT VIEWERS SOURCE websocket|socket.io PATH\n");
        return 2;
    }
    address = argv[1];
    server = loopback(argv[1], atoi(argv[2]));
    wanted = atoi(argv[3]);
    source = loopback(argv[4], 0);
    socket_io = strcmp(argv[5], "socket.io") == 0;
    path = argv[6];
    epoll = epoll_create1(0);
    watch(epoll, STDIN_FILENO, EPOLLIN);
    for (;;) {
        while (started < wanted && shaking < HANDS_AT_ONCE) invite();
        struct epoll_event events[EVENTS_AT_ONCE];
        int ready = epoll_wait(epoll, events, EVENTS_AT_ONCE, -1);
        for (int i = 0; i < ready; i++) {
            int at = events[i].data.fd;
            if (at == STDIN_FILENO) {
                if (!read_commands(obey)) return 0;
            } else if (viewers[at].state == CONNECTING) {
                ask(at);
            } else {
                hear(at);
            }
        }
        /* A viewer somewhere else costs the server no wake-up: look now and then, not at every frame. */
        if (counting && counted > 0) nanosleep(&(struct timespec){.tv_nsec = REST_NS}, NULL);
    }
}
