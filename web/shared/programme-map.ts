/** One media segment as the player buffered it: where it lies on the media's own timeline, and when its first frame was captured. */
export interface Segment {
  /** Media time of its first frame, in seconds. */
  readonly start_s: number;
  readonly duration_s: number;
  /** EXT-X-PROGRAM-DATE-TIME: the capture instant of that frame. */
  readonly date_ms: number;
}

/** Segments remembered, so that a viewer who pauses past the playlist's window still knows what is on screen. */
export const MAX_SEGMENTS = 2_000;

/** Media times are rounded on their way through containers and browsers: a frame this much of a frame early still belongs on. */
export const ROUNDING_FRAMES = 0.4;

/** A media time this far behind the last known segment's end is still dated by that segment. */
const MAX_BEYOND_S = 1;

/** Media time → programme time, by the timestamps of the media itself. Pure. */
export class ProgrammeMap {
  #segments: Segment[] = [];

  /** Takes in a buffered segment; one that starts where a known one does replaces it. */
  learn(segment: Segment): void {
    if (!Number.isFinite(segment.start_s) || !Number.isFinite(segment.date_ms)) return;
    const half_s = segment.duration_s / 2;
    const segments = this.#segments.filter((known) => Math.abs(known.start_s - segment.start_s) > half_s);
    let place = segments.length;
    while (place > 0 && (segments[place - 1]?.start_s ?? 0) > segment.start_s) place -= 1;
    segments.splice(place, 0, segment);
    this.#segments = segments.slice(-MAX_SEGMENTS);
  }

  /**
   * The capture instant of the frame with this media time, to the millisecond; null where no segment dates it.
   *
   * `frame_s` is the frame's length: a frame that rounding put up to 0.4 of it before its segment's start belongs to it.
   */
  at(media_s: number, frame_s: number): number | null {
    const guard_s = frame_s * ROUNDING_FRAMES;
    let found: Segment | null = null;
    for (let index = this.#segments.length - 1; index >= 0; index -= 1) {
      const segment = this.#segments[index];
      if (segment !== undefined && segment.start_s <= media_s + guard_s) {
        found = segment;
        break;
      }
    }
    if (found === null || media_s > found.start_s + found.duration_s + MAX_BEYOND_S) return null;
    const into_s = Math.max(0, media_s - found.start_s);
    return Math.round(found.date_ms + into_s * 1000);
  }
}

/** How long a frame of this media lasts, learnt from frames that followed one another. */
export class FrameLength {
  #length_s = 1 / 25;
  #known = false;
  #last: { readonly media_s: number; readonly count: number } | null = null;

  get seconds(): number {
    return this.#length_s;
  }

  /** A frame was presented; `count` is how many have been in all. */
  presented(media_s: number, count: number): void {
    const last = this.#last;
    this.#last = { media_s, count };
    if (last === null || count <= last.count) return;
    const length_s = (media_s - last.media_s) / (count - last.count);
    if (length_s < 1 / 240 || length_s > 1 / 5) return;
    // Skipped frames make it look longer, never shorter.
    this.#length_s = this.#known ? Math.min(this.#length_s * 1.02, length_s) : length_s;
    this.#known = true;
  }
}
