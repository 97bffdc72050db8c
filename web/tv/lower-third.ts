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
        gap: 0 3.6vh;
        align-items: center;
        padding: 2.8vh 3.6vh;
        background: rgb(11 10 10 / 97%);
        border-left: 0.6vh solid var(--champagne);
      }
      p,
      h1,
      ul {
        margin: 0;
        padding: 0;
      }
      .number {
        text-align: center;
      }
      .number small {
        display: block;
        font-size: 2.6vh;
        color: var(--ivory-soft);
      }
      .number b {
        font-size: 10vh;
        line-height: 1;
        color: var(--champagne);
      }
      .brand {
        font-size: 2.9vh;
        letter-spacing: 0.12em;
        text-transform: uppercase;
        color: var(--ivory-soft);
      }
      h1 {
        font-size: 4.9vh;
        line-height: 1.15;
        font-weight: 400;
      }
      ul {
        display: grid;
        gap: 0.7vh;
        margin-top: 1.2vh;
        list-style: none;
      }
      li {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 0 2vh;
        font-size: 3.1vh;
        line-height: 1.3;
      }
      .price {
        font-size: 3.9vh;
      }
      s,
      .sizes,
      .more {
        font-size: 2.6vh;
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
          transform: translateX(-4vh);
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
  @property() override lang: Lang = 'en';
  #products: readonly Product[] = [];

  protected override willUpdate(): void {
    this.#products = products(this.look, (sku) => this.stock.get(sku) ?? null);
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
        <h1 class="serif">${title}</h1>
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
    const prices = product.sizes.map(({ offer }) => offer.price).sort((a, b) => a.value - b.value);
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
