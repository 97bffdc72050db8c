import { cancelUrl, orderUrl, ordersUrl } from './addresses';
import { backoffMs, type Backoff } from './backoff';
import type { ServerClock } from './clock';
import type { FeedClient } from './feed';
import { ask, ProblemError, type Answer, type Fetch } from './http';
import type { OrderAnswer, OrderMessage, OrderRequest, ProblemMessage } from './messages';
import { isOpen, MAX_OPEN, OrderBook, withAnswer, type BuyerOrder, type Wish } from './order-book';
import type { ViewerSession } from './session';
import { Signal } from './signal';
import { asProblem, ownProblem, problemName, type Problem } from './wire';

/** Tries of one intent before the buyer is asked whether to go on. */
export const MAX_TRIES = 10;

/** A tap on the open WebSocket unanswered for this long is sent again over HTTP, with the same key. */
export const TAP_ANSWER_MS = 6_000;

export const RETRY: Backoff = { firstMs: 400, capMs: 8_000 };

/** Waits between looks at an order that is not settled yet; the last one repeats. */
export const POLL_MS = [1_500, 2_500, 4_000, 6_000, 10_000] as const;

/** Looks at one order before this page stops asking: far longer than any hold. */
export const MAX_POLLS = 240;

const TRY_AGAIN = new Set(['busy', 'too-many-requests', 'not-ready', 'internal']);

export interface OrderOptions {
  readonly base: string;
  readonly show: string;
  readonly feed: FeedClient;
  readonly clock: ServerClock;
  readonly session: ViewerSession;
  readonly book: OrderBook;
  readonly fetch: Fetch;
  readonly random: () => number;
  readonly newKey: () => string;
}

/** What one try of an intent came to. */
type Outcome =
  | { readonly kind: 'order'; readonly answer: OrderAnswer }
  | { readonly kind: 'problem'; readonly problem: Problem; readonly retry_after_ms: number | null }
  | { readonly kind: 'silence' };

/**
 * One tap is one order. The key is made once for an intent and used for every try, over whichever way is open, until the
 * server answered; so trying again is always safe, and a second tap while the first is on its way is the first.
 */
export class OrderClient {
  /** An order changed. */
  readonly changes = new Signal<BuyerOrder>();

  readonly #options: OrderOptions;
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #unlisten: (() => void)[];
  #stopped = false;

