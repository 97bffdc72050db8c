import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Consent, LEARN_MS, type Agreement, type ConsentView } from './consent';
import { ViewerSession } from './session';
import { FakeServer, problem, type Asked, type Reply } from './testing/world';

const GIVEN: ConsentView = { provider: 'sandbox', ends_with: 'a1b2', currency: 'CNY', limit: null, address: 'home' };

let server: FakeServer;
let consent: Consent;
let session: ViewerSession;
let provider: string;
let kept: ConsentView[];

function answer(asked: Asked): Reply | Error {
  if (asked.path.endsWith('/guests')) return { status: 201, body: { token: 'guest', expires_ms: 9_000_000_000_000 } };
  if (asked.method === 'PUT') kept = [{ ...GIVEN, provider: (asked.body as Agreement).provider }];
  if (asked.method === 'DELETE') {
    kept = [];
    return { status: 204 };
  }
  return { status: 200, body: { provider, consents: kept } };
}

const PLACE = { base: 'https://shop.example', show: 'night', channel: 'web' } as const;

function open(fetch = server.fetch): Consent {
  return new Consent({ ...PLACE, session, store: localStorage, fetch, newKey: () => 'k-1' });
}

beforeEach(() => {
  localStorage.clear();
  provider = 'sandbox';
  kept = [];
  server = new FakeServer(answer);
  session = new ViewerSession({ ...PLACE, given: null, store: localStorage, fetch: server.fetch, now: () => 0 });
  consent = open();
});

const puts = (): unknown[] => server.asked.filter((asked) => asked.method === 'PUT').map((asked) => asked.body);
const stored = { provider: 'sandbox', reference: 'sandbox-k-1', currency: 'CNY', address: 'home' };

describe('a tap with the sandbox', () => {
  it('of a new buyer goes at once, and what it takes for agreed is stored meanwhile', async () => {
    expect(consent.ready('CNY')).toBe(true);
    await vi.waitFor(() => {
      expect(consent.given).toEqual(GIVEN);
    });
    expect(puts()).toEqual([stored]);
  });

  it('stores that once, however many taps go', async () => {
    expect([consent.ready('CNY'), consent.ready('CNY')]).toEqual([true, true]);
    await vi.waitFor(() => {
      expect(consent.given).toEqual(GIVEN);
    });
    expect(consent.ready('CNY')).toBe(true);
    expect(puts()).toHaveLength(1);
  });

  it('goes all the same when it cannot be stored', async () => {
    server.answer = (asked) => (asked.method === 'PUT' ? { status: 503, body: problem('busy', 503) } : answer(asked));
    expect(consent.ready('CNY')).toBe(true);
    await vi.waitFor(() => {
      expect(puts()).toHaveLength(1);
    });
    expect(consent.given).toMatchObject({ provider: 'sandbox', ends_with: '' });
    expect(consent.ready('CNY')).toBe(true);
  });

  it('says how it is paid before anything was stored', async () => {
    await consent.learn();
    expect(consent.given).toMatchObject({ provider: 'sandbox', ends_with: '', address: 'home' });
    expect(puts()).toEqual([]);
  });
});

describe('an agreement with the sandbox that its buyer took back', () => {
  beforeEach(async () => {
    await consent.learn();
    expect(await consent.revoke()).toBeNull();
  });

  it('is asked for at the next tap, and by the next page of this browser too', async () => {
    expect([consent.given, consent.ready('CNY')]).toEqual([null, false]);
    expect(await open().ready('CNY')).toBe(false);
    expect(puts()).toEqual([]);
  });

  it('is asked for also while the server does not say', async () => {
    server.answer = () => new TypeError('no network');
    expect(await open().ready('CNY')).toBe(false);
  });

  it('given again is not asked for any more', async () => {
    expect(await consent.agree('work', 'CNY')).toBeNull();
    expect(puts()).toEqual([{ ...stored, address: 'work' }]);
    expect(await open().ready('CNY')).toBe(true);
  });
});

it('a pretended agreement on its way when its buyer takes it back is deleted after it', async () => {
  expect(consent.ready('CNY')).toBe(true);
  expect(await consent.revoke()).toBeNull();
  expect(server.asked.at(-1)?.method).toBe('DELETE');
  expect([kept, consent.given]).toEqual([[], null]);
});

it('an agreement that could not be taken back stands', async () => {
  kept = [GIVEN];
  await consent.learn();
  server.answer = (asked) => (asked.method === 'DELETE' ? { status: 503, body: problem('busy', 503) } : answer(asked));
  expect(await consent.revoke()).toMatchObject({ title: 'busy' });
  expect([consent.given, consent.ready('CNY')]).toEqual([GIVEN, true]);
});

describe('a tap with a real gateway, on a page that can have agreements signed', () => {
  beforeEach(() => {
    provider = 'alipay';
    consent.signing = () => Promise.resolve(null);
  });

  it('may go when its buyer has agreed', async () => {
    kept = [{ ...GIVEN, provider: 'alipay' }];
    expect(await consent.ready('CNY')).toBe(true);
    expect(consent.ready('CNY')).toBe(true);
  });

  it('is kept when its buyer has not, or agreed with another gateway, and nothing is pretended', async () => {
    expect(await consent.ready('CNY')).toBe(false);
    kept = [{ ...GIVEN, provider: 'stripe' }];
    await consent.learn();
    expect([consent.ready('CNY'), puts()]).toEqual([false, []]);
  });

  it('goes when the server does not say', async () => {
    server.answer = (asked) => (asked.path.endsWith('/guests') ? answer(asked) : { status: 404, body: problem('not-found', 404) });
    expect(await consent.ready('CNY')).toBe(true);
  });

  it('waits for that no longer than it must', async () => {
    vi.useFakeTimers();
    consent = open(() => new Promise(() => undefined));
    consent.signing = () => Promise.resolve(null);
    const ready = consent.ready('CNY');
    await vi.advanceTimersByTimeAsync(LEARN_MS);
    expect(await ready).toBe(true);
    vi.useRealTimers();
  });
});

it('a tap goes where nobody could agree: a real gateway, and no host page to sign on', async () => {
  provider = 'alipay';
  expect(consent.ready('CNY')).toBe(true);
  await consent.learn();
  expect([consent.ready('CNY'), consent.given, puts()]).toEqual([true, null, []]);
});

describe('an agreement', () => {
  it('with a real gateway is what the host page had signed', async () => {
    provider = 'alipay';
    await consent.learn();
    consent.signing = ({ currency }) => Promise.resolve({ provider: 'alipay', reference: 'agr-7', currency, proof: 'jwt' });
    expect(await consent.agree('work', 'CNY')).toBeNull();
    expect(puts()).toEqual([{ provider: 'alipay', reference: 'agr-7', currency: 'CNY', proof: 'jwt', address: 'work' }]);
  });

  it('not signed is none', async () => {
    provider = 'alipay';
    await consent.learn();
    consent.signing = () => Promise.resolve(null);
    expect(await consent.agree('home', 'CNY')).toMatchObject({ type: 'page/not-confirmed' });
    expect(puts()).toEqual([]);
  });

  it('taken back is asked for again', async () => {
    provider = 'alipay';
    kept = [{ ...GIVEN, provider: 'alipay' }];
    consent.signing = () => Promise.resolve(null);
    await consent.learn();
    expect(await consent.revoke()).toBeNull();
    expect([consent.given, consent.ready('CNY')]).toEqual([null, false]);
  });
});
