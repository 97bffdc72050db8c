/* The floor: the least a server can do. It shakes hands as RFC 6455 asks and then, for every line on standard input,
 * builds one text frame and calls send() once a viewer. It reads nothing from viewers, survives no slow one and
 * validates nothing: no product could be this. Usage: send_loop [PORT]; several may share a port. */
#include "wire.h"

static int viewers[MAX_DESCRIPTORS];
static int place[MAX_DESCRIPTORS]; /* of a descriptor among the viewers, plus one; 0 before its handshake */
static int count = 0;
static unsigned char frame[LINE_BYTES + 4];

static uint32_t rotated(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

/* RFC 3174, for messages of at most 119 bytes: two blocks. */
static void sha1(const unsigned char *message, size_t size, unsigned char digest[20]) {
    unsigned char blocks[128] = {0};
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    size_t whole = size + 9 <= 64 ? 64 : 128;
    memcpy(blocks, message, size);
    blocks[size] = 0x80;
    for (int i = 0; i < 8; i++) blocks[whole - 1 - i] = (unsigned char)((uint64_t)size * 8 >> (8 * i));
    for (size_t block = 0; block < whole; block += 64) {
        uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        for (int t = 0; t < 16; t++) {
            const unsigned char *at = blocks + block + t * 4;
            w[t] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
        }
        for (int t = 16; t < 80; t++) w[t] = rotated(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
        for (int t = 0; t < 80; t++) {
            uint32_t f = t < 20   ? (b & c) | (~b & d)
                         : t < 40 ? b ^ c ^ d
                         : t < 60 ? (b & c) | (b & d) | (c & d)
                                  : b ^ c ^ d;
            uint32_t k = t < 20 ? 0x5A827999 : t < 40 ? 0x6ED9EBA1 : t < 60 ? 0x8F1BBCDC : 0xCA62C1D6;
            uint32_t next = rotated(a, 5) + f + e + k + w[t];
            e = d, d = c, c = rotated(b, 30), b = a, a = next;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    }
    for (int i = 0; i < 20; i++) digest[i] = (unsigned char)(h[i / 4] >> (24 - 8 * (i % 4)));
}

static void base64(const unsigned char digest[20], char text[29]) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 7; i++) {
        uint32_t three = (uint32_t)digest[3 * i] << 16 | (uint32_t)digest[3 * i + 1] << 8;
        if (i < 6) three |= digest[3 * i + 2];
        for (int j = 0; j < 4; j++) text[4 * i + j] = letters[three >> (18 - 6 * j) & 63];
    }
    text[27] = '=';
    text[28] = 0;
}

static void shake_hands(int viewer) {
    char head[2048], answer[256], accept[29];
    unsigned char seed[128], digest[20];
    ssize_t size = recv(viewer, head, sizeof head - 1, MSG_DONTWAIT);
    if (size <= 0) {
        close(viewer);
        return;
    }
    head[size] = 0;
    const char *key = strstr(head, "Sec-WebSocket-Key: ");
    if (key == NULL || strstr(head, "\r\n\r\n") == NULL) {
        fprintf(stderr, "the bare loop needs the whole head at once\n");
        exit(1);
    }
    int seeded = snprintf((char *)seed, sizeof seed, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key + 19);
    sha1(seed, (size_t)seeded, digest);
    base64(digest, accept);
    int length = snprintf(answer, sizeof answer,
                          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Accept: %s\r\n\r\n",
                          accept);
    if (send(viewer, answer, (size_t)length, MSG_NOSIGNAL) != length) fail("send");
    viewers[count++] = viewer;
    place[viewer] = count;
}

static void forget(int viewer) {
    int last = viewers[--count];
    viewers[place[viewer] - 1] = last;
    place[last] = place[viewer];
    place[viewer] = 0;
    close(viewer);
}

static void send_cue(const char *line, size_t size) {
    frame[0] = 0x81;
    frame[1] = 126;
    frame[2] = (unsigned char)(size >> 8);
    frame[3] = (unsigned char)size;
    memcpy(frame + 4, line, size);
    for (int i = 0; i < count;) {
        ssize_t sent = send(viewers[i], frame, size + 4, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent == (ssize_t)(size + 4)) {
            i++;
        } else if (errno == EPIPE || errno == ECONNRESET) {
            forget(viewers[i]);
        } else {
            fail("send");
        }
    }
}

int main(int argc, char **argv) {
    struct sockaddr_in here = loopback("127.0.0.1", argc > 1 ? atoi(argv[1]) : 0);
    socklen_t length = sizeof here;
    int on = 1, epoll = epoll_create1(0), door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(door, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (bind(door, (struct sockaddr *)&here, sizeof here) < 0 || listen(door, 4096) < 0) fail("listen");
    getsockname(door, (struct sockaddr *)&here, &length);
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    watch(epoll, door, EPOLLIN);
    watch(epoll, STDIN_FILENO, EPOLLIN);
    for (;;) {
        struct epoll_event events[EVENTS_AT_ONCE];
        int ready = epoll_wait(epoll, events, EVENTS_AT_ONCE, -1);
        for (int i = 0; i < ready; i++) {
            int at = events[i].data.fd;
            if (at == STDIN_FILENO) {
                if (!read_commands(send_cue)) return 0;
            } else if (at != door && place[at]) {
                forget(at);
            } else if (at != door) {
                struct epoll_event leaving = {.events = EPOLLRDHUP, .data.fd = at};
                epoll_ctl(epoll, EPOLL_CTL_MOD, at, &leaving);
                shake_hands(at);
            } else {
                for (int viewer; (viewer = accept4(door, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
                    setsockopt(viewer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                    watch(epoll, viewer, EPOLLIN);
                }
                if (errno != EAGAIN && errno != ECONNABORTED) fail("accept");
            }
        }
    }
}
