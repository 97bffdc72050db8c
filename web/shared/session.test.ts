import { beforeEach, expect, it } from 'vitest';
import { ViewerSession } from './session';
import { FakeServer, problem } from './testing/world';

let server: FakeServer;
let now_ms: number;

function session(given: string | null = null): ViewerSession {
  return new ViewerSession({
    base: 'https://shop.example',
    show: 'night',
    channel: 'web',
    given,
    store: localStorage,
    fetch: server.fetch,
    now: () => now_ms,
  });
}

beforeEach(() => {
  localStorage.clear();
  now_ms = 1_000_000;
  server = new FakeServer(() => ({ status: 201, body: { token: `t${server.asked.length}`, expires_ms: 2_000_000 } }));
});

it('a guest is asked for once, however many ask at once, and remembered for the next visit', async () => {
  const first = session();
  expect(await Promise.all([first.token(), first.token()])).toEqual(['t1', 't1']);
  expect(await session().token()).toBe('t1');
  expect(server.asked).toHaveLength(1);
  expect(server.asked[0]).toMatchObject({ path: '/v1/shows/night/guests', body: { channel: 'web' } });
});

it('a token about to run out is not used any more', async () => {
  await session().token();
  now_ms = 1_950_000;
  expect(await session().token()).toBe('t2');
});

it('a token the host page gave is used as it is, and cannot be renewed here', async () => {
  const given = session('host-token');
  expect(await given.token()).toBe('host-token');
  expect(given.forget()).toBe(false);
  expect(server.asked).toHaveLength(0);
});

it('a channel that takes no guests says so, and may be asked again', async () => {
  server.answer = () => ({ status: 403, body: problem('forbidden', 403) });
  const refused = session();
  await expect(refused.token()).rejects.toMatchObject({ problem: { status: 403 } });
  await expect(refused.token()).rejects.toMatchObject({ problem: { status: 403 } });
  expect(server.asked).toHaveLength(2);
});

it('what is not a token in the store is not used', async () => {
  localStorage.setItem('snbn.guest.night.web', '{"token":7}');
  expect(await session().token()).toBe('t1');
  localStorage.setItem('snbn.guest.night.web', 'not json');
  expect(await session().token()).toBe('t2');
});
