import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FeedClient } from './feed';
import { LINE_POLL } from './line-keeper';
import { MAX_OPENING_WAIT_MS } from './opening';
import type { BuyerOrder } from './order-book';
import type { OrderClient } from './orders';
import { orderAnswer, snapshot } from './testing/examples';
import { coat, openOrders, restartKeys } from './testing/order-desk';
import { FakeServer, FakeSockets, problem, type Asked, type Reply } from './testing/world';

let server: FakeServer;
let sockets: FakeSockets;
let feed: FeedClient;
let orders: OrderClient;
let taps: Reply[];
let line: Reply;

const LINE = { ticket: 't-1', sku: 'l1-s', quantity: 1, could_win: true, place: 3, offer: null };
const gone = (could_win: boolean): Reply => ({
  status: 409,
  body: { ...problem('sold-out', 409), line: { ticket: 't-1', place: 3, could_win } },
});

function answer(asked: Asked): Reply {
  if (asked.path.endsWith('/guests')) return { status: 201, body: { token: 'guest', expires_ms: 9_000_000_000_000 } };
  if (asked.path.startsWith('/v1/line/')) return asked.method === 'POST' ? { status: 204 } : line;
  return (taps.length > 1 ? taps.shift() : taps[0]) ?? { status: 500 };
}

function open(ready?: () => boolean | Promise<boolean>): void {
  ({ orders, feed } = openOrders(server, sockets, ready === undefined ? {} : { ready }));
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  localStorage.clear();
  sessionStorage.clear();
  restartKeys();
  taps = [{ status: 201, body: orderAnswer() }];
  line = { status: 200, body: { ...LINE, state: 'waiting' } };
  server = new FakeServer(answer);
  sockets = new FakeSockets();
  open();
});

afterEach(() => {
  orders.stop();
  feed.stop();
  vi.useRealTimers();
});

const only = (): BuyerOrder | undefined => orders.orders[0];
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const poll = (): Promise<unknown> => vi.advanceTimersByTimeAsync(LINE_POLL.toMs);
const keys = (): unknown[] => server.to('/v1/orders').map((asked) => asked.headers['Idempotency-Key']);
const tickets = (): unknown[] => server.to('/v1/orders').map((asked) => asked.headers['Arrival-Ticket']);

function reload(): void {
  orders.stop();
  feed.stop();
  open();
  orders.resume();
}

async function standInLine(): Promise<void> {
  taps = [gone(true), { status: 201, body: orderAnswer() }];
  orders.buy(coat);
  await settle();
}

