import type { ServerClock } from './clock';
import type { BuyerOrder } from './order-book';
import { numberOf, problemName, type Problem } from './wire';

/** A tap made this long before its channel's sale opens is kept, and goes by itself when it does; an earlier one is refused. */
export const MAX_OPENING_WAIT_MS = 90_000;

/** When the sale opens for which this tap came too early; null: it is not that, or it opens too late to wait for. */
export function opensAt(problem: Problem, clock: ServerClock): number | null {
  const opens_ms = problemName(problem) === 'not-on-sale' ? numberOf(problem, 'opens_at_ms') : null;
  return opens_ms === null || opens_ms - clock.now() > MAX_OPENING_WAIT_MS ? null : opens_ms;
}

/** How long a kept tap still waits: never less than until the server's instant, as well as its clock is known here. */
export function waitsFor_ms({ again_ms }: BuyerOrder, clock: ServerClock): number {
  const time = clock.told();
  const error_ms = time?.source === 'probe' ? time.error_ms : 0;
  return Math.min(MAX_OPENING_WAIT_MS, Math.max(0, (again_ms ?? 0) - clock.now() + error_ms));
}
