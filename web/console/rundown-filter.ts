/** Which rows of the rundown are shown. Pure. */

import type { RundownEntry } from '../shared/messages';
import { isLow, type Board } from './board';

/** What a row is for the show right now; skipped: the show stands by further down, and it never was on air. */
export type RowStatus = 'on-air' | 'next' | 'aired' | 'skipped' | 'ahead';

export const KINDS = ['all', 'ahead', 'aired', 'low'] as const;
export type Kind = (typeof KINDS)[number];

/** The status of every row, in rundown order. */
export function rowStatuses(board: Board): ReadonlyMap<string, RowStatus> {
  const { on_air: onAir, next, aired } = board.state;
  const seen = new Set(aired);
  const { entries } = board.rundown;
  const nextAt = entries.findIndex((entry) => entry.look === next);
  return new Map(
    entries.map(({ look }, index) => {
      if (onAir?.look === look) return [look, 'on-air'];
      if (next === look) return [look, 'next'];
      if (seen.has(look)) return [look, 'aired'];
      return [look, index < nextAt ? 'skipped' : 'ahead'];
    }),
  );
}

/** Whether any piece of the look is sold out or nearly so. */
export function hasLowStock(board: Board, entry: RundownEntry): boolean {
  return entry.offers.some((offer) => {
    const counter = board.state.stock[offer.sku];
    return counter !== undefined && (counter.state !== 'on_sale' || isLow(counter));
  });
}

/** The searchable text of every row, made once per rundown. */
export function haystacks(entries: readonly RundownEntry[]): Map<string, string> {
  return new Map(
    entries.map((entry) => [
      entry.look,
      [
        entry.cue,
        entry.number,
        entry.look,
        entry.brand,
        entry.title,
        ...Object.values(entry.titles),
        entry.notes,
        ...entry.offers.flatMap((offer) => [offer.sku, offer.title, ...Object.values(offer.titles)]),
      ]
        .join('\n')
        .toLocaleLowerCase(),
    ]),
  );
}

/** The rows that carry every word of the query and are of the chosen kind. */
export function visibleRows(
  board: Board,
  texts: ReadonlyMap<string, string>,
  query: string,
  kind: Kind,
): readonly RundownEntry[] {
  const words = query.toLocaleLowerCase().split(/\s+/u).filter((word) => word !== '');
  const aired = new Set(board.state.aired);
  return board.rundown.entries.filter((entry) => {
    const text = texts.get(entry.look) ?? '';
    if (!words.every((word) => text.includes(word))) return false;
    switch (kind) {
      case 'all':
        return true;
      case 'ahead':
        return !aired.has(entry.look) && board.state.on_air?.look !== entry.look;
      case 'aired':
        return aired.has(entry.look);
      case 'low':
        return hasLowStock(board, entry);
    }
  });
}
