/* The audience of the storm: each viewer follows the feed over as many connections as it takes.
 *
 * A viewer that loses its server waits as the product's pages do: a random time up to a bound that doubles, half a second
 * to ten; one that is told when to come again (close code 4002, "retry in N ms") comes then. It resumes by (epoch, seq),
 * and counts everything that is not the very next message as a fault.
 *
 * crowd PATH SEED HEEDS (HEEDS: 1 if it does as it is told, 0 if it only knows the random wait once it was greeted)
 * Commands, one a line:
 *   servers PORT …   where viewers go when they come, in turn; the last one stays to the end; answered "ok SERVERS"
 *   come N           N viewers come; answered "came N" once each was greeted
 *   killed PORT      from now on nobody goes there; answered "ok HELD", viewers it holds
 *   tell             answered "told WATCHING AWAY TURNED_AWAY FAULTS SNAPSHOTS LOWEST_SEQ"; SNAPSHOTS beyond the first
 *   report FILE      writes what was seen; answered "reported"
 * FILE has one line a viewer that came back: "back LOST_NS BACK_NS TRIES TURNED_AWAY", all of its last return, and one a
 * message: "cue SEQ STAYED LAST_STAYED_NS RETURNED": how many had it who were on the server that stays all along, when the
 * last of them had it, and how many had it who came back. Nanoseconds are CLOCK_MONOTONIC. Ends when standard input does. */
#include "wire.h"

enum {
    MAX_VIEWERS = 19000,
    MAX_SERVERS = 8,
    MAX_SEQ = 65536,
    HANDS_AT_ONCE = 1000,   /* viewers not greeted yet while the audience gathers, those told to wait among them */
    READ_BYTES = 262144,
    EPOCH_BYTES = 64,
    FIRST_WAIT_MS = 500,
    LONGEST_WAIT_MS = 10000,
    SLOTS = 65536,          /* of one millisecond: longer than anybody waits */
    TEXT = 0x81,
    CLOSE = 0x88,
    OVER_CAPACITY = 4002,
    NONE = -1,
};

enum state { ABSENT, CONNECTING, ASKING, WATCHING, AWAY };

struct viewer {
    unsigned char *held;    /* the beginning of a frame, or of the head */
    int64_t lost_ns, back_ns;
    size_t size;
    long seq;
    int descriptor, port, next, tries, all_tries, turned_away;
    unsigned char state, greeted, upgraded, returns;
    char epoch[EPOCH_BYTES];
};

struct message {
    int64_t last_stayed_ns;
    int stayed, returned;
};

static struct viewer viewers[MAX_VIEWERS];
static struct message messages[MAX_SEQ];
static int viewer_of[MAX_DESCRIPTORS + 64];
static int slots[SLOTS], slot_now, sleeping;
static int64_t began_ns;
static unsigned char data[READ_BYTES];
static int ports[MAX_SERVERS], ports_known, stays, heeds;
static int epoll, expected, wanted, shaking, coming, faults, snapshots, turned_away;
static uint64_t chance_state;
static const char *path;

