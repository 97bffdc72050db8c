import { guestsUrl } from './addresses';
import { ask, ProblemError, type Fetch } from './http';
import type { GuestAnswer } from './messages';
import { readJson } from './storage';

/** A token this close to its end is not used any more. */
export const RENEW_BEFORE_MS = 60_000;

export interface SessionOptions {
  readonly base: string;
  readonly show: string;
  readonly channel: string;
  /** A token the host page or the link gave: the channel's own buyer. Null: a guest of the channel. */
  readonly given: string | null;
  readonly store: Storage;
  readonly fetch: Fetch;
  /** The server's wall time. */
  readonly now: () => number;
}

/** Who this viewer is to the checkout: a token from the channel, or one as the channel's guest, kept for the next visit. */
export class ViewerSession {
  readonly #options: SessionOptions;
  readonly #place: string;
  #given: string | null;
  #asking: Promise<string> | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#given = options.given;
    this.#place = `snbn.guest.${options.show}.${options.channel}`;
  }

  /** A token that can be used now. Throws ProblemError where the channel takes no guests. */
  token(): Promise<string> {
    const known = this.#given ?? this.#remembered();
    if (known !== null) return Promise.resolve(known);
    this.#asking ??= this.#becomeGuest().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** A fresher token for the same buyer, from whoever knows them. */
  renew(token: string): void {
    this.#given = token;
  }

  /** Forgets a guest token the server no longer takes. False: the token was given, and only its giver can renew it. */
  forget(): boolean {
    if (this.#given !== null) return false;
    this.#options.store.removeItem(this.#place);
    return true;
  }

  #remembered(): string | null {
    const value = readJson(this.#options.store, this.#place) as Partial<GuestAnswer> | null | undefined;
    if (typeof value?.token !== 'string' || typeof value.expires_ms !== 'number') return null;
    return value.expires_ms - RENEW_BEFORE_MS > this.#options.now() ? value.token : null;
  }

  async #becomeGuest(): Promise<string> {
    const { base, show, channel, store, fetch } = this.#options;
    const answer = await ask(fetch, { method: 'POST', url: guestsUrl(base, show), body: { channel } });
    if (!answer.ok) throw new ProblemError(answer.problem);
    const guest = answer.body as GuestAnswer;
    store.setItem(this.#place, JSON.stringify(guest));
    return guest.token;
  }
}
