import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServerClock } from './clock';
import { FeedClient } from './feed';
import { ARM_AHEAD_MS, NowShowing } from './now-showing';
import { channelReading, HostPlayhead, LatencyPlayhead, PicturePlayhead, PLAYER_CLOCK_ERROR_MS, type FragmentListener, type FragmentTimes, type HlsSource, type Playhead, type Reading } from './playhead';
import { Signal } from './signal';
import { cue, look, snapshot } from './testing/examples';
import { FakeSockets } from './testing/world';

class ScriptedPlayhead implements Playhead {
  readonly readings = new Signal<Reading>();
  readonly jumps = new Signal<number | null>();
  running = false;
  start(): void {
    this.running = true;
  }
  stop(): void {
    this.running = false;
  }
  shows(programme_ms: number): void {
    this.readings.emit({ programme_ms, source: 'frames', error_ms: 40 });
  }
}

function byChannel(programme_ms: number): Reading {
  return { programme_ms, source: 'channel-latency', error_ms: 2_000 };
}

let sockets: FakeSockets;
let feed: FeedClient;
let showing: NowShowing;
let picture: ScriptedPlayhead;

beforeEach(() => {
  vi.useFakeTimers();
  sockets = new FakeSockets();
  feed = new FeedClient({
    base: 'https://shop.example',
    show: 'night',
    channel: 'web',
    clock: new ServerClock(() => Date.now()),
    random: () => 0.5,
    page: window,
    sockets,
  });
  showing = new NowShowing(feed);
  picture = new ScriptedPlayhead();
  feed.start();
  sockets.last.says(snapshot(2, [cue(1, 1000, look('l1')), cue(2, 2000, look('l2'))]));
});

afterEach(() => {
  showing.follow(null);
  feed.stop();
  vi.useRealTimers();
});

const shown = (): string | undefined => showing.look?.id;

describe('the card follows the picture', () => {
  it('shows nothing while there is no picture', () => {
    showing.follow(picture);
    expect(shown()).toBeUndefined();
  });

  it('shows a late joiner what their picture shows, not the live edge', () => {
    showing.follow(picture);
    picture.shows(1500);
    expect(shown()).toBe('l1');
  });

  it('changes on the frame, and back on a seek back', () => {
    const changes: (string | undefined)[] = [];
    showing.changes.listen((changed) => changes.push(changed?.id));
    showing.follow(picture);
    for (const programme_ms of [1960, 2000, 2040, 1200]) picture.shows(programme_ms);
    expect(changes).toEqual(['l1', 'l2', 'l1']);
  });

  it('stays while the picture is paused, even when the show goes on', () => {
    showing.follow(picture);
    picture.shows(2500);
    sockets.last.says(cue(3, 3000, look('l3')));
    expect(shown()).toBe('l2');
  });

  it('is put right at once when the look on this very frame is corrected', () => {
    showing.follow(picture);
    picture.shows(2500);
    sockets.last.says(cue(3, 2000, look('l8'), { action: 'correct' }));
    expect(shown()).toBe('l8');
  });

  it('goes when the picture goes', () => {
    showing.follow(picture);
    picture.shows(2500);
    showing.follow(null);
    expect(shown()).toBeUndefined();
    expect(picture.running).toBe(false);
  });

  it('lists only looks this viewer has reached, and keeps them on a seek back', () => {
    showing.follow(picture);
    picture.shows(1500);
    expect(showing.looksSoFar.map((each) => each.id)).toEqual(['l1']);
    picture.shows(2500);
    picture.shows(1500);
    expect(showing.looksSoFar.map((each) => each.id)).toEqual(['l2', 'l1']);
  });
});

describe('a picture that jumps', () => {
  beforeEach(() => {
    showing.follow(picture);
    picture.shows(2500);
  });

  it('loses its card before the first frame of another look can be seen', () => {
    picture.jumps.emit(1500);
    expect(shown()).toBeUndefined();
    picture.shows(1500);
    expect(shown()).toBe('l1');
  });

  it('keeps a card that is right before and after', () => {
    picture.jumps.emit(2100);
    expect(shown()).toBe('l2');
  });

  it('loses its card when nobody knows where it lands', () => {
    picture.jumps.emit(null);
    expect(shown()).toBeUndefined();
  });

  it('has the card of where it lands made ready', () => {
    picture.jumps.emit(1500);
    expect(showing.armed.map((each) => each.id)).toEqual(['l1', 'l2']);
  });

  it('is asked nothing new until its first frame there', () => {
    picture.jumps.emit(1500);
    sockets.last.says(cue(3, 900, look('l9')));
    expect(shown()).toBeUndefined();
  });
});

describe('cues known early', () => {
  it('are armed in their order, and never shown before their frame', () => {
    showing.follow(picture);
    picture.shows(500);
    expect(showing.armed.map((each) => each.id)).toEqual(['l1', 'l2']);
    expect(shown()).toBeUndefined();
    picture.shows(1000);
    expect(showing.armed.map((each) => each.id)).toEqual(['l2']);
    expect(shown()).toBe('l1');
  });

  it('are told once, not with every frame', () => {
    const told = vi.fn();
    showing.arming.listen(told);
    showing.follow(picture);
    for (const programme_ms of [500, 540, 580]) picture.shows(programme_ms);
    expect(told).toHaveBeenCalledTimes(1);
  });

  it('are not armed when they are far off', () => {
    showing.follow(picture);
    picture.shows(2000);
    sockets.last.says(cue(3, 2000 + ARM_AHEAD_MS + 1, look('l3')));
    expect(showing.armed).toEqual([]);
  });
});

