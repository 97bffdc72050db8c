import { ask, type Fetch } from '../shared/http';
import type { JoinAnswer, JoinRequest } from '../shared/messages';

/** How entering a number ended: with the page to go to, or why not. */
export type Joined = { readonly page: string } | { readonly refused: 'code_wrong' | 'code_tries' | 'code_offline' };

const TOO_MANY = 429;

/** Asks the server which show and channel are on the TV that shows this number. */
export async function joinByCode(fetch: Fetch, base: string, typed: string): Promise<Joined> {
  const body: JoinRequest = { code: typed };
  try {
    const answer = await ask(fetch, { method: 'POST', url: `${base}/v1/join`, body });
    if (answer.ok) return { page: companionPath(answer.body as JoinAnswer) };
    if (answer.problem.status === TOO_MANY) return { refused: 'code_tries' };
    return { refused: answer.problem.status < 500 ? 'code_wrong' : 'code_offline' };
  } catch {
    // No answer at all.
    return { refused: 'code_offline' };
  }
}

/** The companion page of a show beside one of its channels. */
export function companionPath({ show, channel }: JoinAnswer): string {
  return `/companion/${encodeURIComponent(show)}?channel=${encodeURIComponent(channel)}`;
}
