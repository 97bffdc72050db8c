import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Programme } from './programme';

const started = vi.hoisted(() => vi.fn());

vi.mock('hls.js/dist/hls.worker.js?url', () => ({ default: '/worker.js' }));
vi.mock('hls.js', () => ({
  default: class {
    static readonly Events = { ERROR: 'error', MANIFEST_PARSED: 'parsed' };
    static readonly ErrorTypes = { NETWORK_ERROR: 'network', MEDIA_ERROR: 'media' };
    static isSupported(): boolean {
      return true;
    }
    readonly levels = [{}];
    readonly startLoad = started;
    readonly on = vi.fn();
    readonly loadSource = vi.fn();
    readonly attachMedia = vi.fn();
    readonly destroy = vi.fn();
  },
}));

let programme: Programme;
let stands: boolean;
let played: ReturnType<typeof vi.fn>;

beforeEach(async () => {
  stands = false;
  played = vi.fn(() => Promise.resolve());
  const video = document.createElement('video');
  Object.defineProperty(video, 'paused', { get: () => stands });
  Object.assign(video, { play: played });
  programme = new Programme(video, '/live.m3u8');
  const opened = new Promise<void>((resolve) => {
    programme.openings.listen((opening) => {
      if (opening !== null) resolve();
    });
  });
  programme.start();
  await opened;
});

afterEach(() => {
  programme.stop();
  started.mockClear();
});

const freeze = (): void => {
  document.dispatchEvent(new Event('freeze'));
  stands = true;
  document.dispatchEvent(new Event('resume'));
};

describe('a tab that the browser froze', () => {
  it('plays on where it played', () => {
    freeze();
    expect(played).toHaveBeenCalledOnce();
  });

  it('stays paused where its viewer had paused', () => {
    stands = true;
    freeze();
    expect(played).not.toHaveBeenCalled();
  });
});

describe('a network that comes back', () => {
  it('is asked at once', () => {
    dispatchEvent(new Event('online'));
    expect(started).toHaveBeenCalledExactlyOnceWith(-1);
  });

  it('is nothing to a picture that is closed', () => {
    programme.stop();
    dispatchEvent(new Event('online'));
    expect(started).not.toHaveBeenCalled();
  });
});