static double chance(void) { /* splitmix64: spreads viewers, guards nothing */
    uint64_t z = (chance_state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static int now_ms(void) { return (int)((monotonic_ns() - began_ns) / 1000000); }

static void sleep_for(int number, int wait_ms) {
    int slot = (now_ms() + (wait_ms < 1 ? 1 : wait_ms)) % SLOTS;
    viewers[number].state = AWAY;
    viewers[number].next = slots[slot];
    slots[slot] = number;
    sleeping++;
}

static void leave(int number) {
    struct viewer *viewer = &viewers[number];
    if (viewer->descriptor == NONE) return;
    viewer_of[viewer->descriptor] = NONE;
    close(viewer->descriptor);
    viewer->descriptor = NONE;
    free(viewer->held);
    viewer->held = NULL;
    viewer->size = 0;
}

/* The server is gone, or sends the viewer away; hint_ms is when to come again, or NONE. */
static void come_back_later(int number, int hint_ms) {
    struct viewer *viewer = &viewers[number];
    int ceiling = FIRST_WAIT_MS;
    for (int i = 0; i < viewer->tries && ceiling < LONGEST_WAIT_MS; i++) ceiling *= 2;
    if (ceiling > LONGEST_WAIT_MS) ceiling = LONGEST_WAIT_MS;
    if (viewer->state == WATCHING) {
        viewer->lost_ns = monotonic_ns();
        viewer->returns = 1;
        viewer->back_ns = 0;
        viewer->all_tries = viewer->turned_away = 0; /* of this return: gathering was another matter */
    }
    leave(number);
    viewer->tries++;
    viewer->all_tries++;
    sleep_for(number, hint_ms != NONE && (heeds || !viewer->greeted) ? hint_ms : (int)(chance() * ceiling));
}

static void go(int number) {
    struct viewer *viewer = &viewers[number];
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (descriptor < 0 || descriptor >= MAX_DESCRIPTORS) fail("socket");
    if (ports_known == 0) fail("no server is left");
    viewer->port = ports[coming++ % ports_known];
    viewer->state = CONNECTING;
    viewer->upgraded = 0;
    viewer->descriptor = descriptor;
    viewer_of[descriptor] = number;
    struct sockaddr_in server = loopback("127.0.0.1", viewer->port);
    if (connect(descriptor, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS) {
        come_back_later(number, NONE);
        return;
    }
    watch(epoll, descriptor, EPOLLIN | EPOLLOUT | EPOLLET);
}

static void ask(int number) {
    struct viewer *viewer = &viewers[number];
    char request[1024], point[EPOCH_BYTES + 64] = "";
    if (viewer->greeted) snprintf(point, sizeof point, "&epoch=%s&after=%ld", viewer->epoch, viewer->seq);
    int length = snprintf(request, sizeof request,
                          "GET %s%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                          path, point, viewer->port);
    viewer->state = ASKING;
    if (send(viewer->descriptor, request, (size_t)length, MSG_NOSIGNAL) != length) come_back_later(number, NONE);
}

static const char *find(const unsigned char *in, size_t size, const char *what) {
    const char *at = memmem(in, size, what, strlen(what));
    return at == NULL ? NULL : at + strlen(what);
}

/* The first message after a handshake says where the viewer stands. */
static void greeting(struct viewer *viewer, const unsigned char *text, size_t size, int resumed) {
    const char *epoch = find(text, size, "\"epoch\":\""), *seq = find(text, size, "\"seq\":");
    size_t length = 0;
    if (epoch == NULL || seq == NULL) fail("a greeting without a place");
    while (length < EPOCH_BYTES - 1 && epoch[length] != '"') length++;
    long at = strtol(seq, NULL, 10);
    if (resumed && (at != viewer->seq || strncmp(epoch, viewer->epoch, length) != 0)) faults++;
    if (!resumed && viewer->greeted) snapshots++;
    if (!viewer->greeted) {
        viewer->greeted = 1;
        shaking--;
    }
    memcpy(viewer->epoch, epoch, length);
    viewer->epoch[length] = 0;
    viewer->seq = at;
    viewer->state = WATCHING;
    viewer->tries = 0;
    if (viewer->returns) viewer->back_ns = monotonic_ns();
}

static void message(struct viewer *viewer, const unsigned char *text, size_t size) {
    const char *type = find(text, size < 32 ? size : 32, "\"type\":\""), *seq;
    if (type == NULL) fail("a message without a type");
    if (strncmp(type, "snapshot\"", 9) == 0 || strncmp(type, "resumed\"", 8) == 0) {
        greeting(viewer, text, size, *type == 'r');
        return;
    }
    if ((seq = find(text, size, "\"seq\":")) == NULL) fail("a message without a place");
    long at = strtol(seq, NULL, 10);
    if (at != viewer->seq + 1) faults++;
    viewer->seq = at;
    if (at < 0 || at >= MAX_SEQ) fail("too many messages");
    if (viewer->returns) {
        messages[at].returned++;
    } else if (viewer->port == stays) {
        messages[at].stayed++;
        messages[at].last_stayed_ns = monotonic_ns();
    }
}

static void closed(int number, const unsigned char *payload, size_t size) {
    struct viewer *viewer = &viewers[number];
    int code = size < 2 ? 0 : payload[0] << 8 | payload[1], hint_ms = NONE;
    const char *hint = code == OVER_CAPACITY ? find(payload + 2, size - 2, "retry in ") : NULL;
    if (hint != NULL) hint_ms = (int)strtol(hint, NULL, 10);
    if (code == OVER_CAPACITY) {
        turned_away++;
        viewer->turned_away++;
    }
    come_back_later(number, hint_ms);
}

/* Returns how many bytes of a frame or a head there were, whole; 0 if more are needed or the viewer is gone. */
static size_t one(int number, const unsigned char *at, size_t size) {
    struct viewer *viewer = &viewers[number];
    if (!viewer->upgraded) {
        const unsigned char *end = memmem(at, size, "\r\n\r\n", 4);
        if (end == NULL) return 0;
        if (memcmp(at, "HTTP/1.1 101 ", 13) != 0) fail("the server does not speak WebSocket");
        viewer->upgraded = 1;
        return (size_t)(end + 4 - at);
    }
    if (size < 2) return 0;
    size_t length = at[1] & 0x7f, start = 2;
    if (length == 126) {
        start = 4;
        if (size < start) return 0;
        length = (size_t)at[2] << 8 | at[3];
    } else if (length == 127) {
        start = 10;
        if (size < start) return 0;
        length = 0;
        for (int i = 2; i < 10; i++) length = length << 8 | at[i];
    }
    if (start + length > READ_BYTES) fail("a frame larger than anything the feed has");
    if (size < start + length) return 0;
    if (at[0] == TEXT) message(viewer, at + start, length);
    if (at[0] == CLOSE) closed(number, at + start, length);
    return start + length;
}

static void hear(int number) {
    struct viewer *viewer = &viewers[number];
    while (viewer->descriptor != NONE) {
        size_t size = viewer->size, done = 0, step;
        if (size > 0) memcpy(data, viewer->held, size);
        ssize_t got = recv(viewer->descriptor, data + size, sizeof data - size, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) {
            come_back_later(number, NONE);
            return;
        }
        size += (size_t)got;
        while (viewer->descriptor != NONE && (step = one(number, data + done, size - done)) > 0) done += step;
        if (viewer->descriptor == NONE) return;
        free(viewer->held);
        viewer->held = NULL;
        viewer->size = size - done;
        if (viewer->size > 0) {
            if ((viewer->held = malloc(viewer->size)) == NULL) fail("malloc");
            memcpy(viewer->held, data + done, viewer->size);
        }
    }
}

static void wake(void) {
    for (int now = now_ms(); slot_now < now;) {
        int number = slots[++slot_now % SLOTS];
        slots[slot_now % SLOTS] = NONE;
        while (number != NONE) {
            int next = viewers[number].next;
            sleeping--;
            go(number);
            number = next;
        }
    }
}

static void tell(void) {
    int watching = 0, away = 0;
    long lowest = MAX_SEQ;
    for (int number = 0; number < expected; number++) {
        if (viewers[number].state == WATCHING) watching++;
        else away++;
        if (viewers[number].seq < lowest) lowest = viewers[number].seq;
    }
    printf("told %d %d %d %d %d %ld\n", watching, away, turned_away, faults, snapshots, lowest);
}

static void killed(int port) {
    int held = 0, left = 0;
    for (int number = 0; number < expected; number++)
        if (viewers[number].state == WATCHING && viewers[number].port == port) held++;
    for (int i = 0; i < ports_known; i++)
        if (ports[i] != port) ports[left++] = ports[i];
    ports_known = left;
    printf("ok %d\n", held);
}

static void report(const char *file) {
    FILE *written = fopen(file, "w");
    if (written == NULL) fail(file);
    for (int number = 0; number < expected; number++) {
        struct viewer *viewer = &viewers[number];
        if (viewer->returns)
            fprintf(written, "back %lld %lld %d %d\n", (long long)viewer->lost_ns, (long long)viewer->back_ns,
                    viewer->all_tries, viewer->turned_away);
    }
    for (int seq = 0; seq < MAX_SEQ; seq++)
        if (messages[seq].stayed || messages[seq].returned)
            fprintf(written, "cue %d %d %lld %d\n", seq, messages[seq].stayed,
                    (long long)messages[seq].last_stayed_ns, messages[seq].returned);
    if (fclose(written) != 0) fail(file);
    printf("reported\n");
}

static void obey(const char *line, size_t size) {
    int number, used;
    if (size > 8 && memcmp(line, "servers ", 8) == 0) {
        for (line += 8; ports_known < MAX_SERVERS && sscanf(line, "%d%n", &number, &used) == 1; line += used)
            ports[ports_known++] = stays = number;
        printf("ok %d\n", ports_known);
    } else if (sscanf(line, "come %d", &number) == 1) {
        if (number > MAX_VIEWERS) fail("too many viewers");
        wanted = number;
        return;
    } else if (sscanf(line, "killed %d", &number) == 1) {
        killed(number);
    } else if (strcmp(line, "tell") == 0) {
        tell();
    } else if (size > 7 && memcmp(line, "report ", 7) == 0) {
        report(line + 7);
    } else {
        fprintf(stderr, "no such command: %s\n", line);
        exit(1);
    }
    fflush(stdout);
}

/* Gathering, a bounded number at once. */
static void invite(void) {
    while (expected < wanted && shaking < HANDS_AT_ONCE) {
        viewers[expected].descriptor = NONE;
        shaking++;
        go(expected++);
    }
    if (wanted > 0 && expected == wanted && shaking == 0) {
        printf("came %d\n", wanted);
        fflush(stdout);
        wanted = 0;
    }
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: crowd PATH SEED HEEDS\n");
        return 2;
    }
    path = argv[1];
    chance_state = strtoull(argv[2], NULL, 10);
    heeds = atoi(argv[3]);
    began_ns = monotonic_ns();
    for (int slot = 0; slot < SLOTS; slot++) slots[slot] = NONE;
    for (int descriptor = 0; descriptor < MAX_DESCRIPTORS + 64; descriptor++) viewer_of[descriptor] = NONE;
    epoll = epoll_create1(0);
    watch(epoll, STDIN_FILENO, EPOLLIN);
    for (;;) {
        invite();
        struct epoll_event events[EVENTS_AT_ONCE];
        if (sleeping == 0) slot_now = now_ms();
        int ready = epoll_wait(epoll, events, EVENTS_AT_ONCE, sleeping > 0 ? 1 : -1);
        for (int i = 0; i < ready; i++) {
            int at = events[i].data.fd;
            if (at == STDIN_FILENO) {
                if (!read_commands(obey)) return 0;
                continue;
            }
            int number = viewer_of[at];
            if (number == NONE) continue; /* left within this round */
            if (viewers[number].state == CONNECTING && (events[i].events & (EPOLLERR | EPOLLHUP)))
                come_back_later(number, NONE);
            else if (viewers[number].state == CONNECTING && (events[i].events & EPOLLOUT))
                ask(number);
            else
                hear(number);
        }
        wake();
    }
}
