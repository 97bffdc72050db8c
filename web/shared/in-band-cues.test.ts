import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServerClock } from './clock';
import { FeedClient } from './feed';
import { inBandCues, MAX_IN_BAND, type DateRangeTag } from './in-band-cues';
import { cue, look, snapshot } from './testing/examples';
import { FakeSockets } from './testing/world';

const coat = { id: 'l1', number: '1', title: '羊毛大衣', brand: 'Qing', offers: [{ sku: 'l1-s', title: 'Coat', price: { value: 129_900, currency: 'CNY' }, state: 'on_sale' }] };

function coded(value: unknown): string {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_');
}

function tag(id: string, at_ms: number, change: object = {}, attr: Record<string, string> = {}): DateRangeTag {
  const data = { id, at_ms, action: 'take', seq: 1, look: coat, ...change };
  return { id, class: 'snbn.look', attr: { 'X-SNBN-DATA': coded(data), ...attr } };
}

describe('a cue in the playlist', () => {
  it('is the look with its articles and prices, at its frame', () => {
    const [told] = inBandCues({ a: tag('c1', 1000) });
    expect(told).toMatchObject({ type: 'cue', id: 'c1', at_ms: 1000, seq: 1, action: 'take' });
    expect(told?.look).toMatchObject({ id: 'l1', title: '羊毛大衣', offers: [{ sku: 'l1-s', price: { value: 129_900, currency: 'CNY' }, state: 'on_sale' }] });
  });

  it('may say that nothing is to be shown, and what no longer counts', () => {
    expect(inBandCues({ a: tag('c2', 2000, { action: 'clear', look: null }, { 'X-SNBN-REPLACES': 'c0 c1' }) })).toMatchObject([{ look: null, replaces: ['c0', 'c1'] }]);
  });

  it.each([
    ['of another class', { ...tag('c1', 1), class: 'com.apple.hls.interstitial' }],
    ['without data', { ...tag('c1', 1), attr: {} }],
    ['that is no base64', { ...tag('c1', 1), attr: { 'X-SNBN-DATA': '%%%' } }],
    ['that is no JSON', { ...tag('c1', 1), attr: { 'X-SNBN-DATA': btoa('{') } }],
    ['that is about another cue', { ...tag('c1', 1), id: 'c9' }],
    ['without a time', tag('c1', 1, { at_ms: 'soon' })],
    ['whose look is none', tag('c1', 1, { look: { id: 7 } })],
  ])('is left out: one %s', (_what, wrong) => {
    expect(inBandCues({ wrong, good: tag('c2', 5) }).map((told) => told.id)).toEqual(['c2']);
  });

  it('is read up to a bound, the last first', () => {
    const tags = Object.fromEntries(Array.from({ length: MAX_IN_BAND + 3 }, (_, n) => [`c${String(n)}`, tag(`c${String(n)}`, n)]));
    expect(inBandCues(tags)).toHaveLength(MAX_IN_BAND);
  });
});

describe('a page without a feed', () => {
  let sockets: FakeSockets;
  let feed: FeedClient;

  beforeEach(() => {
    vi.useFakeTimers();
    sockets = new FakeSockets();
    feed = new FeedClient({ base: 'https://shop.example', show: 'night', channel: 'web', clock: new ServerClock(() => Date.now()), random: () => 0.5, page: window, sockets });
    feed.start();
  });

  afterEach(() => {
    feed.stop();
    vi.useRealTimers();
  });

  it('knows the looks its picture carries', () => {
    const heard = vi.fn();
    feed.changes.listen(heard);
    feed.hearInBand(inBandCues({ a: tag('c1', 1000) }));
    feed.hearInBand(inBandCues({ a: tag('c1', 1000) }));
    expect(feed.timeline.lookAt(1000)?.id).toBe('l1');
    expect(feed.phase).toBe('live');
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it('takes an undone take back', () => {
    feed.hearInBand(inBandCues({ a: tag('c1', 1000) }));
    feed.hearInBand(inBandCues({ b: tag('c2', 1000, { action: 'correct', look: null }, { 'X-SNBN-REPLACES': 'c1' }) }));
    expect(feed.timeline.cues().map((told) => told.id)).toEqual(['c2']);
  });

  it('has each cue once when the feed comes: the feed\'s word for it', () => {
    feed.hearInBand(inBandCues({ a: tag('cue-1', 1000) }));
    sockets.last.says(snapshot(1, [cue(1, 1000, look('l1'))]));
    feed.hearInBand(inBandCues({ a: tag('cue-1', 1000), b: tag('forged', 1500) }));
    expect(feed.timeline.cues().map((told) => told.id)).toEqual(['cue-1']);
    expect(feed.timeline.lookAt(1000)?.links).not.toEqual({});
  });

  it('goes on by its picture when the feed breaks off', () => {
    sockets.last.says(snapshot(1, [cue(1, 1000, look('l1'))]));
    sockets.last.closes(1006);
    feed.hearInBand(inBandCues({ a: tag('cue-1', 1000), b: tag('cue-2', 2000, { seq: 2 }) }));
    expect(feed.timeline.cues().map((told) => told.id)).toEqual(['cue-1', 'cue-2']);
    expect(feed.timeline.lookAt(1000)?.links).not.toEqual({});
  });
});
