import { describe, expect, test } from 'vitest';
import type { AsRunEntry, CommandName, CommandRequest, ConsoleState } from '../shared/messages';
import { ANSWER_TIMEOUT_MS, CommandQueue, MAX_ATTEMPTS, MAX_PENDING, MAX_RESEND_AGE_MS } from './commands';
import type { Intent, Outcome } from './commands';

function ran(seq: number, command: CommandName, look: string | null = null): AsRunEntry {
  return { seq, command, look, at_ms: 1_000_000 + seq, by: 'someone', undone: false };
}

function state(...asRun: AsRunEntry[]): ConsoleState {
  return {
    epoch: 'e1',
    seq: 10,
    now_ms: 1_000_000,
    on_air: null,
    armed: [],
    next: 'look-1',
    hold: false,
    can_undo: false,
    aired: [],
    stock: {},
    orders: {
      placed: 0,
      reserved: 0,
      paid: 0,
      fulfilled: 0,
      released: 0,
      refused: 0,
      paid_value: 0,
      reserved_value: 0,
    },
    audience: {},
    producers: [],
    as_run: asRun,
  };
}

class FakeServer {
  nowMs = 0;
  readonly sent: { request: CommandRequest; answered: (answer: unknown) => void }[] = [];
  readonly settled: { intent: Intent; outcome: Outcome }[] = [];
  readonly queue: CommandQueue;
  private keys = 0;
  private timers: { dueMs: number; call: () => void }[] = [];

  constructor() {
    this.queue = new CommandQueue({
      newKey: () => `key-${String((this.keys += 1))}`,
      now: () => this.nowMs,
      send: (request, answered) => {
        this.sent.push({ request, answered });
      },
      later: (delayMs, call) => {
        const timer = { dueMs: this.nowMs + delayMs, call };
        this.timers.push(timer);
        return () => {
          this.timers = this.timers.filter((one) => one !== timer);
        };
      },
      settled: (intent, outcome) => {
        this.settled.push({ intent, outcome });
      },
      changed: () => undefined,
    });
  }

  get keysSent(): string[] {
    return this.sent.map(({ request }) => request.key);
  }

  passes(ms: number): void {
    this.nowMs += ms;
    const due = this.timers.filter((timer) => timer.dueMs <= this.nowMs);
    this.timers = this.timers.filter((timer) => timer.dueMs > this.nowMs);
    for (const timer of due) timer.call();
  }

  get timersRunning(): number {
    return this.timers.length;
  }
}

function connected(...asRun: AsRunEntry[]): FakeServer {
  const server = new FakeServer();
  server.queue.observe(state(...asRun));
  return server;
}

describe('a command on its way', () => {
  test('a take names the look that was displayed, and is done once the server says so', () => {
    const server = connected();
    server.queue.submit('take', 'look-1');
    expect(server.sent[0]?.request).toEqual({ command: 'take', key: 'key-1', look: 'look-1' });
    server.sent[0]?.answered({ seq: 11, cue: { id: 'c1', at_ms: 5, action: 'take', look: 'look-1' } });
    expect(server.settled[0]?.outcome.kind).toBe('done');
    expect(server.queue.pending).toEqual([]);
    expect(server.timersRunning).toBe(0);
  });

  test('a double press while the answer is on its way is the same command', () => {
    const server = connected();
    const first = server.queue.submit('take', 'look-1');
    expect(server.queue.submit('take', 'look-1')).toBe(first);
    expect(server.sent).toHaveLength(1);
  });

  test('takes of two looks are two commands', () => {
    const server = connected();
    server.queue.submit('take', 'look-1');
    server.queue.submit('take', 'look-2');
    expect(server.keysSent).toEqual(['key-1', 'key-2']);
  });

  test('pressing next twice moves two looks on', () => {
    const server = connected();
    server.queue.submit('next');
    server.queue.submit('next');
    expect(server.keysSent).toEqual(['key-1', 'key-2']);
  });

  test('a refusal reaches the producer with its reason', () => {
    const server = connected();
    server.queue.submit('undo');
    server.sent[0]?.answered({ type: 'tag:x:problems/nothing-to-undo', title: 'There is nothing to undo', status: 409 });
    expect(server.settled[0]?.outcome).toEqual({
      kind: 'refused',
      problem: { type: 'tag:x:problems/nothing-to-undo', title: 'There is nothing to undo', status: 409 },
    });
  });

  test('an unreadable answer is a refusal, never a success', () => {
    const server = connected();
    server.queue.submit('clear');
    server.sent[0]?.answered('ok');
    expect(server.settled[0]?.outcome.kind).toBe('refused');
  });

  test('nothing is sent without a link', () => {
    const server = new FakeServer();
    expect(server.queue.submit('take', 'look-1')).toBe('offline');
    expect(server.sent).toEqual([]);
  });

  test('a full queue refuses instead of growing', () => {
    const server = connected();
    for (let press = 0; press < MAX_PENDING; press += 1) server.queue.submit('next');
    expect(server.queue.submit('next')).toBe('full');
    expect(server.sent).toHaveLength(MAX_PENDING);
  });
});

