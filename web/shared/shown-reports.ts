import { MAX_CARD_ERROR_MS, type Shown } from './messages';
import type { FeedClient } from './feed';
import type { NowShowing, ShownTake } from './now-showing';
import type { PlayheadSource } from './playhead';

/** Reports wait up to this long, each its own time, so that a take is no flood. */
export const SPREAD_MS = 10_000;

/** Reports of one page that wait at once; beyond it the next take is not told. */
export const MAX_WAITING = 8;

export interface ReportsOptions {
  readonly feed: FeedClient;
  readonly showing: NowShowing;
  readonly page: Window;
  readonly random: () => number;
}

/** Tells the server when takes came on this screen, as far as it asks: voluntary, lost without a WebSocket, never repeated. */
export class ShownReports {
  readonly #options: ReportsOptions;
  readonly #waiting = new Set<ReturnType<typeof setTimeout>>();
  #unlisten: (() => void) | null = null;

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#unlisten ??= this.#options.showing.shown.listen((take) => {
      this.#shown(take);
    });
  }

  stop(): void {
    this.#unlisten?.();
    this.#unlisten = null;
    for (const timer of this.#waiting) clearTimeout(timer);
    this.#waiting.clear();
  }

  #shown(take: ShownTake): void {
    const { feed, page, random } = this.#options;
    // Nobody sees a hidden tab, and its timers say nothing of what a viewer would have seen.
    if (page.document.visibilityState === 'hidden' || this.#waiting.size >= MAX_WAITING || random() >= feed.reportShare) return;
    const report = reportOf(take);
    const timer = setTimeout(() => {
      this.#waiting.delete(timer);
      feed.send(report);
    }, random() * SPREAD_MS);
    this.#waiting.add(timer);
  }
}

function reportOf({ cue, reading }: ShownTake): Shown {
  const known = reading.error_ms <= MAX_CARD_ERROR_MS;
  return {
    type: 'shown',
    cue: cue.id,
    due_ms: cue.at_ms,
    shown_ms: Math.max(0, Math.round(reading.programme_ms)),
    source: wireSource(reading.source),
    error_ms: known ? Math.ceil(reading.error_ms) : null,
  };
}

function wireSource(source: PlayheadSource): Shown['source'] {
  return source === 'channel-latency' ? 'channel' : source;
}
