import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RECONNECT } from './backoff';
import { ServerClock } from './clock';
import { FAILURES_BEFORE_SSE, FeedClient, FIRST_MESSAGE_MS, MAX_BUFFERED_BYTES, MAX_HINT_MS, SUBPROTOCOL, UPGRADE_MS } from './feed';
import { ANSWER_MS } from './probes';
import { cue, look, snapshot, stock } from './testing/examples';
import { FakeSockets } from './testing/world';

let sockets: FakeSockets;
let feed: FeedClient;
let clock: ServerClock;

beforeEach(() => {
  vi.useFakeTimers();
  sockets = new FakeSockets();
  clock = new ServerClock(() => Date.now());
  feed = new FeedClient({ base: 'https://shop.example', show: 'night', channel: 'youku', clock, random: () => 0.5, page: window, sockets });
});

afterEach(() => {
  feed.stop();
  vi.useRealTimers();
});

function live(seq = 4): void {
  feed.start();
  sockets.last.says(snapshot(seq, [cue(seq, 1000, look('l1'))]));
}

function waitOutBackoff(): void {
  if (feed.state.kind === 'waiting') vi.advanceTimersByTime(feed.state.wait_ms);
}

describe('connecting', () => {
  it('asks for this channel with the feed’s subprotocol', () => {
    feed.start();
    expect(sockets.last.url).toBe('wss://shop.example/v1/shows/night/feed?channel=youku');
    expect(sockets.last.protocol).toBe(SUBPROTOCOL);
    expect(feed.state).toEqual({ kind: 'connecting', attempt: 0 });
  });

  it('is live once the snapshot is there, and shows what it says', () => {
    live();
    expect(feed.state).toEqual({ kind: 'live', transport: 'websocket' });
    expect(feed.timeline.lookAt(1000)?.id).toBe('l1');
    expect(feed.phase).toBe('live');
  });

  it('gives up on a connection that says nothing', () => {
    feed.start();
    vi.advanceTimersByTime(FIRST_MESSAGE_MS);
    expect(feed.state.kind).toBe('waiting');
    expect(sockets.last.closedByPage).toBe(true);
  });
});

describe('following the log', () => {
  it('takes in cues and stock in order', () => {
    live(4);
    sockets.last.says(cue(5, 2000, look('l2')));
    sockets.last.says(stock(6, 'l2-s', 2));
    expect(feed.timeline.lookAt(2000)?.id).toBe('l2');
    expect(feed.timeline.stock('l2-s')?.left).toBe(2);
  });

  it('ignores a message told twice', () => {
    live(4);
    sockets.last.says(stock(5, 'l1-s', 2));
    sockets.last.says(stock(5, 'l1-s', 9));
    expect(feed.timeline.stock('l1-s')?.left).toBe(2);
    expect(feed.state.kind).toBe('live');
  });

  it('does not skip over a missing message: it reconnects after the last one in order', () => {
    live(4);
    sockets.last.says(cue(6, 2000, look('l2')));
    expect(feed.timeline.lookAt(2000)?.id).toBe('l1');
    waitOutBackoff();
    expect(sockets.last.url).toContain('epoch=e1&after=4');
  });

  it('goes on exactly where it was when the server can resume', () => {
    live(4);
    sockets.last.closes(1006);
    waitOutBackoff();
    sockets.last.says({ type: 'resumed', epoch: 'e1', seq: 4 });
    sockets.last.says(cue(5, 2000, look('l2')));
    expect(feed.state.kind).toBe('live');
    expect(feed.timeline.lookAt(1500)?.id).toBe('l1');
    expect(feed.timeline.lookAt(2500)?.id).toBe('l2');
  });

  it('starts afresh when the server resumes from somewhere else', () => {
    live(4);
    sockets.last.closes(1006);
    waitOutBackoff();
    sockets.last.says({ type: 'resumed', epoch: 'e2', seq: 4 });
    waitOutBackoff();
    expect(sockets.last.url).not.toContain('after=');
  });

  it('takes a new epoch’s snapshot for the whole truth', () => {
    live(4);
    sockets.last.closes(1006);
    waitOutBackoff();
    sockets.last.says(snapshot(1, [cue(1, 500, look('l7'), { epoch: 'e2' })], { epoch: 'e2' }));
    expect(feed.timeline.lookAt(5000)?.id).toBe('l7');
    sockets.last.closes(1006);
    waitOutBackoff();
    expect(sockets.last.url).toContain('epoch=e2&after=1');
  });

  it.each(['not json', '[]', '{"type":"confetti"}', '{"type":"cue","seq":"5"}', '{"type":"snapshot"}', `"${'x'.repeat(100)}"`])(
    'is not disturbed by %s',
    (text) => {
      live(4);
      sockets.last.says(text);
      sockets.last.says(stock(5, 'l1-s', 2));
      expect(feed.timeline.stock('l1-s')?.left).toBe(2);
    },
  );
});

