import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { JoinCode, spoken, SPREAD_MS } from './join-code';

const START = 1_700_000_000_000;
const WINDOW = 600_000;

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(START);
});

afterEach(() => {
  vi.useRealTimers();
});

/** A server that shows 111111, then 222222, …, a code a window, unless it is away. */
function television() {
  const server = { away: false, asked: 0 };
  const fetch = vi.fn((url: string) => {
    server.asked += 1;
    if (server.away) return Promise.reject(new TypeError(`${url} is away`));
    const window = Math.floor((Date.now() - START) / WINDOW) + 1;
    const next_ms = START + window * WINDOW;
    const body = { code: String(window % 10).repeat(6), next_ms, expires_ms: next_ms + WINDOW };
    return Promise.resolve(new Response(JSON.stringify(body)));
  });
  const code = new JoinCode({ base: 'https://tv.example', show: 'gala', channel: 'beijing-tv', fetch, now: () => Date.now(), random: () => 0.5 });
  const shown: (string | null)[] = [];
  code.changes.listen((next) => shown.push(next));
  return { server, fetch, code, shown };
}

test('a television shows the code of its channel and renews it when it changes', async () => {
  const { fetch, code, shown, server } = television();
  code.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(fetch.mock.calls[0]?.[0]).toBe('https://tv.example/v1/shows/gala/join-code?channel=beijing-tv');
  expect(shown).toEqual(['111111']);
  await vi.advanceTimersByTimeAsync(WINDOW + SPREAD_MS);
  expect(shown).toEqual(['111111', '222222']);
  expect(server.asked).toBe(2);
  code.stop();
});

test('a code that cannot be renewed stays while it is taken, and goes when it is not', async () => {
  const { server, code, shown } = television();
  code.start();
  await vi.advanceTimersByTimeAsync(0);
  server.away = true;
  await vi.advanceTimersByTimeAsync(2 * WINDOW - 1_000);
  expect(shown).toEqual(['111111']);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(shown).toEqual(['111111', null]);
  server.away = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(shown.at(-1)).toBe('333333');
  code.stop();
});

test('a television that leaves asks no more', async () => {
  const { server, code } = television();
  code.start();
  code.stop();
  await vi.advanceTimersByTimeAsync(10 * WINDOW);
  expect(server.asked).toBe(1);
});

test('a code is read in two halves', () => {
  expect(spoken('482913')).toBe('482 913');
});
