/** The server's wall time, estimated from the `now_ms` of the states it pushes. */

/** States remembered. The one that travelled fastest decides. */
const WINDOW = 32;

/**
 * Each pushed state says the server's time when it was made; it arrives some delay later. The largest difference
 * seen is the one with the smallest delay, so it is the best estimate, and always a little behind, never ahead.
 */
export class PushedClock {
  private readonly offsets: number[] = [];

  /** Takes a state's `now_ms` and the local wall time at which it arrived. */
  observe(serverMs: number, localMs: number): void {
    this.offsets.push(serverMs - localMs);
    if (this.offsets.length > WINDOW) this.offsets.shift();
  }

  /** The server's time at a local wall time. Before the first state, the local time itself. */
  at(localMs: number): number {
    return this.offsets.length === 0 ? localMs : localMs + Math.max(...this.offsets);
  }
}