describe('when the connection ends', () => {
  it('waits longer from try to try, up to the cap', () => {
    feed.start();
    const waits: number[] = [];
    for (let tries = 0; tries < 12; tries += 1) {
      if (tries % (FAILURES_BEFORE_SSE + 1) === FAILURES_BEFORE_SSE) sockets.lastEventSource.onerror?.();
      else sockets.last.closes(1006);
      if (feed.state.kind === 'waiting') waits.push(feed.state.wait_ms);
      waitOutBackoff();
    }
    expect(waits.slice(0, 4)).toEqual([250, 500, 1000, 2000]);
    expect(Math.max(...waits)).toBe(RECONNECT.capMs / 2);
  });

  it('comes back after a code that asks for it', () => {
    live();
    sockets.last.closes(4003, 'slow');
    expect(feed.state.kind).toBe('waiting');
    waitOutBackoff();
    expect(sockets.webSockets).toHaveLength(2);
  });

  it('comes back when a server without room said so, within bounds', () => {
    live();
    sockets.last.closes(4002, 'too many at once: retry in 7340 ms');
    expect(feed.state).toEqual({ kind: 'waiting', attempt: 1, wait_ms: 7340 });
    waitOutBackoff();
    sockets.last.closes(4002, 'too many at once: retry in 999999999 ms');
    expect(feed.state).toEqual({ kind: 'waiting', attempt: 2, wait_ms: MAX_HINT_MS });
  });

  it('stays away after a final code, and says why', () => {
    live();
    sockets.last.closes(4501, 'no such show');
    expect(feed.state).toEqual({ kind: 'final', code: 4501, reason: 'no such show' });
    vi.advanceTimersByTime(RECONNECT.capMs);
    window.dispatchEvent(new Event('online'));
    expect(sockets.webSockets).toHaveLength(1);
  });

  it('hears nothing more from a connection it has left', () => {
    live(4);
    const old = sockets.last;
    old.closes(1006);
    waitOutBackoff();
    sockets.last.says({ type: 'resumed', epoch: 'e1', seq: 4 });
    old.says(stock(5, 'l1-s', 1));
    old.closes(4501);
    expect(feed.timeline.stock('l1-s')).toBeNull();
    expect(feed.state.kind).toBe('live');
  });

  it('comes back at once when the network does', () => {
    live();
    window.dispatchEvent(new Event('offline'));
    expect(feed.state.kind).toBe('offline');
    vi.advanceTimersByTime(RECONNECT.capMs);
    expect(sockets.webSockets).toHaveLength(1);
    window.dispatchEvent(new Event('online'));
    expect(sockets.webSockets).toHaveLength(2);
  });

  it('does not sit out the wait when the viewer looks at the page again', () => {
    live();
    sockets.last.closes(1006);
    document.dispatchEvent(new Event('visibilitychange'));
    expect(sockets.webSockets).toHaveLength(2);
  });

  it('notices a connection that died without a word', () => {
    live();
    vi.advanceTimersByTime(ANSWER_MS);
    expect(feed.state.kind).toBe('waiting');
  });
});

describe('where WebSockets cannot open', () => {
  function failWebSockets(): void {
    feed.start();
    for (let tries = 0; tries < FAILURES_BEFORE_SSE; tries += 1) {
      sockets.last.closes(1006);
      waitOutBackoff();
    }
  }

  it('uses Server-Sent Events with the same messages', () => {
    failWebSockets();
    expect(sockets.lastEventSource.url).toBe('https://shop.example/v1/shows/night/feed?channel=youku');
    sockets.lastEventSource.says(snapshot(4, [cue(4, 1000, look('l1'))]));
    sockets.lastEventSource.says(cue(5, 2000, look('l2')));
    expect(feed.state).toEqual({ kind: 'live', transport: 'sse' });
    expect(feed.timeline.lookAt(2000)?.id).toBe('l2');
    expect(clock.estimate()?.source).toBe('snapshot');
  });

  it('cannot send taps', () => {
    failWebSockets();
    sockets.lastEventSource.says(snapshot(4, []));
    expect(feed.send({ type: 'clock', t0_ms: 1 })).toBe(false);
  });

  it('tries the WebSocket again when events fail too', () => {
    failWebSockets();
    sockets.lastEventSource.onerror?.();
    waitOutBackoff();
    expect(sockets.webSockets).toHaveLength(FAILURES_BEFORE_SSE + 1);
  });

  it('goes back to the WebSocket in a while where it used to work', () => {
    live(4);
    sockets.last.closes(1006);
    for (let tries = 0; tries < FAILURES_BEFORE_SSE; tries += 1) {
      waitOutBackoff();
      sockets.last.closes(1006);
    }
    waitOutBackoff();
    sockets.lastEventSource.says({ type: 'resumed', epoch: 'e1', seq: 4 });
    const before = sockets.webSockets.length;
    vi.advanceTimersByTime(UPGRADE_MS);
    expect(sockets.webSockets).toHaveLength(before + 1);
    expect(sockets.last.url).toContain('after=4');
  });
});

describe('the clock', () => {
  it('is asked for over the open connection, one question at a time', () => {
    vi.setSystemTime(5_000);
    live();
    expect(sockets.last.sent).toEqual([{ type: 'clock', t0_ms: 5_000 }]);
    vi.setSystemTime(5_020);
    sockets.last.says({ type: 'clock', t0_ms: 5_000, t1_ms: 905_010, t2_ms: 905_010 });
    expect(clock.now()).toBe(905_020);
    expect(clock.estimate()?.source).toBe('probe');
  });

  it('does not take an answer to a question it did not ask', () => {
    vi.setSystemTime(5_000);
    live();
    sockets.last.says({ type: 'clock', t0_ms: 1, t1_ms: 905_010, t2_ms: 905_010 });
    expect(clock.estimate()?.source).toBe('snapshot');
  });
});

it('puts nothing into a socket that cannot take it', () => {
  live();
  sockets.last.bufferedAmount = MAX_BUFFERED_BYTES + 1;
  expect(feed.send({ type: 'clock', t0_ms: 1 })).toBe(false);
});