describe('a channel’s offset', () => {
  it('is the one the server last told, and its bound adds the clock’s', () => {
    const clock = new ServerClock(() => 10_000);
    clock.addSnapshot(50_000);
    const trimmed = { offset_ms: 4_000, error_ms: 250, source: 'manual' } as const;
    expect(channelReading(clock, trimmed, 60_000)).toEqual({ programme_ms: 46_000, source: 'channel-latency', error_ms: 2_250 });
  });

  it('is the usual delay with no bound where nobody measured', () => {
    const reading = channelReading(new ServerClock(() => 70_000), null, 60_000);
    expect(reading).toEqual({ programme_ms: 10_000, source: 'channel-latency', error_ms: Number.POSITIVE_INFINITY });
  });

  it('moves at once when it is trimmed, and another channel’s does not move it', () => {
    sockets.last.says({ type: 'channel', seq: 3, channel: 'tv', correlation: { offset_ms: 9, error_ms: 1, source: 'manual' } });
    expect(feed.correlation).toBeNull();
    sockets.last.says({ type: 'channel', seq: 4, channel: 'web', correlation: { offset_ms: 7, error_ms: 1, source: 'probe' } });
    expect(feed.correlation).toEqual({ offset_ms: 7, error_ms: 1, source: 'probe' });
  });
});

describe('without a picture to ask', () => {
  it('the channel’s usual delay tells the programme time', () => {
    let now_ms = 4_900;
    showing.follow(new LatencyPlayhead(() => byChannel(now_ms - 3_000)));
    vi.advanceTimersByTime(100);
    expect(shown()).toBe('l1');
    now_ms = 5_000;
    vi.advanceTimersByTime(100);
    expect(shown()).toBe('l2');
  });

  it('a host page’s own clock tells it, and null is no picture', () => {
    let told: number | null = null;
    showing.follow(new HostPlayhead(() => told));
    vi.advanceTimersByTime(100);
    expect(showing.reading).toBeNull();
    told = 2_100;
    vi.advanceTimersByTime(100);
    expect(shown()).toBe('l2');
    expect(showing.reading?.source).toBe('host');
  });
});

describe('a picture’s own time', () => {
  type FrameCallback = (now: number, frame: { mediaTime: number; presentedFrames: number }) => void;

  class FakeHls implements HlsSource {
    playingDate: Date | null = null;
    latestLevelDetails: { fragments: FragmentTimes[] } | null = null;
    readonly listeners = new Set<FragmentListener>();
    on(_event: string, listener: FragmentListener): void {
      this.listeners.add(listener);
    }
    off(_event: string, listener: FragmentListener): void {
      this.listeners.delete(listener);
    }
    parses(frag: FragmentTimes): void {
      for (const listener of this.listeners) listener('', { frag });
    }
  }

  function fragment(start: number, date_ms: number | null, videoStart: number | null = start): FragmentTimes {
    return {
      type: 'main',
      start,
      duration: 2,
      programDateTime: date_ms,
      elementaryStreams: { video: videoStart === null ? null : { startPTS: videoStart } },
    };
  }

  let callback: FrameCallback | null = null;
  let presented = 0;
  let hls: FakeHls;
  let readings: Reading[];

  function video(): HTMLVideoElement {
    const element = document.createElement('video');
    return Object.assign(element, {
      requestVideoFrameCallback: (next: FrameCallback) => {
        callback = next;
        return 1;
      },
      cancelVideoFrameCallback: () => {
        callback = null;
      },
    });
  }

  function present(mediaTime: number): void {
    presented += 1;
    callback?.(0, { mediaTime, presentedFrames: presented });
    // Two refreshes of the screen later the frame is surely on it.
    vi.advanceTimersByTime(50);
  }

  function follow(): PicturePlayhead {
    const playhead = new PicturePlayhead(video(), hls, () => byChannel(77));
    playhead.readings.listen((reading) => readings.push(reading));
    playhead.start();
    return playhead;
  }

  beforeEach(() => {
    hls = new FakeHls();
    readings = [];
  });

  it('is read from each presented frame and its segment’s date', () => {
    follow();
    hls.parses(fragment(10, 50_000));
    present(10.4);
    expect(readings).toEqual([{ programme_ms: 50_400, source: 'frames', error_ms: 40 }]);
  });

  it('counts from the picture’s first frame where the sound begins before it', () => {
    follow();
    hls.parses(fragment(9.98, 50_000, 10));
    present(10.4);
    expect(readings.at(-1)?.programme_ms).toBe(50_400);
  });

  it('is known at once for what a partner’s player had buffered before', () => {
    hls.latestLevelDetails = { fragments: [fragment(10, 50_000), fragment(12, 1, null)] };
    follow();
    present(10.4);
    present(12.04);
    expect(readings.map((reading) => reading.programme_ms)).toEqual([50_400, 52_040]);
  });

  it('falls back to the player’s estimate, less what it runs ahead of the frame on screen, then to the channel’s delay', () => {
    follow();
    present(1);
    hls.playingDate = new Date(60_000);
    present(1.04);
    expect(readings).toEqual([
      byChannel(77),
      { programme_ms: 59_880, source: 'playing-date', error_ms: PLAYER_CLOCK_ERROR_MS },
    ]);
  });

  it('is not told any more once stopped', () => {
    follow().stop();
    present(1);
    expect(readings).toEqual([]);
    expect(hls.listeners.size).toBe(0);
  });
});
