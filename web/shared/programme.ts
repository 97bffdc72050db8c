import type Hls from 'hls.js';
import { backoffMs, type Backoff } from './backoff';
import type { HlsSource } from './playhead';
import { Signal } from './signal';

/** A picture that has not moved for this long while it should is opened anew. */
export const STALL_MS = 12_000;

/** How far back a viewer may go without loading again, in seconds. */
const BACK_BUFFER_S = 300;

const WATCH_EVERY_MS = 1_000;
const AGAIN: Backoff = { firstMs: 1_000, capMs: 6_000 };

/** A server that answers for its playlist within this time is there. */
const ANSWERS_MS = 5_000;

export type PictureState = 'opening' | 'playing' | 'paused' | 'blocked' | 'waiting' | 'broken';

/** One opening of the picture: by hls.js, or by the browser itself where `hls` is null. */
export interface Opening {
  readonly hls: (HlsSource & { readonly media: HTMLMediaElement | null }) | null;
}

/**
 * The programme in a video element: opens the playlist, survives a server that goes and comes back, and tells of each
 * opening, so that a playhead can follow it. Muted autoplay where the browser allows it; `blocked` where it wants a tap first.
 */
export class Programme {
  readonly states = new Signal<PictureState>();
  /** The picture was opened, told before its first byte is asked for; null: it was closed. */
  readonly openings = new Signal<Opening | null>();
  /** The picture is about to be moved. */
  readonly leavings = new Signal<void>();

  readonly #video: HTMLVideoElement;
  readonly #url: string;
  #hls: Hls | null = null;
  #state: PictureState = 'opening';
  #attempt = 0;
  #moved = { at_ms: 0, media_s: -1 };
  #watch: ReturnType<typeof setInterval> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #abort = new AbortController();

  constructor(video: HTMLVideoElement, url: string) {
    this.#video = video;
    this.#url = url;
  }

  get state(): PictureState {
    return this.#state;
  }

