/** Orders per second, read off the growing counter in successive states. */

/** How many seconds the plot reaches back. */
export const SERIES_SECONDS = 120;

interface Sample {
  readonly atMs: number;
  readonly total: number;
}

/** One second of the series: `second` is Unix seconds. */
export interface RatePoint {
  readonly second: number;
  readonly perSecond: number;
}

/**
 * A bounded series of a counter's growth per second.
 *
 * States arrive when something changed, not on a beat, so the growth between two of them is spread evenly over the
 * time between them. A counter that went back belongs to another show or epoch, and the series starts afresh.
 */
export class RateSeries {
  private last: Sample | null = null;
  private readonly seconds = new Map<number, number>();

  /** Takes the counter as it stood at `atMs` (server wall time). Older or repeated instants only move the total. */
  add(atMs: number, total: number): void {
    const { last } = this;
    if (last === null || total < last.total) {
      this.seconds.clear();
      this.last = { atMs, total };
      return;
    }
    if (atMs < last.atMs) return;
    const grown = total - last.total;
    if (grown > 0) this.spread(Math.max(last.atMs, atMs - SERIES_SECONDS * 1000), atMs, grown);
    this.last = { atMs, total };
    this.forget(Math.floor(atMs / 1000) - SERIES_SECONDS);
  }

  /** The last full seconds before `nowMs`, oldest first, zeros included. */
  points(nowMs: number): RatePoint[] {
    const end = Math.floor(nowMs / 1000);
    return Array.from({ length: SERIES_SECONDS }, (_, index) => {
      const second = end - SERIES_SECONDS + index;
      return { second, perSecond: this.seconds.get(second) ?? 0 };
    });
  }

  private spread(fromMs: number, toMs: number, amount: number): void {
    if (toMs === fromMs) {
      this.grow(Math.floor(toMs / 1000), amount);
      return;
    }
    let at = fromMs;
    while (at < toMs) {
      const second = Math.floor(at / 1000);
      const until = Math.min(toMs, (second + 1) * 1000);
      this.grow(second, (amount * (until - at)) / (toMs - fromMs));
      at = until;
    }
  }

  private grow(second: number, amount: number): void {
    this.seconds.set(second, (this.seconds.get(second) ?? 0) + amount);
  }

  private forget(before: number): void {
    for (const second of this.seconds.keys()) {
      if (second < before) this.seconds.delete(second);
    }
  }
}
