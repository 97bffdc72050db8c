import type { FeedClient } from './feed';
import type { Cue, LookView } from './messages';
import { PicturePlayhead, type Playhead, type Reading } from './playhead';
import { Signal } from './signal';

/** Looks made ready before their frame, and how far ahead of it in programme time. */
export const MAX_ARMED = 2;
export const ARM_AHEAD_MS = 90_000;

/** A picture that moves further than this from one reading to the next did not play: somebody sought, or it was not looked at. */
export const MAX_STEP_MS = 2_000;

/** A take's look came on screen, at this reading of the picture. */
export interface ShownTake {
  readonly cue: Cue;
  readonly reading: Reading;
}

/**
 * What this viewer's picture shows: the timeline read at the viewer's own playhead. Late join, pause, seek back, a stall and
 * a hidden tab need nothing of their own: each is the same question asked at another programme time.
 */
export class NowShowing {
  /** Another look, or the same one told anew, or nothing. */
  readonly changes = new Signal<LookView | null>();
  /** Other looks are about to come: make their cards now, so that on their frame they only have to be uncovered. */
  readonly arming = new Signal<readonly LookView[]>();

  /** A take that was due while the picture played through its frame is on screen, on time or late. */
  readonly shown = new Signal<ShownTake>();

  readonly #feed: FeedClient;
  #playhead: Playhead | null = null;
  #unlisten: (() => void)[] = [];
  #reading: Reading | null = null;
  #look: LookView | null = null;
  #armed: readonly LookView[] = [];
  #furthest_ms = 0;
  /** Where the picture began to play without a break; a take due before that is no news of how exact this page is. */
  #since_ms: number | null = null;
  #lastCue: string | null = null;

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

  /** The looks that come next, in the order they come: known, and not shown before their frame. */
  get armed(): readonly LookView[] {
    return this.#armed;
  }

  /** The last known programme time of the picture; null before the first. */
  get reading(): Reading | null {
    return this.#reading;
  }

  /** The programme time of the picture's frame with this media time; null where there is no picture that knows. */
  readingAt(media_s: number): Reading | null {
    return this.#playhead instanceof PicturePlayhead ? this.#playhead.readingAt(media_s) : null;
  }

  /** The looks this viewer has been shown so far, newest first. */
  get looksSoFar(): readonly LookView[] {
    return this.#feed.timeline.looksUntil(this.#furthest_ms);
  }

  /** The cues that the picture itself carries, for as long as there is no feed. */
  hearInBand(cues: readonly Cue[]): void {
    this.#feed.hearInBand(cues);
  }

  /** Follows another playhead from now on; the one before is stopped. Null: there is no picture, nothing shows. */
  follow(playhead: Playhead | null): void {
    for (const unlisten of this.#unlisten) unlisten();
    this.#unlisten = [];
    this.#playhead?.stop();
    this.#playhead = playhead;
    this.#reading = null;
    this.#since_ms = null;
    this.#ask();
    if (playhead === null) return;
    this.#unlisten = [
      playhead.readings.listen((reading) => {
        const step_ms = reading.programme_ms - (this.#reading?.programme_ms ?? Number.NEGATIVE_INFINITY);
        if (step_ms < 0 || step_ms > MAX_STEP_MS) this.#since_ms = reading.programme_ms;
        this.#reading = reading;
        this.#furthest_ms = Math.max(this.#furthest_ms, reading.programme_ms);
        this.#ask();
      }),
      playhead.jumps.listen((to_ms) => {
        this.#jump(to_ms);
      }),
    ];
    playhead.start();
  }

  #ask(): void {
    const reading = this.#reading;
    const cue = reading === null ? null : this.#feed.timeline.cueAt(reading.programme_ms);
    this.#show(cue?.look ?? null);
    if (reading !== null && cue !== null) this.#tell(cue, reading);
    this.#arm(reading?.programme_ms ?? null);
  }

  #tell(cue: Cue, reading: Reading): void {
    if (cue.id === this.#lastCue) return;
    this.#lastCue = cue.id;
    // A correction, and what an undo brings back, is due in the past by its nature.
    if (cue.action === 'take' && cue.look !== null && this.#since_ms !== null && cue.at_ms > this.#since_ms) this.shown.emit({ cue, reading });
  }

  /** Until the first frame after a jump, the frame before and the one after may be on screen: only a card right for both stays. */
  #jump(to_ms: number | null): void {
    if (this.#reading === null) return;
    const target = to_ms === null ? null : this.#feed.timeline.lookAt(to_ms);
    this.#reading = null;
    this.#since_ms = null;
    if (target?.id !== this.#look?.id) this.#show(null);
    this.#arm(to_ms === null ? null : to_ms - 1, target);
  }

  #show(look: LookView | null): void {
    if (look === this.#look) return;
    this.#look = look;
    this.changes.emit(look);
  }

  #arm(programme_ms: number | null, first: LookView | null = null): void {
    const next = programme_ms === null ? [] : this.#feed.timeline.looksAfter(programme_ms, ARM_AHEAD_MS, MAX_ARMED);
    const armed = first === null ? next : [first, ...next.filter((look) => look.id !== first.id)].slice(0, MAX_ARMED);
    if (armed.length === this.#armed.length && armed.every((look, place) => look === this.#armed[place])) return;
    this.#armed = armed;
    this.arming.emit(armed);
  }
}
