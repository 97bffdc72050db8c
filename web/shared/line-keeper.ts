import { leaveLineUrl, lineUrl } from './addresses';
import { ask, ProblemError, type Fetch } from './http';
import type { LineAnswer, LineMessage } from './messages';
import type { BuyerOrder } from './order-book';
import type { ViewerSession } from './session';
import { asLine, ownProblem, problemName } from './wire';

/** A place in line is asked for every so often, each time at another moment: a crowd in line does not ask together. */
export const LINE_POLL: { readonly fromMs: number; readonly toMs: number } = { fromMs: 2_000, toMs: 5_000 };

/** Looks at one place before this page stops asking: hours, longer than any show. */
export const MAX_LINE_POLLS = 4_000;

export interface LineOptions {
  readonly base: string;
  readonly fetch: Fetch;
  readonly session: ViewerSession;
  readonly random: () => number;
  readonly get: (key: string) => BuyerOrder | undefined;
  readonly change: (key: string, change: (order: BuyerOrder) => BuyerOrder) => void;
}

/** Follows the buyer's places among those who wait for pieces that may come back: by the server's word, and by asking. */
export class LineKeeper {
  readonly #options: LineOptions;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #stopped = false;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Looks after a queued intent until it is over, on sale again, or no longer queued. */
  follow(key: string, polls = 0): void {
    this.forget(key);
    const state = this.#options.get(key)?.line?.state;
    if (this.#stopped || polls >= MAX_LINE_POLLS || (state !== 'waiting' && state !== 'offered')) return;
    const wait_ms = LINE_POLL.fromMs + this.#options.random() * (LINE_POLL.toMs - LINE_POLL.fromMs);
    this.#timers.set(key, setTimeout(() => void this.look(key, polls + 1), wait_ms));
  }

  forget(key: string): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
  }

  hear(message: LineMessage): void {
    this.#lay(message.id, message);
    this.follow(message.id);
  }

  async look(key: string, polls = 0): Promise<void> {
    const { base, fetch, session } = this.#options;
    const ticket = this.#options.get(key)?.line?.ticket;
    if (ticket === undefined) return;
    try {
      const answer = await ask(fetch, { method: 'GET', url: lineUrl(base, ticket), token: await session.token() });
      const line = answer.ok ? asLine(answer.body) : undefined;
      if (line !== undefined) this.#lay(key, line);
      else if (!answer.ok && problemName(answer.problem) === 'not-found') this.#over(key);
    } catch {
      // No answer, or no token now: the place is kept by the server, and asked for again.
    }
    this.follow(key, polls);
  }

  /** Gives the place, and what is set aside, to the next in line. Where that does not arrive the place stays. */
  async leave(key: string): Promise<void> {
    const { base, fetch, session, change } = this.#options;
    const ticket = this.#options.get(key)?.line?.ticket;
    if (ticket === undefined) return;
    try {
      const answer = await ask(fetch, { method: 'POST', url: leaveLineUrl(base, ticket), token: await session.token() });
      if (!answer.ok && problemName(answer.problem) !== 'not-found') throw new ProblemError(answer.problem);
      this.forget(key);
      change(key, (order) => ({ ...order, phase: 'refused', line: null, ticket: null, problem: ownProblem('left-line') }));
    } catch (error) {
      const problem = error instanceof ProblemError ? error.problem : ownProblem('unreachable');
      change(key, (order) => ({ ...order, problem }));
    }
  }

  #lay(key: string, answer: LineAnswer | LineMessage): void {
    const { ticket, state, place, offer } = answer;
    this.#options.change(key, (order) =>
      order.phase === 'queued' ? { ...order, ticket, problem: null, line: { ticket, state, place, offer } } : order,
    );
  }

  /** The server knows the ticket no more: there is nothing to wait for. */
  #over(key: string): void {
    this.#options.change(key, (order) =>
      order.line === null ? order : { ...order, ticket: null, line: { ...order.line, state: 'over', place: null, offer: null } },
    );
  }
}
