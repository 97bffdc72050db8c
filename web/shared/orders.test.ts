import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FeedClient } from './feed';
import { MAX_OPEN, type BuyerOrder } from './order-book';
import { MAX_TRIES, POLL_MS, RETRY, TAP_ANSWER_MS, type OrderClient } from './orders';
import { orderAnswer, snapshot } from './testing/examples';
import { coat, openOrders, restartKeys } from './testing/order-desk';
import { FakeServer, FakeSockets, problem, type Asked, type Reply } from './testing/world';

let server: FakeServer;
let sockets: FakeSockets;
let feed: FeedClient;
let orders: OrderClient;
let replies: (Reply | Error)[];

function open(): OrderClient {
  const opened = openOrders(server, sockets);
  feed = opened.feed;
  return opened.orders;
}

/** Guests get a token; orders get the prepared replies, the last one again and again. */
function answer(asked: Asked): Reply | Error {
  if (asked.path.endsWith('/guests')) return { status: 201, body: { token: `guest-${server.asked.length}`, expires_ms: 9_000_000_000_000 } };
  return (replies.length > 1 ? replies.shift() : replies[0]) ?? new TypeError('no network');
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  localStorage.clear();
  sessionStorage.clear();
  restartKeys();
  replies = [{ status: 201, body: orderAnswer() }];
  server = new FakeServer(answer);
  sockets = new FakeSockets();
  orders = open();
});

afterEach(() => {
  orders.stop();
  feed.stop();
  vi.useRealTimers();
});

const only = (): BuyerOrder | undefined => orders.orders[0];
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

function goLive(): void {
  feed.start();
  sockets.last.says(snapshot(1, []));
}

