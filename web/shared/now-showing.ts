import type { FeedClient } from './feed';
import type { LookView } from './messages';
import type { Playhead, Reading } from './playhead';
import { Signal } from './signal';

/**
 * What this viewer's picture shows: the timeline read at the viewer's own playhead. Late join, pause, seek back, a stall and
 * a hidden tab need nothing of their own: each is the same question asked at another programme time.
 */
export class NowShowing {
  /** Another look, or the same one told anew, or nothing. */
  readonly changes = new Signal<LookView | null>();

  readonly #feed: FeedClient;
  #playhead: Playhead | null = null;
  #unlisten: (() => void)[] = [];
  #reading: Reading | null = null;
  #look: LookView | null = null;
  #furthest_ms = 0;

  constructor(feed: FeedClient) {
    this.#feed = feed;
    feed.changes.listen(() => {
      this.#ask();
    });
  }

  /** The look on screen, or null. */
  get look(): LookView | null {
    return this.#look;
  }

  /** The last known programme time of the picture; null before the first. */
  get reading(): Reading | null {
    return this.#reading;
  }

  /** The looks this viewer has been shown so far, newest first. */
  get looksSoFar(): readonly LookView[] {
    return this.#feed.timeline.looksUntil(this.#furthest_ms);
  }

  /** Follows another playhead from now on; the one before is stopped. Null: there is no picture, nothing shows. */
  follow(playhead: Playhead | null): void {
    for (const unlisten of this.#unlisten) unlisten();
    this.#unlisten = [];
    this.#playhead?.stop();
    this.#playhead = playhead;
    this.#reading = null;
    this.#ask();
    if (playhead === null) return;
    this.#unlisten = [
      playhead.readings.listen((reading) => {
        this.#reading = reading;
        this.#furthest_ms = Math.max(this.#furthest_ms, reading.programme_ms);
        this.#ask();
      }),
    ];
    playhead.start();
  }

  #ask(): void {
    const look = this.#reading === null ? null : this.#feed.timeline.lookAt(this.#reading.programme_ms);
    if (look === this.#look) return;
    this.#look = look;
    this.changes.emit(look);
  }
}
