import type { Cue, FeedState, LookView, Stock, StockLevel } from './messages';

/** Cues kept for a playhead that is behind the live edge or seeks back: a night has some hundreds. */
export const MAX_CUES = 1_000;

/** What the feed has said so far, and what it means at a programme time. Pure: no clock, no network. */
export class Timeline {
  #cues: Cue[] = [];
  readonly #stock = new Map<string, StockLevel>();

  /** Starts afresh from a snapshot's state. */
  reset(state: FeedState): void {
    this.#cues = [];
    this.#stock.clear();
    for (const cue of state.cues) this.addCue(cue);
    if (state.on_air !== null && !this.#cues.some((known) => known.id === state.on_air?.id)) this.addCue(state.on_air);
    for (const [sku, level] of Object.entries(state.stock)) this.#stock.set(sku, level);
  }

  /** Takes in one cue: what it replaces no longer counts, and a cue told again (same id) is told anew. */
  addCue(cue: Cue): void {
    const gone = new Set([cue.id, ...(cue.replaces ?? [])]);
    const cues = this.#cues.filter((known) => !gone.has(known.id));
    let place = cues.length;
    while (place > 0) {
      const before = cues[place - 1];
      if (before === undefined || !after(before, cue)) break;
      place -= 1;
    }
    cues.splice(place, 0, cue);
    this.#cues = cues.slice(-MAX_CUES);
  }

  addStock(stock: Stock): void {
    this.#stock.set(stock.sku, { left: stock.left, state: stock.state });
  }

  /** The cue in force at a programme time: the greatest `at_ms` not after it, of equals the greatest `seq`. */
  cueAt(programme_ms: number): Cue | null {
    return this.#cues[this.#placeAfter(programme_ms) - 1] ?? null;
  }

  /** The look on screen at a programme time, or null when nothing is. */
  lookAt(programme_ms: number): LookView | null {
    return this.cueAt(programme_ms)?.look ?? null;
  }

  /** When something changes next after a programme time, or null when nothing known does. */
  nextChangeAfter(programme_ms: number): number | null {
    return this.#cues.find((cue) => cue.at_ms > programme_ms)?.at_ms ?? null;
  }

  /** The looks that come on within `ahead_ms` after a programme time, at most `count` of them, each once and the next first. */
  looksAfter(programme_ms: number, ahead_ms: number, count: number): LookView[] {
    const looks: LookView[] = [];
    for (let index = this.#placeAfter(programme_ms); index < this.#cues.length && looks.length < count; index += 1) {
      const cue = this.#cues[index];
      if (cue === undefined || cue.at_ms > programme_ms + ahead_ms) break;
      const { look } = cue;
      if (look !== null && !looks.some((known) => known.id === look.id)) looks.push(look);
    }
    return looks;
  }

  /** Every look shown up to a programme time, newest first, each once and as last told. */
  looksUntil(programme_ms: number): LookView[] {
    const looks = new Map<string, LookView>();
    for (let index = this.#cues.length - 1; index >= 0; index -= 1) {
      const cue = this.#cues[index];
      if (cue === undefined || cue.at_ms > programme_ms || cue.look === null) continue;
      // A corrected mistake was on no viewer's screen: its correction has the same frame and a later seq.
      if (this.#cues[index + 1]?.at_ms === cue.at_ms) continue;
      if (!looks.has(cue.look.id)) looks.set(cue.look.id, cue.look);
    }
    return [...looks.values()];
  }

  /** A SKU's stock as last heard, or null when never. */
  stock(sku: string): StockLevel | null {
    return this.#stock.get(sku) ?? null;
  }

  /** Every SKU's stock as last heard. */
  stockLevels(): ReadonlyMap<string, StockLevel> {
    return new Map(this.#stock);
  }

  /** The cues that still count, in programme order. */
  cues(): readonly Cue[] {
    return this.#cues;
  }

  /** Where the first cue after a programme time stands. */
  #placeAfter(programme_ms: number): number {
    let low = 0;
    let high = this.#cues.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const cue = this.#cues[middle];
      if (cue !== undefined && cue.at_ms <= programme_ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function after(left: Cue, right: Cue): boolean {
  return left.at_ms > right.at_ms || (left.at_ms === right.at_ms && left.seq > right.seq);
}
