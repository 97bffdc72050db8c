import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServerClock } from './clock';
import { FeedClient } from './feed';
import { MAX_STEP_MS, NowShowing } from './now-showing';
import type { Playhead, Reading } from './playhead';
import { MAX_WAITING, ShownReports, SPREAD_MS } from './shown-reports';
import { Signal } from './signal';
import { cue, look, snapshot } from './testing/examples';
import { FakeSockets, type FakeWebSocket } from './testing/world';

class ScriptedPlayhead implements Playhead {
  readonly readings = new Signal<Reading>();
  readonly jumps = new Signal<number | null>();
  start(): void {
    this.readings.emit({ programme_ms: 500, source: 'frames', error_ms: 40 });
  }
  stop(): void {
    return;
  }
  plays(...programme_ms: number[]): void {
    for (const each of programme_ms) this.readings.emit({ programme_ms: each, source: 'frames', error_ms: 40 });
  }
}

let sockets: FakeSockets;
let feed: FeedClient;
let showing: NowShowing;
let picture: ScriptedPlayhead;
let reports: ShownReports;
let visibility: DocumentVisibilityState;

function shownOn(socket: FakeWebSocket): unknown[] {
  return socket.sent.filter((said) => (said as { type: string }).type === 'shown');
}

function told(): unknown[] {
  vi.advanceTimersByTime(SPREAD_MS);
  return shownOn(sockets.last);
}

beforeEach(() => {
  vi.useFakeTimers();
  visibility = 'visible';
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility);
  sockets = new FakeSockets();
  const random = (): number => 0.5;
  feed = new FeedClient({ base: 'https://shop.example', show: 'night', channel: 'web', clock: new ServerClock(() => Date.now()), random, page: window, sockets });
  showing = new NowShowing(feed);
  reports = new ShownReports({ feed, showing, page: window, random });
  picture = new ScriptedPlayhead();
  feed.start();
  reports.start();
  sockets.last.says(snapshot(1, [cue(1, 1000, look('l1'))]));
  showing.follow(picture);
});

afterEach(() => {
  reports.stop();
  showing.follow(null);
  feed.stop();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('a page tells how exact its card was', () => {
  it('with the frame on which a take came on screen', () => {
    picture.plays(960, 1000, 1040);
    expect(told()).toEqual([{ type: 'shown', cue: 'cue-1', due_ms: 1000, shown_ms: 1000, source: 'frames', error_ms: 40 }]);
  });

  it('with the frame a late cue found on screen', () => {
    picture.plays(1000, 2000, 3000);
    sockets.last.says(cue(2, 2200, look('l2')));
    expect(told().at(-1)).toMatchObject({ cue: 'cue-2', due_ms: 2200, shown_ms: 3000 });
  });

  it('once, however often the frame is seen again', () => {
    picture.plays(960, 1000, 1040);
    sockets.last.says(cue(2, 9000, look('l2')));
    expect(told()).toHaveLength(1);
  });

  it('as sure as it is: not at all where nobody can tell', () => {
    picture.plays(960);
    picture.readings.emit({ programme_ms: 1000, source: 'channel-latency', error_ms: Number.POSITIVE_INFINITY });
    expect(told()).toMatchObject([{ source: 'channel', error_ms: null }]);
  });

  it('spread over time, so that a take is no flood', () => {
    picture.plays(960, 1000);
    vi.advanceTimersByTime(SPREAD_MS / 2 - 1);
    expect(shownOn(sockets.last)).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(shownOn(sockets.last)).toHaveLength(1);
  });
});

describe('a page keeps silent about a take', () => {
  it('that was on screen before it came: a late joiner is not late', () => {
    picture.plays(5000);
    expect(told()).toEqual([]);
  });

  it('that a seek passed over or came back to', () => {
    picture.jumps.emit(1500);
    picture.plays(1500);
    picture.jumps.emit(1200);
    picture.plays(1200);
    expect(told()).toEqual([]);
  });

  it('after a picture that leapt: nobody looked at it', () => {
    picture.plays(960, 960 + MAX_STEP_MS + 1);
    expect(told()).toEqual([]);
  });

  it('in a hidden tab', () => {
    visibility = 'hidden';
    picture.plays(960, 1000);
    expect(told()).toEqual([]);
  });

  it('that was a correction, due in the past by its nature', () => {
    picture.plays(960, 1000, 2000);
    sockets.last.says(cue(2, 1000, look('l2'), { action: 'correct', replaces: ['cue-1'] }));
    expect(told()).toMatchObject([{ cue: 'cue-1' }]);
  });

  it('when the server asks others', () => {
    sockets.last.says(snapshot(1, [cue(1, 1000, look('l1'))], { report_share: 0.4 }));
    picture.plays(960, 1000);
    expect(told()).toEqual([]);
  });

  it('beyond a few that wait', () => {
    for (let seq = 2; seq <= MAX_WAITING + 5; seq += 1) sockets.last.says(cue(seq, seq * 100 + 1000, look(`l${String(seq)}`)));
    for (let at_ms = 960; at_ms < 3000; at_ms += 40) picture.plays(at_ms);
    expect(told()).toHaveLength(MAX_WAITING);
  });
});
