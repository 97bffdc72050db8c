/**
 * How far this viewer's TV is behind the stage: the station's usual delay plus the viewer's own trim. Pure.
 *
 * Delays are milliseconds, positive when the TV is behind. Broadcast receivers of one station differ by up to about six
 * seconds, boxes that record by any amount, so the trim has room.
 */

import type { Cue } from '../shared/messages';

/** No TV is further behind than this, and none is ahead of the stage. */
export const MAX_DELAY_MS = 180_000;
/** A tap further than this from every look change is not about one. */
export const MAX_SEEN_STEP_MS = 45_000;
/** What people take to see a change and tap. */
export const REACTION_MS = 250;
/** One press of a fine button. */
export const FINE_STEP_MS = 250;

/** The trim that keeps the whole delay within what a TV can be. */
export function boundedTrim(stationMs: number, trimMs: number): number {
  return Math.min(MAX_DELAY_MS, Math.max(0, stationMs + Math.round(trimMs))) - stationMs;
}

/** What a tap on "I see it now" was about. */
export interface Sighting {
  readonly cue: Cue;
  readonly trimMs: number;
}

/**
 * Reads a tap at server time `nowMs`: of the look changes it can be about, the one nearest to what is believed now. It may
 * be the look the phone already shows (the phone was early) or one it has not shown yet (the phone was late). Null when no
 * look changed near enough.
 */
export function seenNow(cues: readonly Cue[], nowMs: number, stationMs: number, trimMs: number): Sighting | null {
  const believed = stationMs + trimMs;
  let best: Sighting | null = null;
  let bestStep = MAX_SEEN_STEP_MS;
  for (const cue of cues) {
    if (cue.look === null) continue;
    const delay = nowMs - REACTION_MS - cue.at_ms;
    if (delay < 0 || delay > MAX_DELAY_MS) continue;
    const step = Math.abs(delay - believed);
    if (step > bestStep) continue;
    bestStep = step;
    best = { cue, trimMs: boundedTrim(stationMs, delay - stationMs) };
  }
  return best;
}

const STORED = 'snbn.trim.';

/** The trim this viewer found for a channel earlier; 0 at first. */
export function readTrim(store: Storage, channel: string): number {
  const trim = Number(store.getItem(STORED + channel) ?? 0);
  return Number.isFinite(trim) && Math.abs(trim) <= MAX_DELAY_MS ? trim : 0;
}

export function writeTrim(store: Storage, channel: string, trimMs: number): void {
  if (trimMs === 0) store.removeItem(STORED + channel);
  else store.setItem(STORED + channel, String(trimMs));
}
