import { describe, expect, it } from 'vitest';
import { FrameLength, MAX_SEGMENTS, ProgrammeMap } from './programme-map';

const FRAME_S = 0.04;
const CAPTURED_MS = 1_700_000_000_000;

function map(...starts_s: number[]): ProgrammeMap {
  const made = new ProgrammeMap();
  for (const start_s of starts_s) made.learn({ start_s, duration_s: 2, date_ms: CAPTURED_MS + start_s * 1000 });
  return made;
}

describe('the capture instant of a frame', () => {
  it('is its segment’s date plus how far it is into the segment, to the millisecond', () => {
    expect(map(10, 12).at(12.52, FRAME_S)).toBe(CAPTURED_MS + 12_520);
  });

  it('is its own segment’s even when rounding puts it just before that segment’s start', () => {
    const looped = new ProgrammeMap();
    looped.learn({ start_s: 10, duration_s: 2, date_ms: 5_000 });
    looped.learn({ start_s: 12, duration_s: 2, date_ms: 900_000 });
    expect(looped.at(11.9999, FRAME_S)).toBe(900_000);
    expect(looped.at(11.96, FRAME_S)).toBe(6_960);
  });

  it('is never later than the frame, so that no card is early', () => {
    const made = map(0);
    for (let frame = 0; frame < 50; frame += 1) expect(made.at(frame * FRAME_S, FRAME_S)).toBe(CAPTURED_MS + frame * 40);
  });

  it('is unknown before the first known segment and far beyond the last', () => {
    expect(map(10).at(9, FRAME_S)).toBeNull();
    expect(map(10).at(14, FRAME_S)).toBeNull();
    expect(new ProgrammeMap().at(0, FRAME_S)).toBeNull();
  });

  it('follows a discontinuity and a segment buffered again elsewhere', () => {
    const made = map(10, 12);
    made.learn({ start_s: 12.003, duration_s: 2, date_ms: CAPTURED_MS + 60_000 });
    expect(made.at(13.003, FRAME_S)).toBe(CAPTURED_MS + 61_000);
    expect(made.at(11, FRAME_S)).toBe(CAPTURED_MS + 11_000);
  });

  it('is known after a seek back to segments the playlist has dropped', () => {
    const made = map(...Array.from({ length: 100 }, (_, index) => index * 2));
    expect(made.at(3, FRAME_S)).toBe(CAPTURED_MS + 3_000);
  });

  it('takes no notice of a segment without a usable date', () => {
    const made = map(10);
    made.learn({ start_s: 12, duration_s: 2, date_ms: Number.NaN });
    expect(made.at(12.5, FRAME_S)).toBe(CAPTURED_MS + 12_500);
  });

  it('forgets the oldest of very many segments', () => {
    const made = map(...Array.from({ length: MAX_SEGMENTS + 1 }, (_, index) => index * 2));
    expect(made.at(1, FRAME_S)).toBeNull();
    expect(made.at(3, FRAME_S)).toBe(CAPTURED_MS + 3_000);
  });
});

describe('the length of a frame', () => {
  it('is learnt from frames that follow one another', () => {
    const length = new FrameLength();
    for (let frame = 0; frame < 10; frame += 1) length.presented(frame / 30, frame);
    expect(length.seconds).toBeCloseTo(1 / 30, 3);
  });

  it('is not confused by a seek or by skipped frames', () => {
    const length = new FrameLength();
    length.presented(0, 1);
    length.presented(0.04, 2);
    length.presented(50, 3);
    length.presented(50.12, 6);
    expect(length.seconds).toBeCloseTo(0.04, 2);
  });
});
