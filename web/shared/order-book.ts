import type { LineOfferView, Money, OrderAnswer, OrderMessage, OrderStatus, ReleaseReason } from './messages';
import { readJson } from './storage';
import type { Problem } from './wire';

/** Orders remembered per show and channel: the newest. */
export const MAX_REMEMBERED = 60;

/** Intents that may be open at once in one page. */
export const MAX_OPEN = 8;

/** What a buyer wants, with what is needed to show it again later without the card. */
export interface Wish {
  readonly sku: string;
  readonly quantity: number;
  readonly look: string | null;
  readonly seen_price: Money | null;
  readonly label: WishLabel;
}

export interface WishLabel {
  readonly title: string;
  readonly titles: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
  readonly brand: string;
  readonly look_number: string;
  readonly image: string | null;
}

/**
 * Where an order is for its buyer. Nothing is decided yet while it is `agreeing` (kept until the buyer has agreed how to pay),
 * `sending` (the first try), `in_line` (the server asked to come again), `opening` (tapped before this channel's sale opens, which
 * it waits for), `confirming` (the buyer must first show who they are)
 * or `unanswered` (no answer came in all tries; trying again is safe). `queued`: gone for now, with a place among those who
 * wait for what comes back. `refused`: with a problem. Then the server's own statuses.
 */
export type OrderPhase = 'agreeing' | 'sending' | 'in_line' | 'opening' | 'confirming' | 'unanswered' | 'queued' | 'refused' | OrderStatus;

/** A place among those who wait for pieces that others may give back. */
export interface PlaceInLine {
  readonly ticket: string;
  readonly state: 'offered' | 'on_sale' | 'over' | 'waiting';
  readonly place: number | null;
  readonly offer: LineOfferView | null;
}

export interface BuyerOrder {
  /** The idempotency key, made once for the intent; also the tap's id on the feed. */
  readonly key: string;
  readonly wish: Wish;
  readonly phase: OrderPhase;
  readonly placed_ms: number;
  readonly order: string | null;
  readonly amount: Money | null;
  readonly hold_until_ms: number | null;
  readonly problem: Problem | null;
  readonly released: ReleaseReason | null;
  /** Proves when this buyer came for this SKU; sent along with every further try. */
  readonly ticket: string | null;
  readonly line: PlaceInLine | null;
  /** A pre-order: nothing is charged before this instant. */
  readonly payment_due_ms: number | null;
  /** When the next try is made by itself. */
  readonly again_ms: number | null;
}

/** What an intent has before the server said anything. */
export const UNANSWERED = {
  order: null,
  amount: null,
  hold_until_ms: null,
  problem: null,
  released: null,
  ticket: null,
  line: null,
  payment_due_ms: null,
  again_ms: null,
} as const satisfies Partial<BuyerOrder>;

const RANK: Readonly<Record<OrderPhase, number>> = {
  agreeing: 0,
  sending: 0,
  in_line: 0,
  opening: 0,
  confirming: 0,
  unanswered: 0,
  queued: 1,
  refused: 1,
  reserved: 2,
  paid: 3,
  fulfilled: 4,
  released: 4,
};

/** Not decided yet: its key is kept until it is. */
export function isOpen(order: BuyerOrder): boolean {
  return RANK[order.phase] === 0;
}

/** Waits for the buyer, not for the server. */
export function waitsForBuyer(order: BuyerOrder): boolean {
  return order.phase === 'agreeing' || order.phase === 'confirming' || order.phase === 'unanswered';
}

/** The server's answer laid over what was known; news that is older than what is known, or the same, changes nothing. */
export function withAnswer(order: BuyerOrder, answer: OrderAnswer | OrderMessage): BuyerOrder {
  if (RANK[answer.status] < RANK[order.phase]) return order;
  const told: BuyerOrder = {
    ...order,
    phase: answer.status,
    order: answer.order,
    amount: answer.amount,
    hold_until_ms: answer.hold_until_ms,
    problem: null,
    released: answer.release_reason ?? null,
    payment_due_ms: answer.payment_due_ms ?? null,
    line: null,
    again_ms: null,
  };
  // An answer and a look at the order tell of the same event: it is news once.
  return JSON.stringify(told) === JSON.stringify(order) ? order : told;
}

/** One row a key: a tab may still hold as open what another one, opened from it, has had answered. */
function onceEach(orders: readonly BuyerOrder[]): BuyerOrder[] {
  const byKey = new Map<string, BuyerOrder>();
  for (const order of orders) {
    const other = byKey.get(order.key);
    if (other === undefined || RANK[order.phase] > RANK[other.phase]) byKey.set(order.key, order);
  }
  return [...byKey.values()];
}

/**
 * The orders of one viewer on one show and channel, newest first. Intents without an answer are kept with their key in the
 * tab's storage, answered orders in the browser's, so that a reload forgets neither and a tab never sends another tab's.
 */
export class OrderBook {
  readonly #tab: Storage;
  readonly #browser: Storage;
  readonly #place: string;
  #orders: BuyerOrder[];

  constructor(show: string, channel: string, tab: Storage, browser: Storage) {
    this.#tab = tab;
    this.#browser = browser;
    this.#place = `snbn.orders.${show}.${channel}`;
    this.#orders = onceEach([...this.#load(tab), ...this.#load(browser)]).sort((a, b) => b.placed_ms - a.placed_ms);
  }

  all(): readonly BuyerOrder[] {
    return this.#orders;
  }

  get(key: string): BuyerOrder | undefined {
    return this.#orders.find((order) => order.key === key);
  }

  /** The newest order of a SKU, or of any of several. */
  latest(skus: readonly string[]): BuyerOrder | undefined {
    return this.#orders.find((order) => skus.includes(order.wish.sku));
  }

  open(): readonly BuyerOrder[] {
    return this.#orders.filter(isOpen);
  }

  put(order: BuyerOrder): void {
    const place = this.#orders.findIndex((known) => known.key === order.key);
    if (place === -1) this.#orders = [order, ...this.#orders].slice(0, MAX_REMEMBERED);
    else this.#orders = this.#orders.with(place, order);
    this.#keep();
  }

  /** Forgets an intent whose place another one takes. */
  drop(key: string): void {
    this.#orders = this.#orders.filter((order) => order.key !== key);
    this.#keep();
  }

  #keep(): void {
    this.#tab.setItem(this.#place, JSON.stringify(this.#orders.filter(isOpen)));
    this.#browser.setItem(this.#place, JSON.stringify(this.#orders.filter((known) => !isOpen(known))));
  }

  #load(store: Storage): BuyerOrder[] {
    const value = readJson(store, this.#place);
    return Array.isArray(value) ? value.filter(isBuyerOrder).slice(0, MAX_REMEMBERED).map((order) => ({ ...UNANSWERED, ...order })) : [];
  }
}

function isBuyerOrder(value: unknown): value is BuyerOrder {
  const order = value as Partial<BuyerOrder> | null;
  return (
    typeof order?.key === 'string' &&
    typeof order.phase === 'string' &&
    Object.hasOwn(RANK, order.phase) &&
    typeof order.placed_ms === 'number' &&
    typeof order.wish?.sku === 'string' &&
    typeof order.wish.label.title === 'string'
  );
}
