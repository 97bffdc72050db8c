/** Capped exponential backoff with full jitter: a crowd that lost its server together does not come back together. */
export interface Backoff {
  readonly firstMs: number;
  readonly capMs: number;
}

export const RECONNECT: Backoff = { firstMs: 500, capMs: 10_000 };

/** The wait before attempt number `attempt` (0 is the first), for `random` in [0, 1). */
export function backoffMs(backoff: Backoff, attempt: number, random: number): number {
  const ceiling = Math.min(backoff.capMs, backoff.firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(random * ceiling);
}
