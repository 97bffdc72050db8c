import { showsUrl, showUrl } from './addresses';
import { ask, ProblemError, type Fetch } from './http';

/** A show as `GET /v1/shows` lists it. */
export interface ShowSummary {
  readonly show: string;
  readonly title: string;
  readonly titles: Readonly<Record<string, string>>;
  readonly starts_at_ms: number;
  readonly time_zone: string;
  readonly currency: string;
  readonly programme: { readonly hls: string | null };
}

/** A channel as `GET /v1/shows/{show}` lists it. */
export interface ChannelSummary {
  readonly id: string;
  readonly name: string;
  readonly names: Readonly<Record<string, string>>;
  /** How far this channel's picture is behind the frame's capture, for players that cannot tell their playhead. */
  readonly latency_ms: number;
  /** How a viewer's player knows its playhead on this channel, e.g. `hls`; informative. */
  readonly playhead: string;
  /** Viewers without an account of the channel's get a token as guests. */
  readonly guests: boolean;
}

export interface ShowDetails extends ShowSummary {
  readonly channels: readonly ChannelSummary[];
}

/** Throws ProblemError where there is no such show, TypeError where there was no answer. */
export async function getShow(fetch: Fetch, base: string, show: string): Promise<ShowDetails> {
  const answer = await ask(fetch, { method: 'GET', url: showUrl(base, show) });
  if (!answer.ok) throw new ProblemError(answer.problem);
  return answer.body as ShowDetails;
}

export async function getShows(fetch: Fetch, base: string): Promise<readonly ShowSummary[]> {
  const answer = await ask(fetch, { method: 'GET', url: showsUrl(base) });
  if (!answer.ok) throw new ProblemError(answer.problem);
  return (answer.body as { readonly shows: readonly ShowSummary[] }).shows;
}

/** The programme's playlist, absolute; null where the show has no picture for this page. */
export function programmeUrl(base: string, show: ShowSummary): string | null {
  return show.programme.hls === null ? null : new URL(show.programme.hls, `${base}/`).href;
}
