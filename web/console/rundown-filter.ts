/** Which rows of the rundown are shown. Pure. */

import type { RundownEntry } from '../shared/messages';
import { isLow, type Board } from './board';

/** What a row is for the show right now. */
export type RowStatus = 'on-air' | 'next' | 'aired' | 'ahead';

export const KINDS = ['all', 'ahead', 'aired', 'low'] as const;
export type Kind = (typeof KINDS)[number];

export function rowStatus(board: Board, look: string, aired: ReadonlySet<string>): RowStatus {
  if (board.state.on_air?.look === look) return 'on-air';
  if (board.state.next === look) return 'next';
  return aired.has(look) ? 'aired' : 'ahead';
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
