import { expect, it } from 'vitest';
import { ask, MAX_RETRY_AFTER_MS, retryAfterMs } from './http';
import { FakeServer, problem } from './testing/world';

it('an answer is a value, and tells whether it is a repeat', async () => {
  const server = new FakeServer(() => ({ status: 201, body: { order: 'o1' }, headers: { 'Idempotency-Replayed': 'true' } }));
  const answer = await ask(server.fetch, { method: 'POST', url: 'https://shop.example/v1/orders', body: {} });
  expect(answer).toEqual({ ok: true, status: 201, body: { order: 'o1' }, replayed: true });
});

it('a refusal is a value too', async () => {
  const server = new FakeServer(() => ({ status: 409, body: problem('sold-out', 409) }));
  const answer = await ask(server.fetch, { method: 'GET', url: 'https://shop.example/x' });
  expect(answer).toMatchObject({ ok: false, problem: { title: 'sold-out', status: 409 }, retry_after_ms: null });
});

it('a refusal by something in between is a problem without a name', async () => {
  const server = new FakeServer(() => ({ status: 502 }));
  const answer = await ask(server.fetch, { method: 'GET', url: 'https://shop.example/x' });
  expect(answer).toMatchObject({ ok: false, problem: { type: 'about:blank', status: 502 } });
});

it.each([
  [null, null],
  ['3', 3_000],
  ['0.5', 500],
  ['99999', MAX_RETRY_AFTER_MS],
  ['Wed, 21 Oct 2026 07:28:00 GMT', null],
  ['-1', null],
])('Retry-After: %s is %s ms', (header, wait) => {
  expect(retryAfterMs(header)).toBe(wait);
});
