import { html, nothing, type TemplateResult } from 'lit';
import type { Localizer } from './i18n';
import type { BuyerOrder } from './order-book';
import type { OrderClient } from './orders';
import type { Word } from './words';

/** What a buyer can do about an order. */
export type Act = 'cancel' | 'confirm-done' | 'give-up' | 'leave' | 'retry' | 'take';

export interface OrderAct {
  readonly act: Act;
  readonly key: string;
}

function possible(order: BuyerOrder): readonly (readonly [Act, Word])[] {
  switch (order.phase) {
    case 'agreeing':
      return [
        ['retry', 'agree_open'],
        ['give-up', 'give_up'],
      ];
    case 'confirming':
      return [
        ['retry', 'confirm_open'],
        ['confirm-done', 'confirm_done'],
        ['give-up', 'give_up'],
      ];
    case 'opening':
      return [['give-up', 'give_up']];
    case 'unanswered':
      return [['retry', 'try_again']];
    case 'reserved':
      return order.order === null ? [] : [['cancel', 'cancel']];
    case 'queued':
      if (order.line?.state === 'waiting') return [['leave', 'leave']];
      if (order.line?.state === 'on_sale') return [['take', 'take']];
      return order.line?.state !== 'offered'
        ? []
        : [
            ['take', 'take'],
            ['leave', 'decline'],
          ];
    case 'sending':
    case 'in_line':
    case 'refused':
    case 'paid':
    case 'fulfilled':
    case 'released':
      return [];
  }
}

/** The buttons beside an order's news; `without` leaves out what another button does already. Fires `order-act`. */
export function orderActions(order: BuyerOrder, text: Localizer<Word>, host: EventTarget, without: readonly Act[] = []): TemplateResult | typeof nothing {
  const acts = possible(order).filter(([act]) => !without.includes(act));
  if (acts.length === 0) return nothing;
  return html`<span class="acts">
    ${acts.map(
      ([act, word]) =>
        html`<button
          type="button"
          class="plain"
          data-action=${act}
          @click=${() => {
            host.dispatchEvent(new CustomEvent<OrderAct>('order-act', { detail: { act, key: order.key } }));
          }}
        >
          ${text.t(word)}
        </button>`,
    )}
  </span>`;
}

/** Does what a buyer asked for. */
export function perform(orders: OrderClient, { act, key }: OrderAct): void {
  switch (act) {
    case 'cancel':
      void orders.cancel(key);
      break;
    case 'leave':
      void orders.leave(key);
      break;
    case 'confirm-done':
      orders.goOn(key);
      break;
    case 'give-up':
      orders.giveUp(key);
      break;
    case 'retry':
      orders.retry(key);
      break;
    case 'take':
      orders.take(key);
      break;
  }
}
