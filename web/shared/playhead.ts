import type { ServerClock } from './clock';
import type { FrameCover } from './frame-cover';
import type { DateRangeTag } from './in-band-cues';
import type { Correlation } from './messages';
import { FrameLength, ProgrammeMap } from './programme-map';
import { Signal } from './signal';

/**
 * How a programme time is known, best first: the frame on screen by its own timestamp, a host page's word, the player's clock
 * over the playlist's dates, the browser's over the stream's start, the channel's offset from the server's clock.
 */
export type PlayheadSource = 'frames' | 'host' | 'playing-date' | 'start-date' | 'channel-latency';

/** What was captured when: the programme time of the picture on this viewer's screen. */
export interface Reading {
  readonly programme_ms: number;
  readonly source: PlayheadSource;
  /** The picture is further on than this by at most so much; infinite where nobody can tell. */
  readonly error_ms: number;
}

/** Tells the programme time of the picture on screen, again whenever the picture changes. */
export interface Playhead {
  readonly readings: Signal<Reading>;
  /** The picture is about to jump to this programme time, or to an unknown one; the next reading is its first frame there. */
  readonly jumps: Signal<number | null>;
  start(): void;
  stop(): void;
}

/** The part of an hls.js instance that a playhead reads. */
export interface HlsSource {
  readonly playingDate: Date | null;
  readonly latestLevelDetails: { readonly fragments: readonly FragmentTimes[]; readonly dateRanges?: Readonly<Record<string, DateRangeTag | undefined>> } | null;
  on(event: string, listener: FragmentListener): void;
  off(event: string, listener: FragmentListener): void;
}

export type FragmentListener = (event: string, data: { readonly frag: FragmentTimes }) => void;

/** The part of an hls.js fragment that dates its frames. */
export interface FragmentTimes {
  readonly type: string;
  readonly start: number;
  readonly duration: number;
  readonly programDateTime: number | null;
  readonly elementaryStreams: Readonly<Record<string, { readonly startPTS: number } | null | undefined>>;
}

/** hls.js says these when a segment's own timestamps are known. */
const FRAGMENT_EVENTS = ['hlsFragParsed', 'hlsFragBuffered'] as const;

/** Without frames to go by, how often the picture's time is read. */
const READ_EVERY_MS = 50;

/**
 * A player's own clock runs ahead of the frame it has on screen, by less than this. Taken off it, so that no card is early;
 * what is left is how late a card may be: this much, the time between two readings, and a frame.
 */
const CLOCK_AHEAD_MS = 120;
export const PLAYER_CLOCK_ERROR_MS = CLOCK_AHEAD_MS + READ_EVERY_MS + 40;

/** How many refreshes of the screen a held frame outlives the one that can't be had. */
const MAX_HOLD_TRIES = 12;

/** What a host page's clock is worth is the host's to know. */
export const HOST_ERROR_MS = Number.POSITIVE_INFINITY;

/**
 * A picture's own time: on every presented frame, `segment date + (frame's media time − segment's start)`, with no look-ahead.
 * Where the media carries no dates the player's estimate serves, and without that the channel's usual delay.
 */
export class PicturePlayhead implements Playhead {
  readonly readings = new Signal<Reading>();
  readonly jumps = new Signal<number | null>();

