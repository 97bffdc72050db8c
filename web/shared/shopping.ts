import { html, type TemplateResult } from 'lit';
import './buy-card';
import './order-list';
import type { Lang } from './i18n';
import type { LookView } from './messages';
import type { Wish } from './order-book';
import type { Viewing } from './viewing';

/** Where a viewer buys: whose viewing it is, and how the page speaks. */
export interface Shop {
  readonly viewing: Viewing;
  readonly base: string;
  readonly lang: Lang;
}

/** One look as a card in a shop. */
export interface Card {
  readonly look: LookView;
  /** Whether the picture shows this look now. */
  readonly live: boolean;
  /** Made ready for its frame, and not seen before it. */
  readonly armed?: boolean;
  readonly channelName: string;
  /** The size the viewer wears, as far as known. */
  readonly worn: string | null;
  wears(size: string): void;
}

export function renderCard({ viewing, base, lang }: Shop, card: Card): TemplateResult {
  const { feed, orders, clock } = viewing;
  return html`<buy-card
    .look=${card.look}
    .live=${card.live}
    .armed=${card.armed ?? false}
    .stock=${feed.timeline.stockLevels()}
    .orders=${orders.orders}
    .now=${() => clock.now()}
    .worn=${card.worn}
    .channelName=${card.channelName}
    .base=${base}
    lang=${lang}
    @buy=${(event: CustomEvent<Wish>) => orders.buy(event.detail)}
    @retry=${(event: CustomEvent<string>) => {
      orders.retry(event.detail);
    }}
    @cancel=${(event: CustomEvent<string>) => void orders.cancel(event.detail)}
    @size=${(event: CustomEvent<string>) => {
      card.wears(event.detail);
    }}
  ></buy-card>`;
}

export function renderOrders({ viewing, base, lang }: Shop): TemplateResult {
  const { orders, clock } = viewing;
  return html`<order-list
    .orders=${orders.orders}
    .now=${() => clock.now()}
    .base=${base}
    lang=${lang}
    @retry=${(event: CustomEvent<string>) => {
      orders.retry(event.detail);
    }}
    @cancel=${(event: CustomEvent<string>) => void orders.cancel(event.detail)}
  ></order-list>`;
}
