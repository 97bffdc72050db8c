import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Localizer, type Lang } from '../shared/i18n';
import type { LookView, StockLevel } from '../shared/messages';
import { products, together, type Product } from '../shared/offers';
import { foundation } from '../shared/theme';
import { words } from '../shared/words';
import { tvWords } from './texts';

/** Products that fit a lower third; the phone has the rest. */
const MAX_PRODUCTS = 3;

/** The look on the TV's picture. In the page exactly while the picture shows it; carries `data-look` and `data-state`. */
@customElement('lower-third')
export class LowerThird extends LitElement {
  static override styles = [
    foundation,
    css`
      :host {
        display: block;
        animation: enter var(--calm) var(--ease);
      }
      article {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 0 calc(3.6 * var(--u));
        align-items: center;
        padding: calc(2.8 * var(--u)) calc(3.6 * var(--u));
        /* Nothing of the picture's own captions shines through. */
        background: var(--ink);
        border-left: calc(0.6 * var(--u)) solid var(--champagne);
      }
      p,
      h2,
      ul {
        margin: 0;
        padding: 0;
      }
      .number {
        text-align: center;
      }
      .number small {
        display: block;
        font-size: calc(2.6 * var(--u));
        color: var(--ivory-soft);
      }
      .number b {
        font-size: calc(10 * var(--u));
        line-height: 1;
        color: var(--champagne);
      }
      .brand {
        font-size: calc(2.9 * var(--u));
        letter-spacing: 0.12em;
        text-transform: uppercase;
        color: var(--ivory-soft);
      }
      h2 {
        font-size: calc(4.9 * var(--u));
        line-height: 1.15;
        font-weight: 400;
      }
      ul {
        display: grid;
        gap: calc(0.7 * var(--u));
        margin-top: calc(1.2 * var(--u));
        list-style: none;
      }
      li {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 0 calc(2 * var(--u));
        font-size: calc(3.1 * var(--u));
        line-height: 1.3;
      }
      .price {
        font-size: calc(3.9 * var(--u));
      }
      s,
      .sizes,
      .more {
        font-size: calc(2.6 * var(--u));
        color: var(--ivory-soft);
      }
      .sizes span {
        margin-right: 0.5em;
      }
      .sizes .gone {
        text-decoration: line-through;
        color: var(--muted);
      }
      .low {
        color: var(--warning);
      }
      [data-state='sold_out'] .state,
      [data-state='ended'] .state {
        color: var(--negative);
        font-weight: 600;
      }
      @keyframes enter {
        from {
          opacity: 0;
          transform: translateX(calc(-4 * var(--u)));
        }
      }
      @media (prefers-reduced-motion: reduce) {
        :host {
          animation: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) look!: LookView;
  @property({ attribute: false }) stock: ReadonlyMap<string, StockLevel> = new Map();
  /** The programme time of the TV's picture, or null. */
  @property({ attribute: false }) playhead: number | null = null;
  @property() override lang: Lang = 'en';
  #products: readonly Product[] = [];

  protected override willUpdate(): void {
    this.#products = products(this.look, (sku) => this.stock.get(sku) ?? null, this.playhead);
    this.dataset['look'] = this.look.id;
    this.dataset['state'] = together(this.#products.map((product) => product.state));
  }

  protected override render(): TemplateResult {
    const text = new Localizer(this.lang, words);
    const own = new Localizer(this.lang, tvWords);
    const { look } = this;
    const title = text.pick(look.titles, look.title);
    const more = this.#products.length - MAX_PRODUCTS;
    return html`<article lang=${text.tag} aria-label=${text.t('announce_look', { number: look.number, title, brand: look.brand })}>
      <p class="number"><small>${text.t('look', { number: '' }).trim()}</small><b class="serif figures">${look.number}</b></p>
      <div>
        <p class="brand">${look.brand}</p>
        <h2 class="serif">${title}</h2>
        <ul>
          ${this.#products.slice(0, MAX_PRODUCTS).map((product) => this.#renderProduct(product, title, text, own))}
        </ul>
        ${more > 0 ? html`<p class="more">${own.t('more', { count: more })}</p>` : nothing}
      </div>
    </article>`;
  }

  #renderProduct(
    product: Product,
    lookTitle: string,
    text: Localizer<keyof typeof words.en>,
    own: Localizer<keyof typeof tvWords.en>,
  ): TemplateResult {
    const prices = product.sizes.map(({ price }) => price).sort((a, b) => a.value - b.value);
    const [least, most] = [prices[0], prices.at(-1)];
    const price = least === undefined ? '' : text.money(least);
    const title = text.pick(product.titles, product.title);
    const left = product.sizes.reduce((sum, { low }) => (low === null ? Number.NaN : sum + low), 0);
    return html`<li data-state=${product.state}>
      ${title === lookTitle ? nothing : html`<span>${title}</span>`}
      <b class="price serif figures">${least?.value === most?.value ? price : own.t('from', { price })}</b>
      <span class="sizes"
        >${product.sizes
          .filter(({ label }) => label !== '')
          .map(({ label, state }) => html`<span class=${state === 'on_sale' ? '' : 'gone'}>${label}</span>`)}</span
      >
      ${product.state !== 'on_sale'
        ? html`<span class="state">${text.t(product.state)}</span>`
        : Number.isNaN(left)
          ? nothing
          : html`<span class="low">${own.t('only', { left })}</span>`}
    </li>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lower-third': LowerThird;
  }
}
