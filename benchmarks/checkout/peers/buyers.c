/* Buyers: each holds one connection open; so many of them wait for an answer at any time. As soon as one is answered,
 * whoever has not tapped for longest taps next, always with a fresh key.
 *
 * Usage: buyers ADDRESS PORT BUYERS SOURCE http|ws PATH TOKENS
 * TOKENS is a file with one viewer token a line; buyer i brings line i, the lines come round again. With ws, PATH is the
 * feed's address, and the handshake is done before anybody taps.
 *
 * Once everybody is connected: -> ready
 * Commands on standard input:  fresh, answered by ready once all are connected, those anew who were silent for long; and
 * go TAPS WAITING PATH SHOW SKU   (over ws the path is not used), answered when
 * all taps are:
 *   done NS TAPS P50 P99 MAX PLACED OK CONFLICTS BUSY OTHERS
 * NS is from the first tap to the last answer; P50, P99 and MAX are microseconds from a tap to its answer; then come
 * the answers 201, 200, 409, 503 (with 429), and all others. A lost connection ends the program with an error. */
#include "wire.h"

enum {
    READ_BYTES = 65536,
    HELD_BYTES = 4096,   /* of one answer: all an HTTP answer has, the beginning of a feed message */
    TOKEN_BYTES = 1024,
    MAX_TOKENS = 20000,
    MAX_TAPS = 4000000,
    HANDS_AT_ONCE = 256,
    IDLE_S = 30, /* who has been silent for so long over HTTP comes anew: servers close idle connections */
};

enum state { ABSENT, CONNECTING, ANSWERING, READY };

struct buyer {
    int64_t sent_ns;
    uint64_t skip;         /* bytes of a long frame not kept */
    uint32_t held_size;
    uint32_t tap;          /* number of the tap on its way, 0 for none */
    int number;
    unsigned char state;
    char held[HELD_BYTES];
};

static struct buyer *buyers[MAX_DESCRIPTORS + 64];
static int descriptors[MAX_DESCRIPTORS];
static char (*tokens)[TOKEN_BYTES];
static int token_count, over_ws, wanted, started, shaking, ready;
static struct sockaddr_in server, source;
static const char *feed_path, *address;
static int epoll;
static char tap_path[256], show[128], sku[128];
static uint32_t *latencies, asked, sent, answered, sequence;
static int turn;
static int64_t last_ns;
static int64_t began_ns;
static int at_once;
static uint32_t placed, ok, conflicts, busy, others;

static void give_up(const char *why, const char *more) {
    fprintf(stderr, "%s: %.200s\n", why, more);
    exit(1);
}

static void send_all(int descriptor, const char *data, size_t size) {
    if (send(descriptor, data, size, MSG_NOSIGNAL) != (ssize_t)size) fail("send");
}

static int make_key(char *key, size_t size, const struct buyer *buyer) {
    return snprintf(key, size, "%08x-%04x-4%03x-8%03x-%012x", (unsigned)(began_ns >> 10), (unsigned)getpid() & 0xffff,
                    (unsigned)(began_ns >> 42) & 0xfff, (unsigned)buyer->number & 0xfff, sequence);
}

