import { beforeEach, describe, expect, test } from 'vitest';
import type { Cue } from '../shared/messages';
import { boundedTrim, MAX_DELAY_MS, REACTION_MS, readTap, readTrim, writeTrim } from './trim';

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
  test('on a TV three seconds later than its station says how late that TV is', () => {
    const cues = [cue('11', NOW - 85_000), cue('12', NOW - 25_000 - REACTION_MS)];
    expect(readTap(cues, NOW, STATION)?.taken).toEqual({ cue: cues[1], delayMs: 25_000 });
  });

  test('before the phone shows the look says that the TV is faster', () => {
    const cues = [cue('11', NOW - 79_000), cue('12', NOW - 19_000 - REACTION_MS)];
    expect(readTap(cues, NOW, STATION)?.taken.delayMs).toBe(19_000);
  });

  test('is taken for the look nearest to what is believed', () => {
    const cues = [cue('11', NOW - 50_000), cue('12', NOW - 20_000)];
    expect(readTap(cues, NOW, 47_000)?.taken.cue.id).toBe('11');
    expect(readTap(cues, NOW, STATION)?.taken.cue.id).toBe('12');
  });

  test('twice in a row at the same moment is the same reading', () => {
    const cues = [cue('11', NOW - 90_000), cue('12', NOW - 26_000)];
    const first = readTap(cues, NOW, STATION);
    expect(readTap(cues, NOW, first?.taken.delayMs ?? 0)).toEqual(first);
  });

  test('on a TV that is minutes behind is taken for the nearest look, however far off that is', () => {
    const cues = [cue('11', NOW - 240_000 - REACTION_MS)];
    expect(readTap(cues, NOW, STATION)).toEqual({ taken: { cue: cues[0], delayMs: 240_000 }, others: [] });
  });

  test('offers the other looks it can have been, nearest first and only a few', () => {
    const cues = [250, 190, 130, 70, 10].map((ago, place) => cue(String(place + 1), NOW - ago * 1_000));
    const reading = readTap(cues, NOW, STATION);
    expect(reading?.taken.cue.id).toBe('5');
    expect(reading?.others.map((other) => other.cue.id)).toEqual(['4', '3', '2']);
  });

  test('offers a look that came twice only once', () => {
    const cues = [cue('11', NOW - 200_000), cue('12', NOW - 150_000), { ...cue('11', NOW - 90_000), id: 'again' }, cue('12', NOW - 25_000)];
    const reading = readTap(cues, NOW, STATION);
    expect(reading?.taken.cue).toBe(cues[3]);
    expect(reading?.others.map((other) => other.cue.id)).toEqual(['again']);
  });

  test('is about nothing where no look has changed that a TV could show now', () => {
    expect(readTap([], NOW, STATION)).toBeNull();
    expect(readTap([cue('12', NOW - MAX_DELAY_MS - 1_000)], NOW, STATION)).toBeNull();
  });

  test('is never about a clear, nor about a look still to come', () => {
    expect(readTap([cue('x', NOW - 22_000, false), cue('13', NOW + 5_000)], NOW, STATION)).toBeNull();
  });

  test('is about a look stepping out, not about news of one that is there', () => {
    const cues = [cue('12', NOW - 40_000), { ...cue('12', NOW - 22_000), id: 'told anew' }];
    expect(readTap(cues, NOW, STATION)).toEqual({ taken: { cue: cues[0], delayMs: 40_000 - REACTION_MS }, others: [] });
  });

  test('is about what was on the TV, not about a mistake corrected on the same frame', () => {
    const cues = [cue('wrong', NOW - 22_000), { ...cue('right', NOW - 22_000), seq: 2 }];
    expect(readTap(cues, NOW, STATION)?.taken.cue.id).toBe('right');
    expect(readTap(cues, NOW, STATION)?.others).toEqual([]);
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
    expect(boundedTrim(STATION, 5_000_000)).toBe(MAX_DELAY_MS - STATION);
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
