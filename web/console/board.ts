/** Everything the console's panels read, worked out once per state. */

import type { Localizer } from '../shared/i18n';
import type { AsRunEntry, CommandName, ConsoleRundown, ConsoleState, RundownEntry, SkuCounter } from '../shared/messages';
import { problemName, type Problem } from '../shared/wire';
import { airings, asRunMark, fittingZero, latestByLook, zeroMs, type Airing, type PlanZero } from './schedule';
import { TEXTS, type Word } from './texts';

export type Say = Localizer<Word>;

/** As-run entries kept. The server sends the newest ones; the console remembers those it has seen. */
export const MAX_AS_RUN = 2_000;

export interface Board {
  readonly rundown: ConsoleRundown;
  readonly state: ConsoleState;
  readonly entries: ReadonlyMap<string, RundownEntry>;
  readonly asRun: readonly AsRunEntry[];
  readonly stays: readonly Airing[];
  readonly latest: ReadonlyMap<string, Airing>;
  readonly zero: PlanZero;
  readonly zeroMs: number;
}

/** Works the board out. `zero` is the producer's choice, or null for the one that fits. */
export function makeBoard(
  rundown: ConsoleRundown,
  state: ConsoleState,
  asRun: readonly AsRunEntry[],
  zero: PlanZero | null,
): Board {
  // A take armed for later is no stay on air yet.
  const happened = asRun.filter((entry) => entry.at_ms <= state.now_ms);
  const stays = withOnAir(airings(happened), state);
  const chosen = zero ?? fittingZero(rundown.entries, stays, rundown.starts_at_ms, state.now_ms);
  return {
    rundown,
    state,
    entries: new Map(rundown.entries.map((entry) => [entry.look, entry])),
    asRun,
    stays,
    latest: latestByLook(stays),
    zero: chosen,
    zeroMs: zeroMs(chosen, rundown.entries, stays, rundown.starts_at_ms),
  };
}

/** The state says what is on air; a record that lacks the take (too long ago) is completed from it. */
function withOnAir(stays: readonly Airing[], state: ConsoleState): Airing[] {
  const { on_air: onAir } = state;
  const last = stays.at(-1);
  if (onAir === null || last?.look === onAir.look) return [...stays];
  const ended = stays.map((stay) => (stay.endMs === null ? { ...stay, endMs: onAir.at_ms } : stay));
  return [...ended, { look: onAir.look, startMs: onAir.at_ms, endMs: null }];
}

/**
 * Merges the record seen so far with the one in a new state, which knows what was undone: what came before its first entry is
 * kept.
 */
export function mergeAsRun(known: readonly AsRunEntry[], fresh: readonly AsRunEntry[]): AsRunEntry[] {
  const first = fresh[0];
  if (first === undefined) return [];
  const mark = asRunMark(first);
  const overlap = known.findIndex((entry) => asRunMark(entry) === mark);
  return [...(overlap < 0 ? known : known.slice(0, overlap)), ...fresh].slice(-MAX_AS_RUN);
}

/** The command an undo would take back now, or null. */
export function undoable(asRun: readonly AsRunEntry[]): AsRunEntry | null {
  return asRun.findLast((entry) => !entry.undone && entry.command !== 'undo') ?? null;
}

/** A look as the panels name it: its number, or its id where the rundown does not know it. */
export function lookNumber(board: Board, look: string | null): string {
  return look === null ? '' : (board.entries.get(look)?.number ?? look);
}

/** What a command did, in few words. */
export function verb(say: Say, board: Board, command: CommandName, look: string | null): string {
  return say.t(`verb_${command}`, { number: lookNumber(board, look) }).trim();
}

/** The pieces of several SKUs together. */
export function totalStock(counters: readonly SkuCounter[]): Pick<SkuCounter, 'initial' | 'left' | 'reserved' | 'sold'> {
  const total = { initial: 0, left: 0, reserved: 0, sold: 0 };
  for (const counter of counters) {
    total.initial += counter.initial;
    total.left += counter.left;
    total.reserved += counter.reserved;
    total.sold += counter.sold;
  }
  return total;
}

/** At or below this share of its first stock a SKU counts as low. */
export const LOW_SHARE = 0.15;

export function isLow(counter: SkuCounter): boolean {
  return counter.left <= counter.initial * LOW_SHARE;
}

/** A problem in the producer's language; the server's own words where this page has none. */
export function explain(say: Say, problem: Problem): string {
  const key = `problem_${problemName(problem)}`;
  const known = Object.hasOwn(TEXTS.en, key) ? say.t(key as Word) : problem.title;
  return [known === '' ? say.t('failedUnread') : known, problem.detail ?? ''].filter((part) => part !== '').join(' ');
}
