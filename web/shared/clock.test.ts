import { describe, expect, it } from 'vitest';
import { MAX_SAMPLES, ServerClock, SNAPSHOT_ERROR_MS, type ClockSample } from './clock';

const TRUE_OFFSET_MS = 86_400_000;

/** A probe sent at `t0_ms` by the page's clock over a network with these delays. */
function probe(t0_ms: number, there_ms: number, back_ms: number, offset_ms = TRUE_OFFSET_MS): ClockSample {
  const t1_ms = t0_ms + there_ms + offset_ms;
  return { t0_ms, t1_ms, t2_ms: t1_ms + 1, t3_ms: t0_ms + there_ms + 1 + back_ms };
}

function clockAt(local: { now: number }): ServerClock {
  return new ServerClock(() => local.now);
}

describe("the server's clock", () => {
  it('is unknown before anything was heard, and this page’s own serves', () => {
    const clock = clockAt({ now: 500 });
    expect(clock.estimate()).toBeNull();
    expect(clock.now()).toBe(500);
  });

  it('is read from the probe with the shortest way, whatever the others say', () => {
    const local = { now: 10_000 };
    const clock = clockAt(local);
    clock.add(probe(1_000, 400, 20));
    clock.add(probe(2_000, 5, 5));
    clock.add(probe(3_000, 30, 700));
    expect(clock.estimate()?.offset_ms).toBe(TRUE_OFFSET_MS);
    expect(clock.estimate()?.source).toBe('probe');
  });

  it('is never further off than its stated bound, however lopsided the way', () => {
    const local = { now: 0 };
    const clock = clockAt(local);
    for (let index = 0; index < 200; index += 1) {
      local.now = index * 1_000;
      const there = (index * 37) % 211;
      const back = (index * 53) % 97;
      clock.add(probe(local.now - there - back - 1, there, back));
      const estimate = clock.estimate();
      expect(Math.abs((estimate?.offset_ms ?? Number.NaN) - TRUE_OFFSET_MS)).toBeLessThanOrEqual(estimate?.error_ms ?? -1);
    }
  });

  it('follows a clock that was stepped, instead of averaging over the step', () => {
    const local = { now: 5_000 };
    const clock = clockAt(local);
    clock.add(probe(1_000, 2, 2));
    clock.add(probe(4_000, 20, 20, TRUE_OFFSET_MS + 60_000));
    expect(clock.estimate()?.offset_ms).toBe(TRUE_OFFSET_MS + 60_000);
  });

  it('forgets a good old probe in time, so that drift cannot hide', () => {
    const local = { now: 1_010 };
    const clock = clockAt(local);
    clock.add(probe(1_000, 1, 1));
    for (let index = 1; index <= MAX_SAMPLES; index += 1) clock.add(probe(1_000 + index * 30_000, 10, 10, TRUE_OFFSET_MS + 4));
    local.now = 1_000 + MAX_SAMPLES * 30_000 + 30;
    expect(clock.estimate()?.offset_ms).toBe(TRUE_OFFSET_MS + 4);
  });

  it('refuses an answer that came before its question', () => {
    const clock = clockAt({ now: 0 });
    expect(clock.add({ t0_ms: 100, t1_ms: 50, t2_ms: 51, t3_ms: 90 })).toBe(false);
    expect(clock.estimate()).toBeNull();
  });

  it('has a wide bound where only a snapshot told the time', () => {
    const clock = clockAt({ now: 1_000 });
    clock.addSnapshot(50_000);
    expect(clock.now()).toBe(50_000);
    expect(clock.estimate()).toEqual({ offset_ms: 49_000, error_ms: SNAPSHOT_ERROR_MS, source: 'snapshot' });
  });

  it('prefers any probe to a snapshot', () => {
    const clock = clockAt({ now: 1_010 });
    clock.addSnapshot(50_000);
    clock.add(probe(1_000, 2, 2));
    expect(clock.estimate()?.source).toBe('probe');
  });
});