  start(): void {
    const { signal } = this.#abort;
    for (const type of ['playing', 'pause', 'waiting'] as const) {
      this.#video.addEventListener(
        type,
        () => {
          this.#enter(type === 'pause' ? 'paused' : type);
        },
        { signal },
      );
    }
    // A browser that freezes a tab stops its picture for good: nobody asked for that, and it goes on when the tab does.
    let stopped = false;
    document.addEventListener(
      'freeze',
      () => {
        stopped = !this.#video.paused;
      },
      { signal },
    );
    document.addEventListener(
      'resume',
      () => {
        if (stopped) this.play();
      },
      { signal },
    );
    addEventListener(
      'online',
      () => {
        // The player would wait out its own pause between tries; now it need not.
        if (this.#hls !== null && this.#hls.levels.length > 0) this.#hls.startLoad(-1);
      },
      { signal },
    );
    this.#watch = setInterval(() => {
      this.#lookForStall();
    }, WATCH_EVERY_MS);
    void this.#open();
  }

  stop(): void {
    this.#abort.abort();
    clearInterval(this.#watch);
    clearTimeout(this.#timer);
    this.#close();
  }

  /** Seconds between the picture and the newest that can be played; null where it cannot be told. */
  behindLive(): number | null {
    const edge = this.#edge();
    return edge === null ? null : Math.max(0, edge - this.#video.currentTime);
  }

  goLive(): void {
    const edge = this.#edge();
    if (edge !== null) this.#go(edge);
    this.play();
  }

  /** Goes back, as far as there is something to show. */
  back(seconds: number): void {
    const { seekable } = this.#video;
    const earliest = seekable.length === 0 ? 0 : seekable.start(0);
    this.#go(Math.max(earliest, this.#video.currentTime - seconds));
  }

  #go(media_s: number): void {
    this.leavings.emit();
    this.#video.currentTime = media_s;
  }

  play(): void {
    this.#video.play().catch(() => {
      if (this.#video.paused) this.#enter('blocked');
    });
  }

  #edge(): number | null {
    const live = this.#hls?.liveSyncPosition ?? null;
    if (live !== null) return live;
    const { seekable } = this.#video;
    return seekable.length === 0 ? null : seekable.end(seekable.length - 1);
  }

  async #open(): Promise<void> {
    this.#close();
    this.#enter('opening');
    this.#moved = { at_ms: performance.now(), media_s: -1 };
    const [{ default: HlsPlayer }, { default: workerPath }] = await Promise.all([import('hls.js'), import('hls.js/dist/hls.worker.js?url')]);
    if (this.#abort.signal.aborted) return;
    if (!HlsPlayer.isSupported()) {
      this.#openNatively();
      return;
    }
    const hls = new HlsPlayer({
      workerPath,
      backBufferLength: BACK_BUFFER_S,
      // No text tracks: the pages go by the feed, and their policy keeps out the data: address that such a track is made of.
      enableWebVTT: false,
      enableIMSC1: false,
      enableCEA708Captions: false,
      enableDateRangeMetadataCues: false,
      enableEmsgMetadataCues: false,
      enableID3MetadataCues: false,
    });
    this.#hls = hls;
    hls.on(HlsPlayer.Events.ERROR, (_event, error) => {
      if (!error.fatal || hls !== this.#hls) return;
      if (error.type === HlsPlayer.ErrorTypes.NETWORK_ERROR) {
        // What is buffered plays on, and its last frame stays: the picture is not torn down for a server that went away.
        this.#again(() => {
          if (hls.levels.length === 0) hls.loadSource(this.#url);
          else hls.startLoad(-1);
        });
      } else if (error.type === HlsPlayer.ErrorTypes.MEDIA_ERROR && this.#attempt === 0) {
        this.#attempt += 1;
        hls.recoverMediaError();
      } else {
        this.#reopen();
      }
    });
    hls.on(HlsPlayer.Events.MANIFEST_PARSED, () => {
      this.play();
    });
    this.openings.emit({ hls });
    hls.loadSource(this.#url);
    hls.attachMedia(this.#video);
  }

  #openNatively(): void {
    if (this.#video.canPlayType('application/vnd.apple.mpegurl') === '') {
      this.#enter('broken');
      return;
    }
    this.openings.emit({ hls: null });
    this.#video.src = this.#url;
    this.play();
  }

  #reopen(): void {
    this.#close();
    this.#enter('waiting');
    this.#again(() => void this.#open());
  }

  #again(what: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(what, AGAIN.firstMs / 2 + backoffMs(AGAIN, this.#attempt, Math.random()));
    this.#attempt += 1;
  }

  #close(): void {
    if (this.#hls !== null) {
      this.#hls.destroy();
      this.#hls = null;
    }
    this.openings.emit(null);
  }

  #lookForStall(): void {
    const now_ms = performance.now();
    const { currentTime, paused } = this.#video;
    if (paused || document.visibilityState === 'hidden' || currentTime !== this.#moved.media_s) {
      if (!paused && currentTime > this.#moved.media_s && this.#moved.media_s >= 0) this.#attempt = 0;
      this.#moved = { at_ms: now_ms, media_s: currentTime };
    } else if (now_ms - this.#moved.at_ms > STALL_MS) {
      this.#moved = { at_ms: now_ms, media_s: currentTime };
      void this.#reopenIfServed();
    }
  }

  /** A picture that stands still although its playlist is served belongs to a stream that is no more. */
  async #reopenIfServed(): Promise<void> {
    try {
      const answer = await fetch(this.#url, { cache: 'no-store', signal: AbortSignal.timeout(ANSWERS_MS) });
      if (answer.ok && !this.#abort.signal.aborted && this.#video.currentTime === this.#moved.media_s) this.#reopen();
    } catch {
      // No answer: the frame stays until there is one.
      return;
    }
  }

  #enter(state: PictureState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.states.emit(state);
  }
}
