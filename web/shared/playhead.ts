import { FrameLength, ProgrammeMap } from './programme-map';
import { Signal } from './signal';

/** How a programme time is known, best first. */
export type PlayheadSource = 'frames' | 'host' | 'playing-date' | 'start-date' | 'channel-latency';

/** What was captured when: the programme time of the picture on this viewer's screen. */
export interface Reading {
  readonly programme_ms: number;
  readonly source: PlayheadSource;
}

/** Tells the programme time of the picture on screen, again whenever the picture changes. */
export interface Playhead {
  readonly readings: Signal<Reading>;
  start(): void;
  stop(): void;
}

/** The part of an hls.js instance that a playhead reads. */
export interface HlsSource {
  readonly playingDate: Date | null;
  readonly latestLevelDetails: { readonly fragments: readonly FragmentTimes[] } | null;
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
 * A picture's own time: on every presented frame, `segment date + (frame's media time − segment's start)`, with no look-ahead.
 * Where the media carries no dates the player's estimate serves, and without that the channel's usual delay.
 */
export class PicturePlayhead implements Playhead {
  readonly readings = new Signal<Reading>();

  readonly #video: HTMLVideoElement;
  readonly #hls: HlsSource | null;
  readonly #latency: () => number;
  readonly #map = new ProgrammeMap();
  readonly #frame = new FrameLength();
  #request = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** `latency` gives the programme time by the channel's usual delay. Without `hls`, the browser plays HLS itself. */
  constructor(video: HTMLVideoElement, hls: HlsSource | null, latency: () => number) {
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
    if ('requestVideoFrameCallback' in this.#video) this.#awaitFrame();
    else this.#timer = setInterval(this.#read, READ_EVERY_MS);
  }

  stop(): void {
    for (const event of FRAGMENT_EVENTS) this.#hls?.off(event, this.#learn);
    if ('cancelVideoFrameCallback' in this.#video) this.#video.cancelVideoFrameCallback(this.#request);
    clearInterval(this.#timer);
  }

  readonly #learn: FragmentListener = (_event, { frag }) => {
    if (frag.type !== 'main' || frag.programDateTime === null) return;
    this.#map.learn({ start_s: pictureStart(frag) ?? frag.start, duration_s: frag.duration, date_ms: frag.programDateTime });
  };

  #awaitFrame(): void {
    this.#request = this.#video.requestVideoFrameCallback((_now, frame) => {
      this.#awaitFrame();
      this.#frame.presented(frame.mediaTime, frame.presentedFrames);
      const dated = this.#map.at(frame.mediaTime, this.#frame.seconds);
      this.readings.emit(dated === null ? this.#estimate(frame.mediaTime) : { programme_ms: dated, source: 'frames' });
    });
  }

  readonly #read = (): void => {
    if (this.#video.seeking || this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    this.readings.emit(this.#estimate(this.#video.currentTime));
  };

  #estimate(media_s: number): Reading {
    const playing = this.#hls?.playingDate?.getTime();
    if (playing !== undefined) return { programme_ms: playing, source: 'playing-date' };
    const started = startDate(this.#video);
    if (started !== null) return { programme_ms: Math.round(started + media_s * 1000), source: 'start-date' };
    return { programme_ms: this.#latency(), source: 'channel-latency' };
  }
}

/** A host page tells the programme time of its own player, or null while it shows no picture. */
export class HostPlayhead implements Playhead {
  readonly readings = new Signal<Reading>();
  readonly #read: () => number | null;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(read: () => number | null) {
    this.#read = read;
  }

  start(): void {
    this.#timer = setInterval(() => {
      const programme_ms = this.#read();
      if (programme_ms !== null && Number.isFinite(programme_ms)) this.readings.emit({ programme_ms, source: 'host' });
    }, READ_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** No picture to ask: the channel's usual delay behind the server's clock. */
export class LatencyPlayhead implements Playhead {
  readonly readings = new Signal<Reading>();
  readonly #latency: () => number;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** `latency` gives the programme time: the server's clock less the channel's delay. */
  constructor(latency: () => number) {
    this.#latency = latency;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.readings.emit({ programme_ms: this.#latency(), source: 'channel-latency' });
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