describe('a command without an answer', () => {
  test('is sent again with the same key, a bounded number of times, then given up', () => {
    const server = connected();
    server.queue.submit('take', 'look-1');
    for (let round = 0; round < MAX_ATTEMPTS + 2; round += 1) server.passes(ANSWER_TIMEOUT_MS);
    expect(server.keysSent).toEqual(Array.from({ length: MAX_ATTEMPTS }, () => 'key-1'));
    expect(server.settled[0]?.outcome).toEqual({ kind: 'given-up', reason: 'no-answer' });
  });

  test('an answer to the first sending settles it, and the answer to the second changes nothing', () => {
    const server = connected();
    server.queue.submit('take', 'look-1');
    server.passes(ANSWER_TIMEOUT_MS);
    server.sent[0]?.answered({ seq: 11 });
    server.sent[1]?.answered({ seq: 11, repeated: true });
    expect(server.settled).toHaveLength(1);
  });

  test('is not sent while the link is down, and goes with its old key when the first state is back', () => {
    const server = connected();
    server.queue.submit('take', 'look-1');
    server.queue.linkLost();
    server.passes(ANSWER_TIMEOUT_MS);
    expect(server.sent).toHaveLength(1);
    server.queue.observe(state());
    expect(server.keysSent).toEqual(['key-1', 'key-1']);
  });

  test('that did happen before the link broke is confirmed with its old key', () => {
    const server = connected(ran(3, 'take', 'look-0'));
    server.queue.submit('take', 'look-1');
    server.queue.linkLost();
    server.queue.observe(state(ran(3, 'take', 'look-0'), ran(4, 'take', 'look-1'), ran(5, 'take', 'look-2')));
    expect(server.keysSent).toEqual(['key-1', 'key-1']);
  });

  test('is given up when another producer moved the show on meanwhile', () => {
    const server = connected(ran(3, 'take', 'look-0'));
    server.queue.submit('take', 'look-1');
    server.queue.linkLost();
    server.queue.observe(state(ran(3, 'take', 'look-0'), ran(4, 'take', 'look-2')));
    expect(server.sent).toHaveLength(1);
    expect(server.settled[0]?.outcome).toEqual({ kind: 'given-up', reason: 'show-moved-on' });
  });

  test('an undo is never sent again after any undo in the record: it could take back a second thing', () => {
    const server = connected(ran(3, 'take', 'look-0'));
    server.queue.submit('undo');
    server.queue.linkLost();
    server.queue.observe(state(ran(3, 'take', 'look-0'), ran(4, 'undo')));
    expect(server.sent).toHaveLength(1);
    expect(server.settled[0]?.outcome.kind).toBe('given-up');
  });

  test('is not sent once it is too old', () => {
    const server = connected();
    server.queue.submit('take', 'look-1');
    server.queue.linkLost();
    server.passes(MAX_RESEND_AGE_MS + 1);
    server.queue.observe(state());
    expect(server.sent).toHaveLength(1);
    expect(server.settled[0]?.outcome).toEqual({ kind: 'given-up', reason: 'no-answer' });
  });

  test('a closed console leaves no timer behind', () => {
    const server = connected();
    server.queue.submit('take', 'look-1');
    server.queue.close();
    expect(server.timersRunning).toBe(0);
    expect(server.queue.pending).toEqual([]);
  });
});

test('trims of two channels, and two of one channel, are each an intent of their own', () => {
  const server = new FakeServer();
  server.queue.observe(state());
  for (const trim of [
    { channel: 'web', offset_ms: 4_000 },
    { channel: 'tv', offset_ms: 4_000 },
    { channel: 'web', offset_ms: 4_020 },
    { channel: 'web', offset_ms: 4_020 },
  ]) {
    server.queue.submit('trim', null, trim);
  }
  expect(server.sent.map(({ request }) => [request.command, request.channel, request.offset_ms])).toEqual([
    ['trim', 'web', 4_000],
    ['trim', 'tv', 4_000],
    ['trim', 'web', 4_020],
  ]);
});
