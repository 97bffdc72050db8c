import { html, nothing, type TemplateResult } from 'lit';
import './buy-card';
import './consent-sheet';
import './my-sizes';
import './order-list';
import { consentText } from './consent-text';
import { Localizer, type Lang } from './i18n';
import type { LookView } from './messages';
import { perform, type OrderAct } from './order-actions';
import type { Wish } from './order-book';
import type { ChosenSize } from './sizes';
import type { Viewing } from './viewing';
import { words } from './words';

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
}

export function renderCard({ viewing, base, lang }: Shop, card: Card): TemplateResult {
  const { feed, orders, clock, consent, sizes, showing } = viewing;
  const { given } = consent;
  return html`<buy-card
    .look=${card.look}
    .live=${card.live}
    .armed=${card.armed ?? false}
    .stock=${feed.timeline.stockLevels()}
    .orders=${orders.orders}
    .now=${() => clock.now()}
    .playhead=${() => showing.reading?.programme_ms ?? null}
    .worn=${sizes.worn}
    .channelName=${card.channelName}
    .paysBy=${given === null ? '' : consentText(given, new Localizer(lang, words))}
    .base=${base}
    lang=${lang}
    @buy=${(event: CustomEvent<Wish>) => orders.buy(event.detail)}
    @order-act=${(event: CustomEvent<OrderAct>) => {
      perform(orders, event.detail);
    }}
    @size=${(event: CustomEvent<ChosenSize>) => {
      sizes.wears(event.detail);
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
    @order-act=${(event: CustomEvent<OrderAct>) => {
      perform(orders, event.detail);
    }}
  ></order-list>`;
}

/** What a buyer settles once, before the drop: sizes, and how orders are paid. */
export function renderBuyer({ viewing, lang }: Shop): TemplateResult {
  const { sizes, consent } = viewing;
  return html`<my-sizes
      .worn=${sizes.worn}
      lang=${lang}
      @size=${(event: CustomEvent<ChosenSize>) => {
        sizes.wears(event.detail);
      }}
    ></my-sizes>
    ${consent.provider === null ? nothing : html`<consent-state .consent=${consent} .given=${consent.given} lang=${lang}></consent-state>`}`;
}

/** Opens by itself for a tap that is kept until its buyer agreed how to pay. */
export function renderSheet({ viewing, lang }: Shop): TemplateResult {
  return html`<consent-sheet .consent=${viewing.consent} .orders=${viewing.orders} lang=${lang}></consent-sheet>`;
}
