import { cancelUrl, orderUrl, ordersUrl } from './addresses';
import { backoffMs, type Backoff } from './backoff';
import type { ServerClock } from './clock';
import type { FeedClient } from './feed';
import { ask, MAX_RETRY_AFTER_MS, ProblemError, type Answer, type Fetch } from './http';
import { LineKeeper } from './line-keeper';
import type { LineMessage, OrderAnswer, OrderMessage, OrderRequest, ProblemMessage } from './messages';
import { opensAt, waitsFor_ms } from './opening';
import { isOpen, MAX_OPEN, OrderBook, UNANSWERED, waitsForBuyer, withAnswer, type BuyerOrder, type Wish } from './order-book';
import type { ViewerSession } from './session';
import { Signal } from './signal';
import { asProblem, lineOf, numberOf, ownProblem, problemName, textOf, type Problem } from './wire';

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
  /** Whether the buyer's taps may go; while not, they are kept. Absent: always. */
  readonly ready?: (wish: Wish) => boolean | Promise<boolean>;
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
  /** A tap is kept until its buyer has agreed how to pay. */
  readonly agreeing = new Signal<BuyerOrder>();
  /** A tap is kept until its buyer has shown who they are. */
  readonly confirming = new Signal<BuyerOrder>();

  readonly #options: OrderOptions;
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #unlisten: (() => void)[];
  readonly #line: LineKeeper;
  #stopped = false;

  constructor(options: OrderOptions) {
    this.#options = options;
    this.#line = new LineKeeper({
      ...options,
      get: (key) => options.book.get(key),
      change: (key, change) => {
        this.#change(key, change);
      },
    });
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
      if (order.phase === 'queued') void this.#line.look(order.key);
      else if (isOpen(order)) {
        if (order.phase !== 'agreeing' && order.phase !== 'confirming') void this.#pursue(order.key, true);
      } else if (order.phase === 'reserved') this.#poll(order.key, 0);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#line.stop();
    for (const unlisten of this.#unlisten) unlisten();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#silenceAll();
  }

  /** The buyer's tap. Returns the intent: the one already on its way or in line for this SKU, or a new one. */
  buy(wish: Wish): BuyerOrder {
    const { book, clock, newKey } = this.#options;
    const same = this.orders.find((order) => order.wish.sku === wish.sku && (isOpen(order) || order.phase === 'queued'));
    if (same !== undefined && same.line?.state !== 'offered' && same.line?.state !== 'on_sale' && same.line?.state !== 'over') {
      if (waitsForBuyer(same)) this.retry(same.key);
      return same;
    }
    const tooMany = book.open().length >= MAX_OPEN;
    const quantity = Math.min(wish.quantity, same?.line?.offer?.quantity ?? wish.quantity);
    const order: BuyerOrder = {
      ...UNANSWERED,
      key: newKey(),
      wish: { ...wish, quantity },
      phase: tooMany ? 'refused' : 'sending',
      placed_ms: clock.now(),
      problem: tooMany ? ownProblem('too-many-open') : null,
      ticket: same?.ticket ?? null,
    };
    if (same !== undefined && !tooMany) {
      this.#line.forget(same.key);
      book.drop(same.key);
    }
    this.#put(order);
    if (!tooMany) this.#begin(order.key);
    return order;
  }

  /** Takes what is set aside for a buyer in line, or taps again for what is for everybody again. */
  take(key: string): void {
    const queued = this.#options.book.get(key);
    if (queued?.phase === 'queued') this.buy(queued.wish);
  }

  /** Goes on with an intent that waits for its buyer: has none agreed yet, it asks again; all else is sent with its own key. */
  retry(key: string): void {
    const order = this.#options.book.get(key);
    if (order === undefined || !waitsForBuyer(order)) return;
    if (order.phase === 'agreeing') this.#begin(key);
    else if (order.phase === 'confirming') this.confirming.emit(order);
    else this.goOn(key);
  }

  /** Sends a kept intent: its buyer has agreed, or shown who they are, or wants another try. */
  goOn(key: string): void {
    const order = this.#options.book.get(key);
    if (order === undefined || !waitsForBuyer(order)) return;
    this.#put({ ...order, phase: 'sending', problem: null });
    void this.#pursue(key, order.phase === 'unanswered');
  }

  /** Forgets a kept intent. Nothing was ordered: what the server was asked, it refused. */
  giveUp(key: string): void {
    const order = this.#options.book.get(key);
    if (order?.phase !== 'agreeing' && order?.phase !== 'confirming' && order?.phase !== 'opening') return;
    this.#put({ ...order, phase: 'refused', problem: ownProblem('not-confirmed') });
  }

  /** Leaves the line, or declines what is set aside. */
  leave(key: string): Promise<void> {
    return this.#line.leave(key);
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

  #begin(key: string): void {
    const wish = this.#options.book.get(key)?.wish;
    const ready = wish === undefined || (this.#options.ready?.(wish) ?? true);
    if (typeof ready === 'boolean') this.#sendOrKeep(key, ready);
    else
      void ready.then((known) => {
        this.#sendOrKeep(key, known);
      });
  }

  #sendOrKeep(key: string, ready: boolean): void {
    const order = this.#options.book.get(key);
    if (this.#stopped || (order?.phase !== 'sending' && order?.phase !== 'agreeing')) return;
    const kept: BuyerOrder = { ...order, phase: ready ? 'sending' : 'agreeing' };
    if (kept.phase !== order.phase) this.#put(kept);
    if (ready) void this.#pursue(key, false);
    else this.agreeing.emit(kept);
  }

  /** Tries until answered. `uncertain`: an earlier try may have reached the server. */
  async #pursue(key: string, uncertain: boolean): Promise<void> {
    let mayHaveArrived = uncertain;
    let overSocket = true;
    await this.#untilItOpens(key);
    for (let tries = 0; tries < MAX_TRIES && !this.#stopped; tries += 1) {
      const order = this.#options.book.get(key);
      if (order === undefined || !isOpen(order)) return;
      const outcome = await this.#try(order, overSocket);
      let wait_ms = backoffMs(RETRY, tries, this.#options.random());
      if (outcome.kind === 'order') {
        this.#settle(key, outcome.answer);
        return;
      }
      if (outcome.kind === 'silence') {
        mayHaveArrived = true;
        // A way that gave no answer is not the next one tried.
        overSocket = !overSocket;
      } else {
        const name = problemName(outcome.problem);
        // Another guest is another buyer: only an intent that cannot have arrived yet may change hands.
        const renewed = name === 'unauthorized' && !mayHaveArrived && tries === 0 && this.#options.session.forget();
        const forgotten = this.#forgetTicket(key, outcome.problem);
        const opens_ms = opensAt(outcome.problem, this.#options.clock);
        if (!renewed && !forgotten && opens_ms === null && !TRY_AGAIN.has(name)) {
          this.#refuse(key, outcome.problem);
          return;
        }
        if (name === 'internal') mayHaveArrived = true;
        if (opens_ms !== null) this.#change(key, (open) => ({ ...open, phase: 'opening', problem: outcome.problem, again_ms: opens_ms }));
        if (renewed || forgotten || (opens_ms !== null && tries === 0)) wait_ms = 0;
        else if (opens_ms === null) wait_ms = this.#comeAgain(key, outcome.problem, Math.max(wait_ms, outcome.retry_after_ms ?? 0));
      }
      await this.#pause(wait_ms);
      await this.#untilItOpens(key);
    }
    if (!this.#stopped) this.#change(key, (open) => (isOpen(open) ? { ...open, phase: 'unanswered', again_ms: null } : open));
  }

  /** The server asked to come again: with its ticket, which keeps the order of arrival. */
  #comeAgain(key: string, problem: Problem, wait_ms: number): number {
    const again_ms = this.#options.clock.now() + wait_ms;
    this.#change(key, (open) => ({ ...open, phase: 'in_line', problem, again_ms, ticket: textOf(problem, 'ticket') ?? open.ticket }));
    return wait_ms;
  }

  /** A tap that came before its channel's sale opens goes no earlier than that. */
  async #untilItOpens(key: string): Promise<void> {
    const kept = this.#options.book.get(key);
    if (kept?.phase !== 'opening') return;
    await this.#pause(waitsFor_ms(kept, this.#options.clock));
    this.#change(key, (open) => (open.phase === 'opening' ? { ...open, phase: 'sending', problem: null, again_ms: null } : open));
  }

  /** A ticket the server does not take any more is worth nothing; the tap itself may still be good. */
  #forgetTicket(key: string, problem: Problem): boolean {
    const errors = problem['errors'];
    const about = Array.isArray(errors) && errors.some((error: { readonly pointer?: unknown } | null) => error?.pointer === '/ticket');
    if (!about || (this.#options.book.get(key)?.ticket ?? null) === null) return false;
    this.#change(key, (open) => ({ ...open, ticket: null }));
    return true;
  }

  #refuse(key: string, problem: Problem): void {
    const name = problemName(problem);
    const line = name === 'sold-out' ? lineOf(problem) : undefined;
    if (name === 'step-up-required') {
      this.#change(key, (open) => ({ ...open, phase: 'confirming', problem, again_ms: null }));
      const kept = this.#options.book.get(key);
      if (kept !== undefined) this.confirming.emit(kept);
    } else if (line !== undefined) {
      const { ticket, place } = line;
      const state = line.could_win ? 'waiting' : 'over';
      this.#change(key, (open) => ({ ...open, phase: 'queued', problem: null, again_ms: null, ticket, line: { ticket, state, place, offer: null } }));
      this.#line.follow(key);
    } else {
      this.#change(key, (open) => ({ ...open, phase: 'refused', problem, again_ms: null }));
    }
  }

  async #try(order: BuyerOrder, overSocket: boolean): Promise<Outcome> {
    const { session, show, base, fetch } = this.#options;
    const { wish, ticket } = order;
    const body: OrderRequest = {
      show,
      sku: wish.sku,
      quantity: wish.quantity,
      look: wish.look,
      seen_price: wish.seen_price,
    };
    try {
      const token = await session.token();
      const tapped = overSocket ? this.#tap(order.key, body, token, ticket) : null;
      if (tapped !== null) return await tapped;
      return fromHttp(await ask(fetch, { method: 'POST', url: ordersUrl(base), token, key: order.key, ticket, body }));
    } catch (error) {
      if (error instanceof ProblemError) return { kind: 'problem', problem: error.problem, retry_after_ms: null };
      return { kind: 'silence' };
    }
  }

  /** Over the open WebSocket, or null where there is none. */
  #tap(key: string, body: OrderRequest, token: string, ticket: string | null): Promise<Outcome> | null {
    if (!this.#options.feed.send({ type: 'tap', id: key, token, key, ...body, ...(ticket === null ? {} : { ticket }) })) return null;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#waiting.get(key)?.({ kind: 'silence' }), TAP_ANSWER_MS);
      this.#waiting.set(key, (outcome) => {
        clearTimeout(timer);
        this.#waiting.delete(key);
        resolve(outcome);
      });
    });
  }

  #hear(message: OrderMessage | LineMessage | ProblemMessage): void {
    if (message.id === null) return;
    if (message.type === 'line') {
      this.#line.hear(message);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    if (message.type === 'order') {
      if (waiting !== undefined) waiting({ kind: 'order', answer: message });
      else this.#settle(message.id, message);
    } else {
      const problem = asProblem(message.problem, 0);
      waiting?.({ kind: 'problem', problem, retry_after_ms: Math.min(MAX_RETRY_AFTER_MS, numberOf(problem, 'retry_after_ms') ?? 0) });
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
    // What is answered after the page let go is asked again, with the same key, by whoever goes on with it.
    if (this.#stopped) return;
    this.#options.book.put(order);
    this.changes.emit(order);
  }
}

function fromHttp(answer: Answer): Outcome {
  if (answer.ok) return { kind: 'order', answer: answer.body as OrderAnswer };
  if (answer.problem.status >= 500 && answer.problem.type === 'about:blank') return { kind: 'silence' };
  return { kind: 'problem', problem: answer.problem, retry_after_ms: answer.retry_after_ms };
}