static void tap_http(int descriptor, struct buyer *buyer, const char *token) {
    char body[512], request[4096], key[64];
    make_key(key, sizeof key, buyer);
    int length = snprintf(body, sizeof body, "{\"show\":\"%s\",\"sku\":\"%s\",\"quantity\":1}", show, sku);
    int size = snprintf(request, sizeof request,
                        "POST %s HTTP/1.1\r\nHost: %s:%d\r\nAuthorization: Bearer %s\r\nIdempotency-Key: %s\r\n"
                        "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                        tap_path, address, ntohs(server.sin_port), token, key, length, body);
    send_all(descriptor, request, (size_t)size);
}

static void tap_ws(int descriptor, struct buyer *buyer, const char *token) {
    static const unsigned char mask[4] = {0x5a, 0x13, 0xc4, 0x77};
    unsigned char frame[4096];
    char key[64];
    make_key(key, sizeof key, buyer);
    int size = snprintf((char *)frame + 8, sizeof frame - 8,
                        "{\"type\":\"tap\",\"id\":\"%u\",\"show\":\"%s\",\"sku\":\"%s\",\"quantity\":1,"
                        "\"token\":\"%s\",\"key\":\"%s\"}",
                        buyer->tap, show, sku, token, key);
    frame[0] = 0x81;
    frame[1] = 0x80 | 126; /* a tap with a token is longer than 125 bytes */
    frame[2] = (unsigned char)(size >> 8);
    frame[3] = (unsigned char)size;
    memcpy(frame + 4, mask, 4);
    for (int i = 0; i < size; i++) frame[8 + i] ^= mask[i & 3];
    send_all(descriptor, (char *)frame, (size_t)size + 8);
}

static void tap_next(void) {
    if (sent == asked) return;
    while (buyers[descriptors[turn]]->tap != 0 || buyers[descriptors[turn]]->state != READY) turn = (turn + 1) % started;
    int descriptor = descriptors[turn];
    struct buyer *buyer = buyers[descriptor];
    turn = (turn + 1) % started;
    sent++;
    buyer->tap = ++sequence;
    const char *token = tokens[buyer->number % token_count];
    buyer->sent_ns = monotonic_ns();
    if (over_ws) tap_ws(descriptor, buyer, token);
    else tap_http(descriptor, buyer, token);
}

static int by_size(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static void answer(struct buyer *buyer, int status) {
    latencies[answered++] = (uint32_t)((monotonic_ns() - buyer->sent_ns) / 1000);
    buyer->tap = 0;
    if (status == 201) placed++;
    else if (status == 200) ok++;
    else if (status == 409) conflicts++;
    else if (status == 503 || status == 429) busy++;
    else others++;
    if (answered < asked) {
        tap_next();
        return;
    }
    last_ns = monotonic_ns();
    int64_t elapsed = last_ns - began_ns;
    qsort(latencies, answered, sizeof *latencies, by_size);
    printf("done %lld %u %u %u %u %u %u %u %u %u\n", (long long)elapsed, answered, latencies[answered / 2],
           latencies[(uint64_t)answered * 99 / 100], latencies[answered - 1], placed, ok, conflicts, busy, others);
    fflush(stdout);
}

/* Returns the size of the whole HTTP answer at the beginning of what is held, or 0 while it is not all there. */
static size_t http_answer(const struct buyer *buyer) {
    const char *end = memmem(buyer->held, buyer->held_size, "\r\n\r\n", 4);
    if (end == NULL) return 0;
    const char *length = strcasestr(buyer->held, "\r\nContent-Length:");
    if (length == NULL || length > end) give_up("an answer without a length", buyer->held);
    size_t whole = (size_t)(end + 4 - buyer->held) + (size_t)atol(length + 17);
    if (whole >= HELD_BYTES) give_up("a long answer", buyer->held);
    return whole <= buyer->held_size ? whole : 0;
}

static void message(struct buyer *buyer, const char *text) {
    char id[32];
    snprintf(id, sizeof id, "\"id\":\"%u\"", buyer->tap);
    if (buyer->tap == 0 || strstr(text, id) == NULL) return; /* the feed's own messages, news of earlier orders */
    if (strncmp(text, "{\"type\":\"order\"", 15) == 0) {
        answer(buyer, 201);
    } else if (strncmp(text, "{\"type\":\"problem\"", 17) == 0) {
        const char *status = strstr(text, "\"status\":");
        answer(buyer, status == NULL ? 0 : atoi(status + 9));
    }
}

static void drop(struct buyer *buyer, size_t size) {
    memmove(buyer->held, buyer->held + size, buyer->held_size - size);
    buyer->held_size -= (uint32_t)size;
    buyer->held[buyer->held_size] = 0;
}

/* Returns 1 while something was taken off what is held. */
static int one_frame(int descriptor, struct buyer *buyer) {
    if (buyer->held_size < 2) return 0;
    const unsigned char *head = (const unsigned char *)buyer->held;
    uint64_t length = head[1] & 127;
    size_t from = length == 126 ? 4 : length == 127 ? 10 : 2;
    if (buyer->held_size < from) return 0;
    if (from > 2) {
        length = 0;
        for (size_t i = 2; i < from; i++) length = length << 8 | head[i];
    }
    if (from + length >= HELD_BYTES) { /* a snapshot: nobody here reads it */
        buyer->skip = from + length - buyer->held_size;
        drop(buyer, buyer->held_size);
        return 0;
    }
    if (buyer->held_size < from + length) return 0;
    int opcode = head[0] & 15;
    if (opcode == 8) give_up("a buyer was sent away", buyer->held + from + 2);
    if (opcode == 9) send_all(descriptor, "\x8a\x80\0\0\0\0", 6);
    if (opcode == 1) {
        char text[HELD_BYTES];
        memcpy(text, buyer->held + from, length);
        text[length] = 0;
        message(buyer, text);
    }
    drop(buyer, from + length);
    return 1;
}

static void say_ready(void) {
    last_ns = monotonic_ns();
    printf("ready\n");
    fflush(stdout);
}

static void admit(struct buyer *buyer) {
    buyer->state = READY;
    shaking--;
    if (++ready == wanted) say_ready();
}

static void read_held(int descriptor, struct buyer *buyer) {
    buyer->held[buyer->held_size] = 0;
    if (buyer->state == ANSWERING && !over_ws) {
        size_t whole = http_answer(buyer);
        if (whole == 0) return;
        drop(buyer, whole);
        admit(buyer);
    } else if (buyer->state == ANSWERING) {
        char *end = strstr(buyer->held, "\r\n\r\n");
        if (end == NULL) return;
        if (strncmp(buyer->held + 9, "101", 3) != 0) give_up("no upgrade", buyer->held);
        drop(buyer, (size_t)(end + 4 - buyer->held));
        admit(buyer);
    }
    if (over_ws) {
        while (one_frame(descriptor, buyer)) continue;
        return;
    }
    for (size_t whole; (whole = http_answer(buyer)) > 0;) {
        int status = atoi(buyer->held + 9);
        if (status != 201 && status != 200 && status != 409 && status != 503 && others == 0)
            fprintf(stderr, "another answer: %.300s\n", buyer->held);
        drop(buyer, whole);
        answer(buyer, status);
    }
}

static void leave(int descriptor) {
    struct buyer *buyer = buyers[descriptor];
    if (buyer->state != READY) return;
    close(descriptor);
    buyer->state = ABSENT;
    ready--;
}

static void hear(int descriptor) {
    static char data[READ_BYTES];
    struct buyer *buyer = buyers[descriptor];
    if (buyer->state == ABSENT) return; /* it left in this very turn */
    ssize_t got = recv(descriptor, data, sizeof data, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0 && !over_ws && buyer->tap == 0 && buyer->state == READY) {
        leave(descriptor); /* the server closed what was idle */
        return;
    }
    if (got <= 0) give_up(buyer->tap == 0 ? "a buyer was cut" : "a buyer was cut while waiting", buyer->held);
    const char *at = data;
    size_t left = (size_t)got;
    while (left > 0) {
        size_t some = left < buyer->skip ? left : buyer->skip;
        buyer->skip -= some;
        at += some;
        left -= some;
        size_t room = HELD_BYTES - 1 - buyer->held_size;
        some = left < room ? left : room;
        memcpy(buyer->held + buyer->held_size, at, some);
        buyer->held_size += (uint32_t)some;
        at += some;
        left -= some;
        if (some > 0) read_held(descriptor, buyer);
    }
}

static void invite(int number) {
    int on = 1, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (descriptor < 0 || descriptor >= MAX_DESCRIPTORS) fail("socket");
    setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(descriptor, (struct sockaddr *)&source, sizeof source) < 0) fail("bind");
    if (connect(descriptor, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS) fail("connect");
    if (buyers[descriptor] == NULL) buyers[descriptor] = malloc(sizeof(struct buyer));
    struct buyer *buyer = buyers[descriptor];
    if (buyer == NULL) fail("malloc");
    memset(buyer, 0, sizeof *buyer);
    buyer->number = number;
    buyer->state = CONNECTING;
    descriptors[number] = descriptor;
    if (number == started) started++;
    shaking++;
    watch(epoll, descriptor, EPOLLOUT);
}

static void connected(int descriptor) {
    struct epoll_event readable = {.events = EPOLLIN, .data.fd = descriptor};
    epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &readable);
    char request[1024], upgrade[256] = "";
    if (over_ws)
        snprintf(upgrade, sizeof upgrade,
                 "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %022d==\r\n"
                 "Sec-WebSocket-Version: 13\r\n",
                 descriptor);
    /* Over HTTP they look in first as well: who never says a word is not kept for long. */
    int size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s:%d\r\n%s\r\n",
                        over_ws ? feed_path : "/healthz", address, ntohs(server.sin_port), upgrade);
    send_all(descriptor, request, (size_t)size);
    buyers[descriptor]->state = ANSWERING;
}

