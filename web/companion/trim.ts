/**
 * How far this viewer's TV is behind the stage: the station's usual delay plus the viewer's own trim. Pure.
 *
 * Delays are milliseconds, positive when the TV is behind. Broadcast receivers of one station differ by up to about six
 * seconds; a box that records, a stream of a stream or a paused set is behind by minutes.
 */

import type { Cue } from '../shared/messages';

/** No TV that still shows the show live is further behind than this, and none is ahead of the stage. */
export const MAX_DELAY_MS = 600_000;
/** What people take to see a change and tap. */
export const REACTION_MS = 250;
/** One press of a fine button. */
export const FINE_STEP_MS = 250;
/** Looks offered beside the one a tap was taken for. */
export const MAX_OTHERS = 3;

/** The trim that keeps the whole delay within what a TV can be. */
export function boundedTrim(stationMs: number, trimMs: number): number {
  return Math.min(MAX_DELAY_MS, Math.max(0, stationMs + Math.round(trimMs))) - stationMs;
}

/** What a tap on "I see it now" can have been about: this look change, which then reached the TV after this delay. */
export interface Sighting {
  readonly cue: Cue;
  readonly delayMs: number;
}

/** What a tap is taken for, and what else it can have been: other looks, each once, nearest first. */
export interface Reading {
  readonly taken: Sighting;
  readonly others: readonly Sighting[];
}

/**
 * Reads a tap at server time `nowMs`. Of the look changes that can have reached a TV by now it is taken for the one nearest
 * to what is believed: it may be the look the phone already shows (the phone was early) or one it has not shown yet (the
 * phone was late). How far that is from what was believed does not matter: the viewer sees what was assumed, and chooses
 * another look where it was not so. Null when no look has changed that a TV could show now.
 */
export function readTap(cues: readonly Cue[], nowMs: number, believedMs: number): Reading | null {
  const [taken, ...others] = lookChanges(cues)
    .map((cue) => ({ cue, delayMs: nowMs - REACTION_MS - cue.at_ms }))
    .filter(({ delayMs }) => delayMs >= 0 && delayMs <= MAX_DELAY_MS)
    .sort((one, other) => Math.abs(one.delayMs - believedMs) - Math.abs(other.delayMs - believedMs))
    .filter((sighting, place, nearestFirst) => nearestFirst.findIndex(({ cue }) => cue.look?.id === sighting.cue.look?.id) === place);
  return taken === undefined ? null : { taken, others: others.slice(0, MAX_OTHERS) };
}

/** The cues with which another look steps out: no clears, no news of the same look, no mistake that was corrected on its frame. */
function lookChanges(cues: readonly Cue[]): Cue[] {
  const seen = cues.filter((cue, place) => cues[place + 1]?.at_ms !== cue.at_ms);
  return seen.filter((cue, place) => cue.look !== null && cue.look.id !== seen[place - 1]?.look?.id);
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
