/** One exchange of a clock probe, all in milliseconds: t0/t3 by this page's clock, t1/t2 by the server's. */
export interface ClockSample {
  readonly t0_ms: number;
  readonly t1_ms: number;
  readonly t2_ms: number;
  readonly t3_ms: number;
}

/** server time = local time + `offset_ms`, wrong by at most `error_ms`. */
export interface ClockEstimate {
  readonly offset_ms: number;
  readonly error_ms: number;
  readonly source: 'probe' | 'snapshot';
}

/** A reading of the server's clock: wrong by at most `error_ms`. */
export interface ServerTime {
  readonly now_ms: number;
  readonly error_ms: number;
  readonly source: ClockEstimate['source'];
}

/** Probes kept; the one with the shortest way there and back decides. */
export const MAX_SAMPLES = 30;

/** How far two ordinary clocks drift apart: 100 parts in a million, twice what quartz is sold as. */
export const DRIFT_PER_MS = 100e-6;

/** The stated bound of an offset read from a snapshot's `now_ms`: its way here is unknown. */
export const SNAPSHOT_ERROR_MS = 2_000;

/** Timestamps are rounded to milliseconds or coarser by servers and by browsers that resist fingerprinting. */
const ROUNDING_MS = 1;

interface Interval {
  readonly at_ms: number;
  readonly offset_ms: number;
  readonly half_ms: number;
}

/**
 * The server's clock as seen from this page: a min-RTT filter over the last probes (Cristian's algorithm with the bound of
 * RFC 5905's delay/2). A stepped clock, on either side, shows as a probe whose interval cannot overlap the older ones;
 * they are then forgotten.
 */
export class ServerClock {
  readonly #local: () => number;
  #intervals: Interval[] = [];
  #coarse: Interval | null = null;

  /** `local` reads this page's monotonic clock in milliseconds. */
  constructor(local: () => number) {
    this.#local = local;
  }

  /** This page's own clock. */
  localNow(): number {
    return this.#local();
  }

  /** Takes in a probe's answer; returns false where its times cannot be (answered before asked). */
  add(sample: ClockSample): boolean {
    const roundTrip = sample.t3_ms - sample.t0_ms - (sample.t2_ms - sample.t1_ms);
    if (!(roundTrip >= -ROUNDING_MS) || sample.t2_ms < sample.t1_ms) return false;
    const interval: Interval = {
      at_ms: sample.t3_ms,
      offset_ms: (sample.t1_ms - sample.t0_ms + (sample.t2_ms - sample.t3_ms)) / 2,
      half_ms: Math.max(0, roundTrip) / 2 + ROUNDING_MS,
    };
    this.#intervals = this.#intervals.filter((older) => overlap(older, interval));
    this.#intervals.push(interval);
    if (this.#intervals.length > MAX_SAMPLES) this.#intervals.shift();
    return true;
  }

  /** A snapshot's `now_ms`, received just now: used only until a probe is answered, with a wide bound. */
  addSnapshot(now_ms: number): void {
    const at_ms = this.#local();
    this.#coarse = { at_ms, offset_ms: now_ms - at_ms, half_ms: SNAPSHOT_ERROR_MS };
  }

  /** The best estimate now, or null before the server was heard. */
  estimate(): ClockEstimate | null {
    const now = this.#local();
    let best: Interval | null = null;
    for (const interval of this.#intervals) {
      if (best === null || boundAt(interval, now) < boundAt(best, now)) best = interval;
    }
    if (best !== null) return { offset_ms: best.offset_ms, error_ms: boundAt(best, now), source: 'probe' };
    if (this.#coarse === null) return null;
    return { offset_ms: this.#coarse.offset_ms, error_ms: boundAt(this.#coarse, now), source: 'snapshot' };
  }

  /** The server's wall time now with the bound of its error, or null before the server was heard. */
  told(): ServerTime | null {
    const estimate = this.estimate();
    return estimate === null ? null : { now_ms: this.#local() + estimate.offset_ms, error_ms: estimate.error_ms, source: estimate.source };
  }

  /** The server's wall time now; this page's own before the server was heard. */
  now(): number {
    return this.#local() + (this.estimate()?.offset_ms ?? 0);
  }
}

function boundAt(interval: Interval, now_ms: number): number {
  return interval.half_ms + Math.abs(now_ms - interval.at_ms) * DRIFT_PER_MS;
}

function overlap(older: Interval, newer: Interval): boolean {
  return Math.abs(older.offset_ms - newer.offset_ms) <= boundAt(older, newer.at_ms) + newer.half_ms;
}

/** UTC milliseconds that never jump while the page lives: the wall clock at load plus the monotonic clock since. */
export function monotonicClock(performance: Performance): () => number {
  const origin = performance.timeOrigin;
  return () => origin + performance.now();
}