static void refresh(void) {
    if (over_ws || (ready == wanted && monotonic_ns() - last_ns < (int64_t)IDLE_S * 1000000000)) {
        say_ready();
        return;
    }
    for (int i = 0; i < wanted; i++) leave(descriptors[i]);
    started = 0;
}

static void obey(const char *line, size_t size) {
    unsigned taps;
    if (strcmp(line, "fresh") == 0) {
        refresh();
        return;
    }
    if (size > 1024 || sscanf(line, "go %u %d %255s %127s %127s", &taps, &at_once, tap_path, show, sku) != 5 ||
        taps == 0 || taps > MAX_TAPS || at_once < 1 || at_once > ready)
        give_up("no such command", line);
    asked = taps;
    sent = answered = placed = ok = conflicts = busy = others = 0;
    began_ns = monotonic_ns();
    for (int i = 0; i < at_once; i++) tap_next();
}

static void read_tokens(const char *file) {
    FILE *open = fopen(file, "r");
    tokens = calloc(MAX_TOKENS, TOKEN_BYTES);
    latencies = malloc(MAX_TAPS * sizeof *latencies);
    if (open == NULL || tokens == NULL || latencies == NULL) fail(file);
    while (token_count < MAX_TOKENS && fgets(tokens[token_count], TOKEN_BYTES, open) != NULL) {
        tokens[token_count][strcspn(tokens[token_count], "\n")] = 0;
        token_count++;
    }
    fclose(open);
    if (token_count == 0) give_up("no tokens", file);
}

int main(int argc, char **argv) {
    if (argc != 8) {
        fprintf(stderr, "usage: buyers ADDRESS PORT BUYERS SOURCE http|ws PATH TOKENS\n");
        return 2;
    }
    address = argv[1];
    server = loopback(argv[1], atoi(argv[2]));
    wanted = atoi(argv[3]);
    source = loopback(argv[4], 0);
    over_ws = strcmp(argv[5], "ws") == 0;
    feed_path = argv[6];
    read_tokens(argv[7]);
    epoll = epoll_create1(0);
    watch(epoll, STDIN_FILENO, EPOLLIN);
    for (;;) {
        while (started < wanted && shaking < HANDS_AT_ONCE) invite(started);
        struct epoll_event events[EVENTS_AT_ONCE];
        int count = epoll_wait(epoll, events, EVENTS_AT_ONCE, -1);
        for (int i = 0; i < count; i++) {
            int at = events[i].data.fd;
            if (at == STDIN_FILENO) {
                if (!read_commands(obey)) return 0;
            } else if (buyers[at]->state == CONNECTING) {
                connected(at);
            } else {
                hear(at);
            }
        }
    }
}