describe('a buyer whose piece is held by others', () => {
  it('stands in line, and another tap changes nothing', async () => {
    await standInLine();
    expect(only()).toMatchObject({ phase: 'queued', line: { state: 'waiting', place: 3 } });
    orders.buy(coat);
    await settle();
    expect(keys()).toEqual(['key-1']);
    expect(orders.orders).toHaveLength(1);
  });

  it('hears how the place moves', async () => {
    await standInLine();
    line = { status: 200, body: { ...LINE, state: 'waiting', place: 1 } };
    await poll();
    expect(only()?.line?.place).toBe(1);
  });

  it('takes with one tap what came back, with the ticket of the first', async () => {
    await standInLine();
    line = { status: 200, body: { ...LINE, state: 'offered', place: null, offer: { quantity: 1, until_ms: 1_060_000 } } };
    await poll();
    expect(only()?.line).toMatchObject({ state: 'offered', offer: { until_ms: 1_060_000 } });
    orders.buy(coat);
    await settle();
    expect(only()).toMatchObject({ phase: 'reserved', order: 'order-1' });
    expect(orders.orders).toHaveLength(1);
    expect(keys()).toEqual(['key-1', 'key-2']);
    expect(tickets()).toEqual([undefined, 't-1']);
  });

  it('takes no more than is set aside', async () => {
    taps = [gone(true), { status: 201, body: orderAnswer() }];
    orders.buy({ ...coat, quantity: 2 });
    await settle();
    line = { status: 200, body: { ...LINE, state: 'offered', place: null, offer: { quantity: 1, until_ms: 1_060_000 } } };
    await poll();
    orders.take('key-1');
    await settle();
    expect(server.to('/v1/orders').at(-1)?.body).toMatchObject({ quantity: 1 });
  });

  it('hears it at once over the open connection', async () => {
    feed.start();
    sockets.last.says(snapshot(1, []));
    orders.buy(coat);
    await settle();
    const body = gone(true).body as Record<string, unknown>;
    sockets.last.says({ type: 'problem', id: 'key-1', problem: body });
    await settle();
    const news = { type: 'line', id: 'key-1', ...LINE, state: 'offered', place: null, offer: { quantity: 1, until_ms: 1_060_000 } };
    sockets.last.says(news);
    expect(only()?.line?.state).toBe('offered');
    orders.buy(coat);
    await settle();
    expect(sockets.last.sent.at(-1)).toMatchObject({ type: 'tap', key: 'key-2', ticket: 't-1' });
  });

  it('is told when nothing can be won any more, and not asked about again', async () => {
    await standInLine();
    line = { status: 200, body: { ...LINE, state: 'over', place: null, could_win: false } };
    await poll();
    expect(only()?.line?.state).toBe('over');
    const asked = server.to('/v1/line/t-1').length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.to('/v1/line/t-1')).toHaveLength(asked);
  });

  it('who came too late is told at once', async () => {
    taps = [gone(false)];
    orders.buy(coat);
    await settle();
    expect(only()).toMatchObject({ phase: 'queued', line: { state: 'over' } });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.to('/v1/line/t-1')).toHaveLength(0);
  });

  it('keeps the place over a reload and a time without a network', async () => {
    await standInLine();
    line = { status: 503, body: problem('not-ready', 503) };
    reload();
    await settle();
    expect(only()).toMatchObject({ phase: 'queued', line: { state: 'waiting' } });
    line = { status: 200, body: { ...LINE, state: 'waiting', place: 2 } };
    await poll();
    expect(only()?.line?.place).toBe(2);
  });

  it('whose ticket is known no more has nothing to wait for', async () => {
    await standInLine();
    line = { status: 404, body: problem('not-found', 404) };
    await poll();
    expect(only()?.line?.state).toBe('over');
  });

  it('may leave', async () => {
    await standInLine();
    await orders.leave('key-1');
    expect(server.to('/v1/line/t-1/leave')).toHaveLength(1);
    expect(only()).toMatchObject({ phase: 'refused', line: null, problem: { type: 'page/left-line' } });
  });
});

describe('a server over capacity', () => {
  const busy: Reply = { status: 503, body: { ...problem('busy', 503), ticket: 'first' }, headers: { 'Retry-After': '2' } };

  it('gets its ticket back with the same key', async () => {
    taps = [busy, { status: 201, body: orderAnswer() }];
    orders.buy(coat);
    await settle();
    expect(only()).toMatchObject({ phase: 'in_line', again_ms: 1_002_000 });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(only()?.phase).toBe('reserved');
    expect([keys(), tickets()]).toEqual([
      ['key-1', 'key-1'],
      [undefined, 'first'],
    ]);
  });

  it('gets both from the next page too', async () => {
    taps = [busy, { status: 201, body: orderAnswer() }];
    orders.buy(coat);
    await settle();
    reload();
    await settle();
    expect([keys().at(-1), tickets().at(-1)]).toEqual(['key-1', 'first']);
  });

  it('that takes the ticket no more gets the tap without it', async () => {
    const invalid = { ...problem('invalid', 422), errors: [{ pointer: '/ticket', detail: 'too old' }] };
    taps = [busy, { status: 422, body: invalid }, { status: 201, body: orderAnswer() }];
    orders.buy(coat);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(only()?.phase).toBe('reserved');
    expect(tickets()).toEqual([undefined, 'first', undefined]);
  });
});