  constructor(options: OrderOptions) {
    this.#options = options;
    this.#unlisten = [
      options.feed.answers.listen((message) => {
        this.#hear(message);
      }),
      options.feed.states.listen((state) => {
        if (state.kind !== 'live') this.#silenceAll();
      }),
    ];
  }

  get orders(): readonly BuyerOrder[] {
    return this.#options.book.all();
  }

  /** Goes on with what an earlier page of this tab left open. Call once. */
  resume(): void {
    for (const order of this.orders) {
      if (isOpen(order)) void this.#pursue(order.key, true);
      else if (order.phase === 'reserved') this.#poll(order.key, 0);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const unlisten of this.#unlisten) unlisten();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#silenceAll();
  }

  /** The buyer's tap. Returns the intent: the one already on its way for this SKU, or a new one. */
  buy(wish: Wish): BuyerOrder {
    const { book, clock, newKey } = this.#options;
    const open = book.open();
    const same = open.find((order) => order.wish.sku === wish.sku);
    if (same !== undefined) {
      if (same.phase === 'unanswered') this.retry(same.key);
      return same;
    }
    const tooMany = open.length >= MAX_OPEN;
    const order: BuyerOrder = {
      key: newKey(),
      wish,
      phase: tooMany ? 'refused' : 'sending',
      placed_ms: clock.now(),
      order: null,
      amount: null,
      hold_until_ms: null,
      problem: tooMany ? ownProblem('too-many-open') : null,
      released: null,
    };
    this.#put(order);
    if (!tooMany) void this.#pursue(order.key, false);
    return order;
  }

  /** Tries an unanswered intent again, with its own key. */
  retry(key: string): void {
    const order = this.#options.book.get(key);
    if (order?.phase !== 'unanswered') return;
    this.#put({ ...order, phase: 'sending' });
    void this.#pursue(key, true);
  }

  /** Gives a reserved order back within its hold. Where that is refused the order stays, with the problem. */
  async cancel(key: string): Promise<void> {
    const { book, base, fetch, session } = this.#options;
    const placed = book.get(key)?.order ?? null;
    if (placed === null) return;
    try {
      const answer = await ask(fetch, { method: 'POST', url: cancelUrl(base, placed), token: await session.token(), body: {} });
      if (!answer.ok) throw new ProblemError(answer.problem);
      this.#change(key, (order) => withAnswer(order, answer.body as OrderAnswer));
    } catch (error) {
      const problem = error instanceof ProblemError ? error.problem : ownProblem('unreachable');
      this.#change(key, (order) => ({ ...order, problem }));
    }
  }

  /** Tries until answered. `uncertain`: an earlier try may have reached the server. */
  async #pursue(key: string, uncertain: boolean): Promise<void> {
    let mayHaveArrived = uncertain;
    for (let tries = 0; tries < MAX_TRIES && !this.#stopped; tries += 1) {
      const order = this.#options.book.get(key);
      if (order === undefined || !isOpen(order)) return;
      const outcome = await this.#try(order);
      let wait_ms = backoffMs(RETRY, tries, this.#options.random());
      if (outcome.kind === 'order') {
        this.#settle(key, outcome.answer);
        return;
      }
      if (outcome.kind === 'silence') {
        mayHaveArrived = true;
      } else {
        const name = problemName(outcome.problem);
        // Another guest is another buyer: only an intent that cannot have arrived yet may change hands.
        const renewed = name === 'unauthorized' && !mayHaveArrived && tries === 0 && this.#options.session.forget();
        if (!renewed && !TRY_AGAIN.has(name)) {
          this.#change(key, (open) => ({ ...open, phase: 'refused', problem: outcome.problem }));
          return;
        }
        if (name === 'internal') mayHaveArrived = true;
        if (renewed) wait_ms = 0;
        else this.#change(key, (open) => ({ ...open, phase: 'in_line' }));
        wait_ms = Math.max(wait_ms, outcome.retry_after_ms ?? 0);
      }
      await this.#pause(wait_ms);
    }
    if (!this.#stopped) this.#change(key, (open) => ({ ...open, phase: 'unanswered' }));
  }

  async #try(order: BuyerOrder): Promise<Outcome> {
    const { session, show, base, fetch } = this.#options;
    const { wish } = order;
    const body: OrderRequest = {
      show,
      sku: wish.sku,
      quantity: wish.quantity,
      look: wish.look,
      seen_price: wish.seen_price,
    };
    try {
      const token = await session.token();
      const tapped = this.#tap(order.key, body, token);
      if (tapped !== null) return await tapped;
      return fromHttp(await ask(fetch, { method: 'POST', url: ordersUrl(base), token, key: order.key, body }));
    } catch (error) {
      if (error instanceof ProblemError) return { kind: 'problem', problem: error.problem, retry_after_ms: null };
      return { kind: 'silence' };
    }
  }

  /** Over the open WebSocket, or null where there is none. */
  #tap(key: string, body: OrderRequest, token: string): Promise<Outcome> | null {
    if (!this.#options.feed.send({ type: 'tap', id: key, token, key, ...body })) return null;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#waiting.get(key)?.({ kind: 'silence' }), TAP_ANSWER_MS);
      this.#waiting.set(key, (outcome) => {
        clearTimeout(timer);
        this.#waiting.delete(key);
        resolve(outcome);
      });
    });
  }

  #hear(message: OrderMessage | ProblemMessage): void {
    if (message.id === null) return;
    const waiting = this.#waiting.get(message.id);
    if (message.type === 'order') {
      if (waiting !== undefined) waiting({ kind: 'order', answer: message });
      else this.#settle(message.id, message);
    } else {
      const problem = asProblem(message.problem, 0);
      const wait = problem['retry_after_ms'];
      waiting?.({ kind: 'problem', problem, retry_after_ms: typeof wait === 'number' ? wait : null });
    }
  }

  #silenceAll(): void {
    for (const waiting of [...this.#waiting.values()]) waiting({ kind: 'silence' });
  }

  #settle(key: string, answer: OrderAnswer): void {
    this.#change(key, (known) => withAnswer(known, answer));
    if (this.#options.book.get(key)?.phase === 'reserved') this.#poll(key, 0);
    else this.#forgetTimer(key);
  }

  #poll(key: string, polls: number): void {
    this.#forgetTimer(key);
    if (this.#stopped || polls >= MAX_POLLS) return;
    const wait = POLL_MS[Math.min(polls, POLL_MS.length - 1)] ?? POLL_MS[0];
    this.#timers.set(key, setTimeout(() => void this.#look(key, polls), wait));
  }

  async #look(key: string, polls: number): Promise<void> {
    const { book, base, fetch, session } = this.#options;
    const known = book.get(key);
    const placed = known?.order ?? null;
    if (placed === null || known?.phase !== 'reserved') return;
    try {
      const answer = await ask(fetch, { method: 'GET', url: orderUrl(base, placed), token: await session.token() });
      if (answer.ok) this.#change(key, (order) => withAnswer(order, answer.body as OrderAnswer));
      else if (!TRY_AGAIN.has(problemName(answer.problem))) return;
    } catch (error) {
      if (error instanceof ProblemError) return;
    }
    if (book.get(key)?.phase === 'reserved') this.#poll(key, polls + 1);
  }

  #forgetTimer(key: string): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
  }

  #pause(wait_ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, wait_ms));
  }

  #change(key: string, change: (order: BuyerOrder) => BuyerOrder): void {
    const known = this.#options.book.get(key);
    if (known === undefined) return;
    const changed = change(known);
    if (changed !== known) this.#put(changed);
  }

  #put(order: BuyerOrder): void {
    this.#options.book.put(order);
    this.changes.emit(order);
  }
}

function fromHttp(answer: Answer): Outcome {
  if (answer.ok) return { kind: 'order', answer: answer.body as OrderAnswer };
  if (answer.problem.status >= 500 && answer.problem.type === 'about:blank') return { kind: 'silence' };
  return { kind: 'problem', problem: answer.problem, retry_after_ms: answer.retry_after_ms };
}
