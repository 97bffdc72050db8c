import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { element } from './define';
import { Localizer, type Lang } from './i18n';
import type { BuyerOrder } from './order-book';
import { orderActions } from './order-actions';
import { statusText } from './order-text';
import { foundation } from './theme';
import { words } from './words';

const TICK_MS = 1_000;

/** This viewer's orders, newest first. Fires `order-act` (detail: OrderAct). */
@element('order-list')
export class OrderList extends LitElement {
  static override styles = [
    foundation,
    css`
      :host {
        display: block;
      }
      ol {
        list-style: none;
        margin: 0;
        padding: 0;
      }
      li {
        padding: 1.125rem 0;
        border-bottom: 1px solid var(--hairline);
        font-size: var(--text-s);
        line-height: 1.45;
      }
      .row {
        display: flex;
        gap: 1rem;
      }
      .row > div {
        flex: 1;
        min-width: 0;
      }
      img {
        flex: none;
        width: 54px;
        height: 72px;
        object-fit: cover;
        background: var(--ink-float);
      }
      p {
        margin: 0;
      }
      .eyebrow {
        color: var(--muted);
      }
      b {
        display: block;
        margin: 0.2rem 0;
        font-size: 1.0625rem;
        font-weight: 400;
        overflow-wrap: anywhere;
      }
      .state {
        margin-top: 0.35rem;
        color: var(--ivory-soft);
      }
      .state strong {
        font-weight: 500;
        color: var(--champagne);
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        gap: 0 1.25rem;
      }
      .acts button {
        min-height: 1.75rem;
      }
      li[data-phase='paid'] strong,
      li[data-phase='fulfilled'] strong {
        color: var(--positive);
      }
      li[data-phase='refused'] strong,
      li[data-phase='released'] strong {
        color: var(--negative);
      }
      .amount {
        white-space: nowrap;
        font-size: 1rem;
      }
      button {
        margin-top: 0.35rem;
        color: var(--ivory-soft);
        text-decoration: underline;
        text-underline-offset: 3px;
      }
      .empty {
        padding: 2rem 0;
        color: var(--muted);
        font-size: var(--text-m);
      }
    `,
  ];

  @property({ attribute: false }) orders: readonly BuyerOrder[] = [];
  @property({ attribute: false }) now: () => number = Date.now;
  @property() base = '';
  @property() override lang: Lang = 'en';
  #ticking: ReturnType<typeof setInterval> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has('orders')) return;
    clearInterval(this.#ticking);
    if (this.orders.some((order) => order.phase === 'reserved' || order.phase === 'in_line' || order.phase === 'opening' || order.line?.state === 'offered') && this.isConnected) {
      this.#ticking = setInterval(() => {
        this.requestUpdate();
      }, TICK_MS);
    }
  }

  protected override render(): TemplateResult {
    const text = new Localizer(this.lang, words);
    if (this.orders.length === 0) return html`<p class="empty">${text.t('bag_empty')}</p>`;
    return html`<ol lang=${text.tag}>
      ${repeat(
        this.orders,
        (order) => order.key,
        (order) => {
          const status = statusText(order, text, this.now());
          const { label } = order.wish;
          return html`<li data-phase=${order.phase} data-sku=${order.wish.sku} data-order=${order.order ?? nothing} data-line=${order.line?.state ?? nothing}>
            <div class="row">
              ${label.image === null ? nothing : html`<img src=${new URL(label.image, `${this.base === '' ? location.origin : this.base}/`).href} alt="" />`}
              <div>
                <p class="eyebrow">${label.brand} · ${text.t('look', { number: label.look_number })}</p>
                <b class="serif">${text.pick(label.titles, label.title)}</b>
                <p>${Object.values(label.options).join(' · ')}</p>
              </div>
              <p class="amount serif figures">
                ${order.amount === null ? (order.wish.seen_price === null ? '' : text.money(order.wish.seen_price)) : text.money(order.amount)}
              </p>
            </div>
            <p class="state"><strong>${status.title}</strong> ${status.detail}</p>
            ${orderActions(order, text, this)}
          </li>`;
        },
      )}
    </ol>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'order-list': OrderList;
  }
}