  readonly #video: HTMLVideoElement;
  readonly #hls: HlsSource | null;
  readonly #latency: () => Reading;
  readonly #cover: FrameCover | null;
  readonly #map = new ProgrammeMap();
  readonly #frame = new FrameLength();
  #request = 0;
  #waiting = 0;
  #held = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** `latency` gives the programme time by the channel's usual delay. Without `hls`, the browser plays HLS itself. */
  constructor(video: HTMLVideoElement, hls: HlsSource | null, latency: () => Reading, cover: FrameCover | null = null) {
    this.#cover = cover;
    this.#video = video;
    this.#hls = hls;
    this.#latency = latency;
    for (const frag of hls?.latestLevelDetails?.fragments ?? []) {
      if (parsed(frag)) this.#learn('', { frag });
    }
    // From the beginning: a segment parsed before `start` dates frames shown after it.
    for (const event of FRAGMENT_EVENTS) hls?.on(event, this.#learn);
  }

  start(): void {
    this.#video.addEventListener('seeking', this.#jump);
    if ('requestVideoFrameCallback' in this.#video) this.#awaitFrame();
    else this.#timer = setInterval(this.#read, READ_EVERY_MS);
  }

  stop(): void {
    for (const event of FRAGMENT_EVENTS) this.#hls?.off(event, this.#learn);
    if ('cancelVideoFrameCallback' in this.#video) this.#video.cancelVideoFrameCallback(this.#request);
    this.#video.removeEventListener('seeking', this.#jump);
    clearInterval(this.#timer);
    cancelAnimationFrame(this.#waiting);
    this.#cover?.remove();
  }

  /** The page is about to move the picture: the frame on screen stays, with its card, until the first frame there. */
  leaving(): void {
    this.#held = this.#held || (this.#cover?.hold() ?? null) !== null;
  }

  readonly #jump = (): void => {
    cancelAnimationFrame(this.#waiting);
    if (!this.#held) this.jumps.emit(this.#map.at(this.#video.currentTime, this.#frame.seconds));
  };

  readonly #learn: FragmentListener = (_event, { frag }) => {
    if (frag.type !== 'main' || frag.programDateTime === null) return;
    this.#map.learn({ start_s: pictureStart(frag) ?? frag.start, duration_s: frag.duration, date_ms: frag.programDateTime });
  };

  #awaitFrame(): void {
    this.#request = this.#video.requestVideoFrameCallback((_now, frame) => {
      this.#awaitFrame();
      this.#frame.presented(frame.mediaTime, frame.presentedFrames);
      cancelAnimationFrame(this.#waiting);
      this.#present(frame.mediaTime, MAX_HOLD_TRIES);
    });
  }

  /** Goes by a frame the browser told of: the page draws it if it can, and the card with it. */
  #present(media_s: number, tries: number): void {
    const held_s = this.#cover?.hold() ?? null;
    if (held_s !== null) {
      this.#held = true;
      this.readings.emit(this.readingAt(held_s));
      return;
    }
    if (this.#held && tries > 0) {
      // In the middle of a seek a frame can be told of and not be had: what is held, picture and card, stays a moment longer.
      this.#waiting = requestAnimationFrame(() => {
        this.#present(media_s, tries - 1);
      });
      return;
    }
    if (this.#held) this.jumps.emit(this.#map.at(media_s, this.#frame.seconds));
    this.#held = false;
    this.#cover?.release();
    // Told of a frame, the page may be drawn before that frame is: its card waits until the frame is surely on screen.
    this.#waiting = requestAnimationFrame(() => {
      this.#waiting = requestAnimationFrame(() => {
        this.readings.emit(this.readingAt(media_s));
      });
    });
  }

  /** The programme time of the frame with this media time, as known now. */
  readingAt(media_s: number): Reading {
    const dated = this.#map.at(media_s, this.#frame.seconds);
    if (dated === null) return this.#estimate(media_s);
    return { programme_ms: dated, source: 'frames', error_ms: Math.ceil(this.#frame.seconds * 1000) };
  }

  readonly #read = (): void => {
    if (this.#video.seeking || this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    this.readings.emit(this.#estimate(this.#video.currentTime));
  };

  #estimate(media_s: number): Reading {
    const playing = this.#hls?.playingDate?.getTime();
    if (playing !== undefined) return playerClock(playing, 'playing-date');
    const started = startDate(this.#video);
    if (started !== null) return playerClock(started + media_s * 1000, 'start-date');
    return this.#latency();
  }
}

function playerClock(told_ms: number, source: PlayheadSource): Reading {
  return { programme_ms: Math.round(told_ms) - CLOCK_AHEAD_MS, source, error_ms: PLAYER_CLOCK_ERROR_MS };
}

/** A host page tells the programme time of its own player, or null while it shows no picture. */
export class HostPlayhead implements Playhead {
  readonly readings = new Signal<Reading>();
  readonly jumps = new Signal<number | null>();
  readonly #read: () => number | null;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(read: () => number | null) {
    this.#read = read;
  }

  start(): void {
    this.#timer = setInterval(() => {
      const programme_ms = this.#read();
      if (programme_ms !== null && Number.isFinite(programme_ms)) this.readings.emit({ programme_ms, source: 'host', error_ms: HOST_ERROR_MS });
    }, READ_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/**
 * The programme time by the server's clock less the channel's offset: the one the server told, or else the usual delay.
 * Its bound adds what is known of the clock to what is known of the channel.
 */
export function channelReading(clock: ServerClock, correlation: Correlation | null, usual_ms: number): Reading {
  const told = clock.told();
  const offset_ms = correlation?.offset_ms ?? usual_ms;
  const error_ms = (told?.error_ms ?? Number.POSITIVE_INFINITY) + (correlation?.error_ms ?? Number.POSITIVE_INFINITY);
  return { programme_ms: (told?.now_ms ?? clock.now()) - offset_ms, source: 'channel-latency', error_ms };
}

/** No picture to ask: the channel's usual delay behind the server's clock. */
export class LatencyPlayhead implements Playhead {
  readonly readings = new Signal<Reading>();
  readonly jumps = new Signal<number | null>();
  readonly #latency: () => Reading;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** `latency` gives the programme time: the server's clock less the channel's delay. */
  constructor(latency: () => Reading) {
    this.#latency = latency;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.readings.emit(this.#latency());
    }, READ_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Media time of a parsed fragment's first frame: sound may begin before it, and the date is the picture's. */
function pictureStart(frag: FragmentTimes): number | null {
  return (frag.elementaryStreams['video'] ?? frag.elementaryStreams['audiovideo'])?.startPTS ?? null;
}

/** Whether the player has parsed it: before, its place on the media's timeline is a guess from the playlist. */
function parsed(frag: FragmentTimes): boolean {
  return pictureStart(frag) !== null;
}

/** Where a browser plays HLS itself it may know the date of media time 0 (HTML, getStartDate; WebKit has it). */
function startDate(video: HTMLVideoElement & { getStartDate?: () => Date }): number | null {
  const time = video.getStartDate?.().getTime() ?? Number.NaN;
  return Number.isFinite(time) ? time : null;
}
