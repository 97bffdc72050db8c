import { describe, expect, it } from 'vitest';
import { cue, feedState, look, stock } from './testing/examples';
import { MAX_CUES, Timeline } from './timeline';

const first = look('l1');
const second = look('l2');

function timelineOf(...cues: Parameters<Timeline['addCue']>[0][]): Timeline {
  const timeline = new Timeline();
  for (const each of cues) timeline.addCue(each);
  return timeline;
}

describe('what is on screen at a programme time', () => {
  it('is nothing before the first take', () => {
    expect(timelineOf(cue(1, 1000, first)).lookAt(999)).toBeNull();
  });

  it('is the look from the very frame of its take on', () => {
    const timeline = timelineOf(cue(1, 1000, first), cue(2, 2000, second));
    expect(timeline.lookAt(1000)?.id).toBe('l1');
    expect(timeline.lookAt(1999)?.id).toBe('l1');
    expect(timeline.lookAt(2000)?.id).toBe('l2');
  });

  it('is nothing after a clear', () => {
    expect(timelineOf(cue(1, 1000, first), cue(2, 2000, null)).lookAt(2500)).toBeNull();
  });

  it('is the later message of two for the same frame', () => {
    const timeline = timelineOf(cue(2, 1000, second, { action: 'correct' }), cue(1, 1000, first));
    expect(timeline.lookAt(1000)?.id).toBe('l2');
  });

  it('is the earlier look again when a take was undone', () => {
    const timeline = timelineOf(cue(1, 1000, first), cue(2, 2000, second), cue(3, 1500, first, { replaces: ['cue-2'] }));
    expect(timeline.lookAt(2500)?.id).toBe('l1');
  });

  it('follows programme time, not the order in which cues were told', () => {
    const timeline = timelineOf(cue(1, 3000, second), cue(2, 1000, first));
    expect(timeline.lookAt(1500)?.id).toBe('l1');
    expect(timeline.lookAt(3500)?.id).toBe('l2');
  });

  it('is known ahead of time for a cue armed early', () => {
    const timeline = timelineOf(cue(1, 1000, first), cue(2, 9000, second));
    expect(timeline.nextChangeAfter(1000)).toBe(9000);
    expect(timeline.nextChangeAfter(9000)).toBeNull();
  });
});

describe('a snapshot', () => {
  it('replaces everything known before', () => {
    const timeline = timelineOf(cue(1, 1000, first));
    timeline.addStock(stock(2, 'l1-s', 3));
    timeline.reset(feedState([cue(5, 2000, second)], { stock: { 'l2-s': { left: 4, state: 'on_sale' } } }));
    expect(timeline.lookAt(1500)).toBeNull();
    expect(timeline.lookAt(2500)?.id).toBe('l2');
    expect(timeline.stock('l1-s')).toBeNull();
    expect(timeline.stock('l2-s')?.left).toBe(4);
  });

  it('counts what is on air even when it is older than the cues it lists', () => {
    const timeline = new Timeline();
    timeline.reset(feedState([], { on_air: cue(1, 1000, first) }));
    expect(timeline.lookAt(5000)?.id).toBe('l1');
  });
});

describe('looks so far', () => {
  it('are each once, newest first, and none that this viewer has not reached', () => {
    const timeline = timelineOf(cue(1, 1000, first), cue(2, 2000, second), cue(3, 3000, first), cue(4, 9000, look('l9')));
    expect(timeline.looksUntil(5000).map((shown) => shown.id)).toEqual(['l1', 'l2']);
  });

  it('leave out a mistake that was corrected on its own frame', () => {
    const timeline = timelineOf(cue(1, 1000, first), cue(2, 1000, second, { action: 'correct' }));
    expect(timeline.looksUntil(5000).map((shown) => shown.id)).toEqual(['l2']);
  });
});

it('keeps a bounded number of cues, the newest', () => {
  const timeline = new Timeline();
  for (let seq = 1; seq <= MAX_CUES + 5; seq += 1) timeline.addCue(cue(seq, seq * 10, first));
  expect(timeline.cues()).toHaveLength(MAX_CUES);
  expect(timeline.cues()[0]?.seq).toBe(6);
});

it('hears stock as last told', () => {
  const timeline = new Timeline();
  timeline.addStock(stock(1, 'l1-s', 3));
  timeline.addStock(stock(2, 'l1-s', 0));
  expect(timeline.stockLevels().get('l1-s')).toEqual({ left: 0, state: 'sold_out' });
});
