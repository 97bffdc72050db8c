import { showsUrl, showUrl } from './addresses';
import { ask, ProblemError, type Fetch } from './http';
import type { PublicChannel, PublicShow } from './messages';

/** A show and its channels, as pages speak of them. */
export type ShowDetails = PublicShow;
export type ChannelSummary = PublicChannel;

/** Throws ProblemError where there is no such show, TypeError where there was no answer. */
export async function getShow(fetch: Fetch, base: string, show: string): Promise<ShowDetails> {
  const answer = await ask(fetch, { method: 'GET', url: showUrl(base, show) });
  if (!answer.ok) throw new ProblemError(answer.problem);
  return answer.body as ShowDetails;
}

/** Every show of this server. Throws as `getShow` does. */
export async function getShows(fetch: Fetch, base: string): Promise<readonly ShowDetails[]> {
  const answer = await ask(fetch, { method: 'GET', url: showsUrl(base) });
  if (!answer.ok) throw new ProblemError(answer.problem);
  return (answer.body as { readonly shows: readonly ShowDetails[] }).shows;
}

/** The channel a page is opened for; undefined where the show has no such channel. */
export function channelOf(show: ShowDetails | null, channel: string): ChannelSummary | undefined {
  return show?.channels.find((known) => known.id === channel);
}

/** The programme's playlist, absolute; null where the show has no picture for this page. */
export function programmeUrl(base: string, show: ShowDetails): string | null {
  return show.programme.hls === null ? null : new URL(show.programme.hls, `${base}/`).href;
}
