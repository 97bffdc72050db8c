import type { NowShowing } from './now-showing';
import { FrameCover } from './frame-cover';
import { inBandCues } from './in-band-cues';
import { LatencyPlayhead, PicturePlayhead, type Reading } from './playhead';
import { Programme, type PictureState } from './programme';

/** What is shown on a screen with a picture, and what its cards follow. */
export interface Screen {
  /** Null: the page shows no picture any more. */
  readonly video: HTMLVideoElement | null;
  /** Null: the show has no picture for this page. */
  readonly url: string | null;
  readonly showing: NowShowing;
  /** The programme time by the channel's usual delay: what the cards follow where no picture can be asked. */
  readonly latencyTime: () => Reading;
  entered(state: PictureState): void;
}

/** hls.js says this whenever it has read the playlist again. */
const PLAYLIST_READ = 'hlsLevelUpdated';

/** Opens the picture and lets the cards follow it; null where there is none, and the cards follow the channel's usual delay. */
export function openScreen(screen: Screen): Programme | null {
  const { video, url, showing, latencyTime } = screen;
  const enter = (state: PictureState): void => {
    screen.entered(state);
    if (state === 'broken') showing.follow(new LatencyPlayhead(latencyTime));
  };
  if (video === null || url === null) {
    enter('broken');
    return null;
  }
  // The attribute alone does not mute a video that was made by script; unmuted, it may not start by itself.
  video.muted = true;
  const programme = new Programme(video, url);
  let playhead: PicturePlayhead | null = null;
  programme.states.listen(enter);
  programme.openings.listen((opening) => {
    playhead =
      opening === null
        ? null
        : new PicturePlayhead(video, opening.hls, latencyTime, new FrameCover(video));
    showing.follow(playhead);
    const hls = opening?.hls;
    hls?.on(PLAYLIST_READ, () => {
      showing.hearInBand(inBandCues(hls.latestLevelDetails?.dateRanges ?? {}));
    });
  });
  programme.leavings.listen(() => {
    playhead?.leaving();
  });
  programme.start();
  return programme;
}
