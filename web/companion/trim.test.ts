import { beforeEach, describe, expect, test } from 'vitest';
import type { Cue } from '../shared/messages';
import { boundedTrim, MAX_DELAY_MS, REACTION_MS, readTrim, seenNow, writeTrim } from './trim';

const NOW = 1_700_000_000_000;
const STATION = 22_000;

function cue(id: string, atMs: number, look = true): Cue {
  return {
    type: 'cue',
    seq: 1,
    epoch: 'e',
    id,
    at_ms: atMs,
    sent_ms: atMs,
    action: look ? 'take' : 'clear',
    look: look ? { id, number: id, title: id, titles: {}, brand: 'B', offers: [], links: {} } : null,
  };
}

describe('"I see it now"', () => {
  test('on a TV three seconds later than its station moves the card three seconds back', () => {
    const cues = [cue('11', NOW - 85_000), cue('12', NOW - 25_000 - REACTION_MS)];
    expect(seenNow(cues, NOW, STATION, 0)).toEqual({ cue: cues[1], trimMs: 3_000 });
  });

  test('before the phone shows the look moves the card forward', () => {
    const cues = [cue('11', NOW - 79_000), cue('12', NOW - 19_000 - REACTION_MS)];
    expect(seenNow(cues, NOW, STATION, 0)?.trimMs).toBe(-3_000);
  });

  test('is about the look nearest to what is believed, also with an old trim', () => {
    const cues = [cue('11', NOW - 50_000), cue('12', NOW - 20_000)];
    expect(seenNow(cues, NOW, STATION, 25_000)?.cue.id).toBe('11');
    expect(seenNow(cues, NOW, STATION, 0)?.cue.id).toBe('12');
  });

  test('twice in a row at the same moment changes nothing more', () => {
    const cues = [cue('12', NOW - 26_000)];
    const first = seenNow(cues, NOW, STATION, 0);
    expect(seenNow(cues, NOW, STATION, first?.trimMs ?? 0)).toEqual(first);
  });

  test('with no look change near is not taken for one', () => {
    expect(seenNow([cue('12', NOW - 100_000)], NOW, STATION, 0)).toBeNull();
    expect(seenNow([], NOW, STATION, 0)).toBeNull();
  });

  test('is never about a clear, nor about a look still to come', () => {
    expect(seenNow([cue('x', NOW - 22_000, false), cue('13', NOW + 5_000)], NOW, STATION, 0)).toBeNull();
  });
});

describe('the trim', () => {
  let store: Storage;
  beforeEach(() => {
    localStorage.clear();
    store = localStorage;
  });

  test('cannot make a TV run ahead of the stage, nor further behind than any TV is', () => {
    expect(boundedTrim(STATION, -30_000)).toBe(-STATION);
    expect(boundedTrim(STATION, 500_000)).toBe(MAX_DELAY_MS - STATION);
    expect(boundedTrim(STATION, 750)).toBe(750);
  });

  test('is remembered for its own channel only', () => {
    writeTrim(store, 'beijing-tv', 1_250);
    expect(readTrim(store, 'beijing-tv')).toBe(1_250);
    expect(readTrim(store, 'youku')).toBe(0);
  });

  test('that is not readable counts as none', () => {
    store.setItem('snbn.trim.beijing-tv', 'later');
    expect(readTrim(store, 'beijing-tv')).toBe(0);
  });
});
