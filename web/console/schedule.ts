/**
 * As planned against as run: when each look really was on air, and how far the show is over or under.
 *
 * Sign, everywhere: positive is over (later or longer than planned), negative is under. All instants are UTC Unix
 * milliseconds, durations milliseconds.
 */

import type { AsRunEntry, RundownEntry } from '../shared/messages';

/** A plan further than this from the first take was for another day: the first take becomes the plan's zero. */
export const PLAN_IS_STALE_AFTER_MS = 30 * 60_000;
/** The last stretch of a look's planned time on air, in which the console warns. */
export const WARNING_MS = 5_000;

/** One stay on air. `endMs` is null while it lasts. */
export interface Airing {
  readonly look: string;
  readonly startMs: number;
  readonly endMs: number | null;
}

/** Which instant the rundown's relative times count from. */
export type PlanZero = 'clock' | 'first-take';

/** How the show stands against its plan. */
export interface Standing {
  /** Over (+) or under (−); null while nothing can be compared. */
  readonly offsetMs: number | null;
  readonly plannedEndMs: number | null;
  readonly expectedEndMs: number | null;
}

/** What tells one entry of the as-run record from every other. Its `seq` does not: it is 0 until the feed holds it. */
export function asRunMark(entry: AsRunEntry): string {
  return JSON.stringify([entry.command, entry.look, entry.at_ms, entry.by]);
}

/**
 * The stays on air in order, from the as-run record (in the order things were decided): undone commands never happened, a
 * correction keeps the start.
 */
export function airings(asRun: readonly AsRunEntry[]): Airing[] {
  const counted = asRun
    .filter((entry) => !entry.undone && ['take', 'clear', 'correct'].includes(entry.command))
    .sort((a, b) => a.at_ms - b.at_ms);
  const stays: Airing[] = [];
  for (const entry of counted) {
    const last = stays.at(-1);
    if (entry.command === 'correct') {
      if (last?.endMs === null && entry.look !== null) {
        stays[stays.length - 1] = { ...last, look: entry.look };
      }
      continue;
    }
    if (last?.endMs === null) {
      if (entry.look === last.look) continue;
      stays[stays.length - 1] = { ...last, endMs: Math.max(last.startMs, entry.at_ms) };
    }
    if (entry.command === 'take' && entry.look !== null) {
      stays.push({ look: entry.look, startMs: entry.at_ms, endMs: null });
    }
  }
  return stays;
}

/** The newest stay of every look. */
export function latestByLook(stays: readonly Airing[]): Map<string, Airing> {
  return new Map(stays.map((stay) => [stay.look, stay]));
}

/** The look that was on air at a programme instant, or null. */
export function lookAt(stays: readonly Airing[], atMs: number): string | null {
  for (let index = stays.length - 1; index >= 0; index -= 1) {
    const stay = stays[index];
    if (stay !== undefined && stay.startMs <= atMs) {
      return stay.endMs === null || atMs < stay.endMs ? stay.look : null;
    }
  }
  return null;
}

/** Which zero fits: the clock, unless the first take was so far from its plan that the plan meant another day. */
export function fittingZero(
  entries: readonly RundownEntry[],
  stays: readonly Airing[],
  startsAtMs: number,
  nowMs: number,
): PlanZero {
  const shift = zeroMs('first-take', entries, stays, startsAtMs) - startsAtMs;
  const distance = stays.length > 0 ? shift : nowMs - startsAtMs;
  return Math.abs(distance) > PLAN_IS_STALE_AFTER_MS ? 'first-take' : 'clock';
}

/** The instant that planned start 0 stands for. */
export function zeroMs(
  zero: PlanZero,
  entries: readonly RundownEntry[],
  stays: readonly Airing[],
  startsAtMs: number,
): number {
  if (zero === 'clock') return startsAtMs;
  for (const stay of stays) {
    const planned = entries.find((entry) => entry.look === stay.look)?.planned_start_ms ?? null;
    if (planned !== null) return stay.startMs - planned;
  }
  return startsAtMs;
}

/** Over or under of one stay's start, or null when it was not planned. */
export function startOffset(entry: RundownEntry, stay: Airing | undefined, zero: number): number | null {
  if (stay === undefined || entry.planned_start_ms === null) return null;
  return stay.startMs - (zero + entry.planned_start_ms);
}

/** How the show stands now: the start offset of the look on air plus what it has overrun, carried to the end. */
export function standing(
  entries: readonly RundownEntry[],
  stays: readonly Airing[],
  next: string | null,
  zero: number,
  nowMs: number,
): Standing {
  const byLook = new Map(entries.map((entry) => [entry.look, entry]));
  const plannedEndMs = plannedEnd(entries, zero);
  let offsetMs: number | null = null;
  for (let index = stays.length - 1; index >= 0 && offsetMs === null; index -= 1) {
    const stay = stays[index];
    const entry = stay === undefined ? undefined : byLook.get(stay.look);
    if (stay === undefined || entry === undefined) continue;
    const late = startOffset(entry, stay, zero);
    if (late === null) continue;
    const onAirFor = Math.max(0, (stay.endMs ?? nowMs) - stay.startMs);
    const overrun = entry.planned_duration_ms === null ? 0 : Math.max(0, onAirFor - entry.planned_duration_ms);
    offsetMs = late + overrun;
  }
  const onAir = stays.at(-1)?.endMs === null;
  const plannedNext = next === null ? null : (byLook.get(next)?.planned_start_ms ?? null);
  if (!onAir && plannedNext !== null && (stays.length > 0 || nowMs > zero + plannedNext)) {
    offsetMs = Math.max(offsetMs ?? Number.NEGATIVE_INFINITY, nowMs - (zero + plannedNext));
  }
  return {
    offsetMs,
    plannedEndMs,
    expectedEndMs: plannedEndMs === null ? null : plannedEndMs + (offsetMs ?? 0),
  };
}

function plannedEnd(entries: readonly RundownEntry[], zero: number): number | null {
  let end: number | null = null;
  for (const entry of entries) {
    if (entry.planned_start_ms === null) continue;
    end = Math.max(end ?? 0, zero + entry.planned_start_ms + (entry.planned_duration_ms ?? 0));
  }
  return end;
}

/** Where a look on air is in its planned time. */
export function phase(plannedMs: number | null, elapsedMs: number): 'free' | 'normal' | 'warning' | 'over' {
  if (plannedMs === null) return 'free';
  if (elapsedMs > plannedMs) return 'over';
  return plannedMs - elapsedMs <= WARNING_MS ? 'warning' : 'normal';
}
