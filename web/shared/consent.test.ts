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

beforeEach(() => {
  localStorage.clear();
  provider = 'sandbox';
  kept = [];
  server = new FakeServer(answer);
  session = new ViewerSession({ base: 'https://shop.example', show: 'night', channel: 'web', given: null, store: localStorage, fetch: server.fetch, now: () => 0 });
  consent = new Consent({ base: 'https://shop.example', session, fetch: server.fetch, newKey: () => 'k-1' });
});

const put = (): unknown => server.asked.find((asked) => asked.method === 'PUT')?.body;

describe('a tap', () => {
  it('may go when its buyer has agreed', async () => {
    kept = [GIVEN];
    expect(await consent.ready()).toBe(true);
    expect(consent.ready()).toBe(true);
    expect(consent.given?.ends_with).toBe('a1b2');
  });

  it('is kept when its buyer has not, or agreed with another gateway', async () => {
    expect(await consent.ready()).toBe(false);
    kept = [{ ...GIVEN, provider: 'stripe' }];
    await consent.learn();
    expect(consent.ready()).toBe(false);
  });

  it('goes where nobody could agree: a real gateway, and no host page to sign on', async () => {
    provider = 'alipay';
    expect(await consent.ready()).toBe(true);
    consent.signing = () => Promise.resolve(null);
    expect(consent.ready()).toBe(false);
  });

  it('goes when the server does not say', async () => {
    server.answer = (asked) => (asked.path.endsWith('/guests') ? answer(asked) : { status: 404, body: problem('not-found', 404) });
    expect(await consent.ready()).toBe(true);
  });

  it('waits for that no longer than it must', async () => {
    vi.useFakeTimers();
    consent = new Consent({ base: 'https://shop.example', session, fetch: () => new Promise(() => undefined), newKey: () => 'k' });
    const ready = consent.ready();
    await vi.advanceTimersByTimeAsync(LEARN_MS);
    expect(await ready).toBe(true);
    vi.useRealTimers();
  });
});

describe('an agreement', () => {
  it('with the sandbox is pretended, by reference and with no card', async () => {
    await consent.learn();
    expect(await consent.agree('home', 'CNY')).toBeNull();
    expect(put()).toEqual({ provider: 'sandbox', reference: 'sandbox-k-1', currency: 'CNY', address: 'home' });
    expect(consent.ready()).toBe(true);
  });

  it('with a real gateway is what the host page had signed', async () => {
    provider = 'alipay';
    await consent.learn();
    consent.signing = ({ currency }) => Promise.resolve({ provider: 'alipay', reference: 'agr-7', currency, proof: 'jwt' });
    expect(await consent.agree('work', 'CNY')).toBeNull();
    expect(put()).toEqual({ provider: 'alipay', reference: 'agr-7', currency: 'CNY', proof: 'jwt', address: 'work' });
  });

  it('not signed is none', async () => {
    provider = 'alipay';
    await consent.learn();
    consent.signing = () => Promise.resolve(null);
    expect(await consent.agree('home', 'CNY')).toMatchObject({ type: 'page/not-confirmed' });
    expect(put()).toBeUndefined();
  });

  it('taken back is asked for again', async () => {
    kept = [GIVEN];
    await consent.learn();
    expect(await consent.revoke()).toBeNull();
    expect([consent.given, consent.ready()]).toEqual([null, false]);
  });
});