describe('a tap over HTTP', () => {
  it('becomes a reserved order', async () => {
    orders.buy(coat);
    expect(only()?.phase).toBe('sending');
    await settle();
    expect(only()).toMatchObject({ phase: 'reserved', order: 'order-1', hold_until_ms: 2_000_000 });
    const [asked] = server.to('/v1/orders');
    expect(asked?.headers).toMatchObject({ Authorization: 'Bearer guest-1', 'Idempotency-Key': 'key-1' });
    expect(asked?.body).toEqual({ show: 'night', sku: 'l1-s', quantity: 1, look: 'l1', seen_price: coat.seen_price });
  });

  it('repeated before the answer is the same order', async () => {
    orders.buy(coat);
    orders.buy(coat);
    await settle();
    expect(server.to('/v1/orders')).toHaveLength(1);
    expect(orders.orders).toHaveLength(1);
  });

  it('is sent again with the same key when the network gave no answer', async () => {
    replies = [new TypeError('no network'), { status: 201, body: orderAnswer() }];
    orders.buy(coat);
    await settle();
    await vi.advanceTimersByTimeAsync(RETRY.capMs);
    expect(server.to('/v1/orders').map((asked) => asked.headers['Idempotency-Key'])).toEqual(['key-1', 'key-1']);
    expect(only()?.phase).toBe('reserved');
  });

  it('waits as long as a busy server asks', async () => {
    replies = [{ status: 503, body: problem('busy', 503), headers: { 'Retry-After': '5' } }, { status: 201, body: orderAnswer() }];
    orders.buy(coat);
    await settle();
    expect(only()?.phase).toBe('in_line');
    await vi.advanceTimersByTimeAsync(4_900);
    expect(server.to('/v1/orders')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(only()?.phase).toBe('reserved');
  });

  it('is refused when the business says no, and can be wished for anew', async () => {
    replies = [{ status: 409, body: problem('sold-out', 409) }];
    orders.buy(coat);
    await settle();
    expect(only()).toMatchObject({ phase: 'refused', problem: { title: 'sold-out' } });
    orders.buy(coat);
    await settle();
    expect(server.to('/v1/orders').map((asked) => asked.headers['Idempotency-Key'])).toEqual(['key-1', 'key-2']);
  });

  it('is refused while too many others are on their way', async () => {
    replies = [new TypeError('no network')];
    for (let sku = 0; sku <= MAX_OPEN; sku += 1) orders.buy({ ...coat, sku: `sku-${sku}` });
    expect(only()).toMatchObject({ phase: 'refused', problem: { type: 'page/too-many-open' } });
    await settle();
    expect(new Set(server.to('/v1/orders').map((asked) => asked.headers['Idempotency-Key'])).size).toBe(MAX_OPEN);
  });

  it('asks the buyer after many tries without an answer, and goes on with the same key', async () => {
    replies = [new TypeError('no network')];
    orders.buy(coat);
    await vi.advanceTimersByTimeAsync(MAX_TRIES * RETRY.capMs);
    expect(only()?.phase).toBe('unanswered');
    replies = [{ status: 201, body: orderAnswer() }];
    orders.buy(coat);
    await settle();
    expect(only()?.phase).toBe('reserved');
    expect(new Set(server.to('/v1/orders').map((asked) => asked.headers['Idempotency-Key']))).toEqual(new Set(['key-1']));
  });
});

describe('the guest’s token', () => {
  it('is renewed once when the server no longer takes it', async () => {
    replies = [{ status: 401, body: problem('unauthorized', 401) }, { status: 201, body: orderAnswer() }];
    orders.buy(coat);
    await settle();
    await vi.advanceTimersByTimeAsync(1);
    expect(only()?.phase).toBe('reserved');
    expect(new Set(server.to('/v1/orders').map((asked) => asked.headers['Authorization'])).size).toBe(2);
  });

  it('is not changed for an order that may have arrived already', async () => {
    replies = [new TypeError('no network'), { status: 401, body: problem('unauthorized', 401) }];
    orders.buy(coat);
    await vi.advanceTimersByTimeAsync(RETRY.capMs);
    expect(only()?.phase).toBe('refused');
    expect(server.to('/v1/shows/night/guests')).toHaveLength(1);
  });

  it('refused to a guest is the order’s problem', async () => {
    server.answer = () => ({ status: 403, body: problem('forbidden', 403) });
    orders.buy(coat);
    await settle();
    expect(only()).toMatchObject({ phase: 'refused', problem: { status: 403 } });
  });
});

describe('a tap over the open connection', () => {
  it('needs no request', async () => {
    goLive();
    orders.buy(coat);
    await settle();
    expect(sockets.last.sent.at(-1)).toMatchObject({ type: 'tap', id: 'key-1', key: 'key-1', token: 'guest-1', sku: 'l1-s', quantity: 1 });
    sockets.last.says({ type: 'order', id: 'key-1', ...orderAnswer() });
    await settle();
    expect(only()?.phase).toBe('reserved');
    expect(server.to('/v1/orders')).toHaveLength(0);
  });

  it('goes over HTTP with the same key when the connection breaks before the answer', async () => {
    goLive();
    orders.buy(coat);
    await settle();
    sockets.last.closes(1006);
    await vi.advanceTimersByTimeAsync(RETRY.firstMs);
    expect(server.to('/v1/orders')[0]?.headers['Idempotency-Key']).toBe('key-1');
    expect(only()?.phase).toBe('reserved');
  });

  it('unanswered goes over HTTP with the same key, and over the connection again when that gave no answer either', async () => {
    replies = [new TypeError('no network')];
    goLive();
    orders.buy(coat);
    await settle();
    await vi.advanceTimersByTimeAsync(TAP_ANSWER_MS + RETRY.firstMs);
    expect(server.to('/v1/orders').map((asked) => asked.headers['Idempotency-Key'])).toEqual(['key-1']);
    await vi.advanceTimersByTimeAsync(RETRY.firstMs * 2);
    const taps = sockets.last.sent.filter((message) => (message as { type: string }).type === 'tap');
    expect(taps).toHaveLength(2);
    expect(taps[1]).toMatchObject({ key: 'key-1' });
  });

  it('is refused by a problem with its id', async () => {
    goLive();
    orders.buy(coat);
    await settle();
    sockets.last.says({ type: 'problem', id: 'someone-else', problem: problem('sold-out', 409) });
    await settle();
    expect(only()?.phase).toBe('sending');
    sockets.last.says({ type: 'problem', id: 'key-1', problem: problem('limit-reached', 409) });
    await settle();
    expect(only()).toMatchObject({ phase: 'refused', problem: { title: 'limit-reached' } });
  });

  it('hears of the payment later, and older news changes nothing', async () => {
    goLive();
    orders.buy(coat);
    await settle();
    sockets.last.says({ type: 'order', id: 'key-1', ...orderAnswer() });
    sockets.last.says({ type: 'order', id: 'key-1', ...orderAnswer({ status: 'paid' }) });
    sockets.last.says({ type: 'order', id: 'key-1', ...orderAnswer({ status: 'reserved' }) });
    await settle();
    expect(only()?.phase).toBe('paid');
  });
});

describe('a reserved order', () => {
  async function reserve(): Promise<void> {
    orders.buy(coat);
    await settle();
  }

  it('is looked at until it is paid, then no more', async () => {
    await reserve();
    replies = [{ status: 200, body: orderAnswer() }, { status: 200, body: orderAnswer({ status: 'paid' }) }];
    await vi.advanceTimersByTimeAsync(POLL_MS[0] + POLL_MS[1]);
    expect(only()?.phase).toBe('paid');
    await vi.advanceTimersByTimeAsync(120_000);
    expect(server.to('/v1/orders/order-1')).toHaveLength(2);
  });

  it.each(['hold-ran-out', 'payment-failed'] as const)('released because %s says so', async (reason) => {
    await reserve();
    replies = [{ status: 200, body: orderAnswer({ status: 'released', release_reason: reason }) }];
    await vi.advanceTimersByTimeAsync(POLL_MS[0]);
    expect(only()).toMatchObject({ phase: 'released', released: reason });
  });

  it('can be given back', async () => {
    await reserve();
    replies = [{ status: 200, body: orderAnswer({ status: 'released', release_reason: 'cancelled' }) }];
    await orders.cancel('key-1');
    expect(only()).toMatchObject({ phase: 'released', released: 'cancelled' });
    expect(server.to('/v1/orders/order-1/cancel')).toHaveLength(1);
  });

  it('that can no longer be given back stays as it is', async () => {
    await reserve();
    replies = [{ status: 409, body: problem('not-cancellable', 409) }];
    await orders.cancel('key-1');
    expect(only()).toMatchObject({ phase: 'reserved', problem: { title: 'not-cancellable' } });
  });

  it('stays reserved when giving it back did not reach the server', async () => {
    await reserve();
    replies = [new TypeError('no network')];
    await orders.cancel('key-1');
    expect(only()).toMatchObject({ phase: 'reserved', problem: { type: 'page/unreachable' } });
  });
});

describe('after a reload', () => {
  it('an order is still shown and followed', async () => {
    orders.buy(coat);
    await settle();
    orders.stop();
    replies = [{ status: 200, body: orderAnswer({ status: 'paid' }) }];
    orders = open();
    expect(only()).toMatchObject({ phase: 'reserved', wish: { label: { title: 'Wool coat' } } });
    orders.resume();
    await vi.advanceTimersByTimeAsync(POLL_MS[0]);
    expect(only()?.phase).toBe('paid');
  });

  it('an unanswered tap goes on with its own key', async () => {
    replies = [new TypeError('no network')];
    orders.buy(coat);
    await settle();
    orders.stop();
    replies = [{ status: 201, body: orderAnswer() }];
    orders = open();
    orders.resume();
    await settle();
    expect(only()?.phase).toBe('reserved');
    expect(server.to('/v1/orders').at(-1)?.headers['Idempotency-Key']).toBe('key-1');
  });

  it('an unanswered tap does not become another guest’s', async () => {
    replies = [new TypeError('no network')];
    orders.buy(coat);
    await settle();
    orders.stop();
    replies = [{ status: 401, body: problem('unauthorized', 401) }];
    orders = open();
    orders.resume();
    await vi.advanceTimersByTimeAsync(RETRY.capMs);
    expect(only()?.phase).toBe('refused');
    expect(server.to('/v1/shows/night/guests')).toHaveLength(1);
  });
});

describe('one order', () => {
  it('tapped over the socket and, unanswered there, over HTTP is one row, and each of its news is told once', async () => {
    goLive();
    const told: string[] = [];
    orders.changes.listen(({ key, phase }) => told.push(`${key} ${phase}`));
    orders.buy(coat);
    await vi.advanceTimersByTimeAsync(TAP_ANSWER_MS + RETRY.capMs);
    const late = { type: 'order', id: 'key-1', ...orderAnswer() };
    sockets.last.says(late);
    const paid = orderAnswer({ status: 'paid' });
    replies = [{ status: 200, body: paid }];
    sockets.last.says({ ...late, ...paid });
    sockets.last.says({ ...late, ...paid });
    await vi.advanceTimersByTimeAsync(POLL_MS[0]);
    expect(told).toEqual(['key-1 sending', 'key-1 reserved', 'key-1 paid']);
    expect(orders.orders.map((order) => order.key)).toEqual(['key-1']);
  });

  it('answered after its page let go of it is told by the page that goes on with it, and only there', async () => {
    const told: string[] = [];
    orders.changes.listen(({ phase }) => told.push(phase));
    server.answer = (asked) => {
      if (asked.path === '/v1/orders') orders.stop();
      return answer(asked);
    };
    orders.buy(coat);
    await settle();
    expect([told, server.to('/v1/orders').length]).toEqual([['sending'], 1]);
    server.answer = answer;
    orders = open();
    orders.resume();
    await settle();
    expect(orders.orders.map(({ key, phase }) => `${key} ${phase}`)).toEqual(['key-1 reserved']);
  });
});