describe('a tap above what one tap may spend', () => {
  beforeEach(async () => {
    taps = [{ status: 403, body: problem('step-up-required', 403) }, { status: 201, body: orderAnswer() }];
    orders.buy(coat);
    await settle();
  });

  it('is kept, and repeated with the same key once its buyer has shown who they are', async () => {
    expect(only()).toMatchObject({ phase: 'confirming', problem: { title: 'step-up-required' } });
    orders.goOn('key-1');
    await settle();
    expect(only()?.phase).toBe('reserved');
    expect(keys()).toEqual(['key-1', 'key-1']);
  });

  it('is asked for again by the next tap, not sent', async () => {
    const asked: string[] = [];
    orders.confirming.listen((kept) => asked.push(kept.key));
    orders.buy(coat);
    await settle();
    expect([asked, keys()]).toEqual([['key-1'], ['key-1']]);
  });

  it('stays kept over a reload', async () => {
    reload();
    await settle();
    expect([only()?.phase, keys()]).toEqual(['confirming', ['key-1']]);
  });

  it('can be dropped', () => {
    orders.giveUp('key-1');
    expect(only()).toMatchObject({ phase: 'refused', problem: { type: 'page/not-confirmed' } });
  });
});

describe('a first tap, before its buyer has agreed how to pay', () => {
  it('is kept, and goes with the same key once they have', async () => {
    let agreed = false;
    orders.stop();
    open(() => agreed);
    const asked: string[] = [];
    orders.agreeing.listen((kept) => asked.push(kept.key));
    orders.buy(coat);
    await settle();
    expect([only()?.phase, asked, keys()]).toEqual(['agreeing', ['key-1'], []]);
    agreed = true;
    orders.goOn('key-1');
    await settle();
    expect([only()?.phase, keys()]).toEqual(['reserved', ['key-1']]);
  });

  it('waits to hear whether they have, and says it is on its way', async () => {
    orders.stop();
    open(() => Promise.resolve(true));
    orders.buy(coat);
    expect(only()?.phase).toBe('sending');
    await settle();
    expect(only()?.phase).toBe('reserved');
  });
});

describe('a tap before the sale of its channel opens', () => {
  const OPENS_MS = 1_005_000;
  const early = (opens_at_ms: number): Reply => ({ status: 409, body: { ...problem('not-on-sale', 409), opens_at_ms } });

  beforeEach(async () => {
    taps = [early(OPENS_MS), { status: 201, body: orderAnswer() }];
    orders.buy(coat);
    await settle();
  });

  it('is kept, and goes by itself at that instant with the same key', async () => {
    expect(only()).toMatchObject({ phase: 'opening', again_ms: OPENS_MS });
    await vi.advanceTimersByTimeAsync(4_999);
    expect(keys()).toEqual(['key-1']);
    await vi.advanceTimersByTimeAsync(1);
    expect(only()).toMatchObject({ phase: 'reserved', again_ms: null });
    expect(keys()).toEqual(['key-1', 'key-1']);
  });

  it('stays one tap however often its buyer taps', async () => {
    orders.buy(coat);
    orders.buy(coat);
    await vi.advanceTimersByTimeAsync(5_000);
    expect([keys(), orders.orders.length]).toEqual([['key-1', 'key-1'], 1]);
  });

  it('waits on over a reload', async () => {
    reload();
    await settle();
    expect([only()?.phase, keys()]).toEqual(['opening', ['key-1']]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect([only()?.phase, keys()]).toEqual(['reserved', ['key-1', 'key-1']]);
  });

  it('is not sent when its buyer thinks better of it', async () => {
    orders.giveUp('key-1');
    await vi.advanceTimersByTimeAsync(60_000);
    expect([only()?.phase, keys()]).toEqual(['refused', ['key-1']]);
  });
});

it('a tap long before its sale opens is refused, not kept', async () => {
  taps = [{ status: 409, body: { ...problem('not-on-sale', 409), opens_at_ms: 1_000_001 + MAX_OPENING_WAIT_MS } }];
  orders.buy(coat);
  await vi.advanceTimersByTimeAsync(2 * MAX_OPENING_WAIT_MS);
  expect([only()?.phase, keys()]).toEqual(['refused', ['key-1']]);
});
