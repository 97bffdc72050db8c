import { isSafeLink } from './addresses';
import type { BuyerOrder } from './order-book';
import type { OrderClient } from './orders';
import type { ViewerSession } from './session';
import { textOf, type Problem } from './wire';

/** What a host page is told when a tap is above what one tap may spend. */
export interface StepUpWanted {
  readonly problem: Problem;
  readonly sku: string;
  readonly quantity: number;
}

/** The host page's hook: it lets the buyer show who they are. A token, or true: go on; false or null: the buyer did not. */
export type StepUp = (wanted: StepUpWanted) => Promise<boolean | { readonly token: string } | null>;

/**
 * Does what a `step-up-required` asks for, and then repeats the tap with its own key. Without a host's hook the address that
 * the server named is opened beside the page, and the buyer says when they are done.
 */
export class StepUpDesk {
  hook: StepUp | null = null;
  readonly #orders: OrderClient;
  readonly #session: ViewerSession;
  readonly #page: Window;
  readonly #unlisten: () => void;
  readonly #asked = new Set<string>();

  constructor(orders: OrderClient, session: ViewerSession, page: Window) {
    this.#orders = orders;
    this.#session = session;
    this.#page = page;
    this.#unlisten = orders.confirming.listen((kept) => {
      if (kept.problem !== null) void this.#ask(kept, kept.problem);
    });
  }

  stop(): void {
    this.#unlisten();
  }

  async #ask({ key, wish }: BuyerOrder, problem: Problem): Promise<void> {
    if (this.hook === null) {
      const url = textOf(problem, 'url');
      if (url !== null && isSafeLink(url) && this.#page.navigator.userActivation.isActive) this.#page.open(url, '_blank', 'noopener');
      return;
    }
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    try {
      const shown = await this.hook({ problem, sku: wish.sku, quantity: wish.quantity });
      if (shown === null || shown === false) return;
      if (shown !== true) this.#session.renew(shown.token);
      this.#orders.goOn(key);
    } catch {
      // The host could not ask: the tap stays kept, and the buyer may try again.
    } finally {
      this.#asked.delete(key);
    }
  }
}
