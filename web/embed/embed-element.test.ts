import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import './embed-element';
import type { SeeNowBuyNow } from './embed-element';
import { cue, look, orderAnswer, snapshot } from '../shared/testing/examples';
import { FakeServer, FakeWebSocket, type Asked, type Reply } from '../shared/testing/world';

const CHANNEL = { id: 'weibo', name: 'Weibo', names: { zh: '微博' }, kind: 'app', latency_ms: 3_000, playhead: true, guests: true };

let embed: SeeNowBuyNow;
let sockets: FakeWebSocket[];
let server: FakeServer;
let heard: [string, unknown][];

function answer(asked: Asked): Reply {
  if (asked.path === '/v1/shows/night') return { status: 200, body: { show: 'night', channels: [CHANNEL] } };
  if (asked.path.endsWith('/guests')) return { status: 201, body: { token: 'guest', expires_ms: 9_000_000_000_000 } };
  return { status: 201, body: orderAnswer() };
}

beforeEach(async () => {
  vi.useFakeTimers({ now: 10_000_000 });
  localStorage.clear();
  sessionStorage.clear();
  sockets = [];
  server = new FakeServer(answer);
  heard = [];
  vi.stubGlobal('fetch', server.fetch);
  vi.stubGlobal(
    'WebSocket',
    class extends FakeWebSocket {
      static readonly CONNECTING = 0;
      static readonly OPEN = 1;
      static readonly CLOSED = 3;
      constructor(url: string, protocol: string) {
        super(url, protocol);
        sockets.push(this);
      }
    },
  );
  for (const type of ['cue', 'order', 'problem']) document.addEventListener(type, listen);
  embed = document.createElement('see-now-buy-now');
  embed.setAttribute('show', 'night');
  embed.setAttribute('channel', 'weibo');
  embed.setAttribute('base', 'https://shop.example');
  embed.setAttribute('lang', 'en');
  document.body.append(embed);
  await vi.advanceTimersByTimeAsync(0);
});

afterEach(() => {
  embed.remove();
  for (const type of ['cue', 'order', 'problem']) document.removeEventListener(type, listen);
  document.body.replaceChildren();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function listen(event: Event): void {
  heard.push([event.type, (event as CustomEvent<unknown>).detail]);
}

function onAir(): void {
  sockets.at(-1)?.says(snapshot(2, [cue(1, 1_000, look('l1')), cue(2, 9_998_000, look('l2'))], { now_ms: 10_000_000 }));
}

const card = (): HTMLElement | null | undefined => embed.shadowRoot?.querySelector<HTMLElement>('[data-look]');

describe('the element in a partner’s page', () => {
  it('connects to the show and channel of its attributes', () => {
    expect(sockets[0]?.url).toBe('wss://shop.example/v1/shows/night/feed?channel=weibo');
  });

  it('without a player of its own shows what the channel’s usual delay makes it', async () => {
    onAir();
    await vi.advanceTimersByTimeAsync(100);
    expect(card()?.dataset['look']).toBe('l1');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(card()?.dataset['look']).toBe('l2');
  });

  it('follows the programme time the host page tells', async () => {
    embed.programmeTime = () => 9_999_000;
    await vi.advanceTimersByTimeAsync(0);
    onAir();
    await vi.advanceTimersByTimeAsync(100);
    expect(card()?.dataset['look']).toBe('l2');
  });

  it('waits for the player it is to follow, and shows nothing before', async () => {
    embed.setAttribute('for', 'player');
    onAir();
    await vi.advanceTimersByTimeAsync(500);
    expect(card()).toBeNull();
    const player = Object.assign(document.createElement('div'), { id: 'player', programmeTime: () => 2_000 });
    document.body.append(player);
    await vi.advanceTimersByTimeAsync(500);
    expect(card()?.dataset['look']).toBe('l1');
  });

  it('connects anew when its channel changes', async () => {
    embed.setAttribute('channel', 'web');
    await vi.advanceTimersByTimeAsync(0);
    expect(sockets).toHaveLength(2);
    expect(sockets[0]?.closedByPage).toBe(true);
    expect(sockets[1]?.url).toContain('channel=web');
  });

  it('leaves nothing running when it is removed', async () => {
    embed.remove();
    expect(sockets[0]?.closedByPage).toBe(true);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(sockets).toHaveLength(1);
  });
});

describe('what it tells the page', () => {
  it('is each cue on this viewer’s screen', async () => {
    onAir();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(heard.map(([type, detail]) => [type, (detail as { id: string }).id])).toEqual([
      ['cue', 'l1'],
      ['cue', 'l2'],
    ]);
  });

  it('is an order’s way, without the key or the token', async () => {
    onAir();
    await vi.advanceTimersByTimeAsync(100);
    sockets[0]?.closes(1006);
    card()?.shadowRoot?.querySelector<HTMLButtonElement>('[data-action="buy"]')?.click();
    await vi.advanceTimersByTimeAsync(0);
    const orders = heard.filter(([type]) => type === 'order').map(([, detail]) => detail);
    expect(orders).toEqual([
      { order: null, status: 'sending', sku: 'l1-s', quantity: 1, amount: null },
      { order: 'order-1', status: 'reserved', sku: 'l1-s', quantity: 1, amount: { value: 129_900, currency: 'CNY' } },
    ]);
  });

  it('is a problem when the show will not have it', () => {
    sockets[0]?.closes(4503, 'origin refused');
    expect(heard).toEqual([['problem', { type: 'about:blank', title: 'origin refused', status: 0, close_code: 4503 }]]);
  });
});
