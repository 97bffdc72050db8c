import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { cardStyles } from './buy-card-styles';
import { openLink } from './deep-link';
import { element } from './define';
import { Localizer, type Lang } from './i18n';
import type { LookView, Money, StockLevel } from './messages';
import { preferredProduct, preferredSize, products, together, type Product, type SizeChoice } from './offers';
import { isOpen, type BuyerOrder, type Wish } from './order-book';
import { statusText } from './order-text';
import { foundation } from './theme';
import { words, type Word } from './words';

/** How often a countdown is written anew. */
const TICK_MS = 1_000;

/**
 * The card of a look. For the look on this viewer's screen (`live`), put it in the page exactly while the picture shows it:
 * it then carries `data-look`; `armed`, it waits unseen for its frame; a look shown earlier carries `data-past-look`. Both carry `data-state`, the one button
 * `data-action="buy"` and `data-sku`, the order's news `data-order-status`.
 *
 * Fires `buy` (detail: Wish), `retry` and `cancel` (detail: the order's key), and `size` (detail: the size chosen).
 */
@element('buy-card')
export class BuyCard extends LitElement {
  static override styles = [foundation, cardStyles];

  @property({ attribute: false }) look: LookView | null = null;
  @property({ attribute: false }) stock: ReadonlyMap<string, StockLevel> = new Map();
  @property({ attribute: false }) orders: readonly BuyerOrder[] = [];
  @property({ attribute: false }) now: () => number = Date.now;
  @property({ attribute: false }) worn: string | null = null;
  @property({ type: Boolean }) live = true;
  /** Ready for its frame and not seen before it: no mark, no name, nothing to press. */
  @property({ type: Boolean, reflect: true }) armed = false;
  @property() channelName = '';
  @property() base = '';
  @property() override lang: Lang = 'en';

  @state() private chosenTitle: string | null = null;
  @state() private chosenSku: string | null = null;
  @state() private brokenImages: readonly string[] = [];
  #ticking: ReturnType<typeof setInterval> | undefined;
  #text = new Localizer('en', words);
  #products: readonly Product[] = [];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (this.#text.lang !== this.lang) this.#text = new Localizer(this.lang, words);
    if (changed.has('look') && changed.get('look')?.id !== this.look?.id) {
      this.chosenTitle = null;
      this.chosenSku = null;
    }
    const { look } = this;
    this.#products = look === null ? [] : products(look, (sku) => this.stock.get(sku) ?? null);
    this.#choose();
    this.hidden = look === null;
    this.inert = this.armed;
    mark(this, 'data-look', this.live && !this.armed ? look?.id : undefined);
    mark(this, 'data-past-look', this.live ? undefined : look?.id);
    mark(this, 'data-state', look === null ? undefined : together(this.#products.map((product) => product.state)));
    this.#tickWhile(this.orders.some((order) => order.phase === 'reserved'));
  }

  protected override render(): TemplateResult | typeof nothing {
    const { look } = this;
    const product = this.#product();
    if (look === null || product === undefined) return nothing;
    const size = this.#size(product);
    const order = this.#order(size);
    const text = this.#text;
    return html`
      <article aria-label=${`${text.t('look', { number: look.number })}, ${look.brand}`} lang=${text.tag}>
        <header>
          <span class="number"><span class="eyebrow">${text.t('look', { number: '' }).trim()}</span><b class="serif figures">${look.number}</b></span>
          ${this.live ? html`<span class="on eyebrow"><i aria-hidden="true"></i>${text.t('on_screen')}</span>` : nothing}
        </header>
        <p class="brand eyebrow">${look.brand}</p>
        <h2 class="serif">${text.pick(look.titles, look.title)}</h2>
        ${this.#products.length > 1 ? this.#renderProducts(product) : nothing}
        <div class="product">
          ${this.#renderImage(size)}
          <div class="facts">
            ${this.#products.length === 1 && text.pick(product.titles, product.title) !== text.pick(look.titles, look.title)
              ? html`<h3>${text.pick(product.titles, product.title)}</h3>`
              : nothing}
            ${this.#renderPrice(size.offer.price, size.offer.compare_at)}
            ${size.low === null ? nothing : html`<em class="low" data-left=${size.low}>${text.t('left', { left: size.low })}</em>`}
            ${this.#renderLink(size)}
          </div>
        </div>
        <div class="choice">
          ${product.sizes.length > 1 || size.label !== '' ? this.#renderSizes(product, size) : nothing} ${this.#renderBuy(size, order?.wish.sku === size.offer.sku ? order : undefined)}
        </div>
        ${this.#renderStatus(size, order)}
      </article>
    `;
  }

  #product(): Product | undefined {
    return this.#products.find((product) => product.title === this.chosenTitle) ?? preferredProduct(this.#products);
  }

  #size(product: Product): SizeChoice {
    return product.sizes.find((size) => size.offer.sku === this.chosenSku) ?? preferredSize(product, this.worn);
  }

  /** What is first shown stays chosen: a size that sells out never turns into another under the finger that taps. */
  #choose(): void {
    const product = this.#product();
    if (product === undefined) return;
    this.chosenTitle = product.title;
    this.chosenSku = this.#size(product).offer.sku;
  }

  #renderProducts(current: Product): TemplateResult {
    return html`<div class="tabs" role="group" aria-label=${this.#text.t('pieces')}>
      ${repeat(
        this.#products,
        (product) => product.title,
        (product) => html`<button
          type="button"
          aria-pressed=${product === current ? 'true' : 'false'}
          data-state=${product.state}
          @click=${() => {
            this.chosenTitle = product.title;
            this.chosenSku = null;
          }}
        >
          ${this.#text.pick(product.titles, product.title)}
        </button>`,
      )}
    </div>`;
  }

  #renderImage(size: SizeChoice): TemplateResult | typeof nothing {
    const address = size.offer.image;
    if (address === null || this.brokenImages.includes(address)) return nothing;
    const url = new URL(address, `${this.base === '' ? location.origin : this.base}/`).href;
    return html`<img
      src=${url}
      alt=""
      width="84"
      height="112"
      decoding="async"
      @error=${() => {
        this.brokenImages = [...this.brokenImages, address].slice(-50);
      }}
    />`;
  }

  #renderPrice(price: Money, compareAt: Money | null): TemplateResult {
    const before = compareAt !== null && compareAt.value > price.value ? this.#text.money(compareAt) : null;
    return html`<p class="price figures">
      <b class="serif">${this.#text.money(price)}</b>
      ${before === null ? nothing : html`<s aria-label=${this.#text.t('was', { price: before })}>${before}</s>`}
    </p>`;
  }

  #renderSizes(product: Product, current: SizeChoice): TemplateResult {
    return html`<fieldset>
      <legend class="unseen">${this.#text.t('size')}</legend>
      ${repeat(
        product.sizes,
        (size) => size.offer.sku,
        (size) => html`<label data-size-sku=${size.offer.sku} data-state=${size.state} title=${size.state === 'sold_out' ? this.#text.t('sold_out') : ''}>
          <input
            type="radio"
            name="size"
            .checked=${size === current}
            ?disabled=${size.state !== 'on_sale'}
            @change=${() => {
              this.chosenSku = size.offer.sku;
              this.#fire('size', size.label);
            }}
          />
          <span>${size.label}${size.state === 'on_sale' ? nothing : html`<span class="unseen"> ${this.#text.t(size.state)}</span>`}</span>
        </label>`,
      )}
    </fieldset>`;
  }

  /** The order the card speaks of: the one of this size, otherwise the last of another size of this look. */
  #order(size: SizeChoice): BuyerOrder | undefined {
    const skus = this.look?.offers.map((offer) => offer.sku) ?? [];
    return this.orders.find((known) => known.wish.sku === size.offer.sku) ?? this.orders.find((known) => skus.includes(known.wish.sku));
  }

  #renderBuy(size: SizeChoice, own: BuyerOrder | undefined): TemplateResult {
    const busy = isBusy(own);
    // Not `disabled`: whoever tapped with a keyboard would lose their place on the page.
    const rests = busy || size.state !== 'on_sale';
    return html`
      <button
        type="button"
        class="buy"
        data-action="buy"
        data-sku=${size.offer.sku}
        data-state=${size.state}
        aria-disabled=${rests ? 'true' : 'false'}
        @click=${() => {
          if (!rests) this.#buy(size, own);
        }}
      >
        <span>${this.#buyText(size, own)}</span>
        ${size.state === 'on_sale' && !busy ? html`<span class="figures">${this.#text.money(size.offer.price)}</span>` : nothing}
      </button>
    `;
  }

  #renderStatus(size: SizeChoice, order: BuyerOrder | undefined): TemplateResult {
    const status = order === undefined ? null : statusText(order, this.#text, this.now());
    const told = isBusy(order) && order?.wish.sku === size.offer.sku;
    return html`
      <div class="status" role="status" data-order-status=${order?.phase ?? nothing} data-order=${order?.order ?? nothing}>
        ${status === null || order === undefined
          ? nothing
          : html`<p>${told ? nothing : html`<b>${status.title}</b>`}${status.detail === '' ? nothing : html` <span>${status.detail}</span>`}</p>
              ${order.phase === 'reserved' && order.order !== null
                ? html`<button type="button" class="plain" data-action="cancel" @click=${() => { this.#fire('cancel', order.key); }}>${this.#text.t('cancel')}</button>`
                : nothing}
              ${order.phase === 'unanswered'
                ? html`<button type="button" class="plain" data-action="retry" @click=${() => { this.#fire('retry', order.key); }}>${this.#text.t('try_again')}</button>`
                : nothing}`}
      </div>
    `;
  }

  #buyText(size: SizeChoice, own: BuyerOrder | undefined): string {
    const word = this.#buyWord(size, own);
    return word === 'sold_out' && this.dataset['state'] === 'on_sale' && size.label !== ''
      ? this.#text.t('size_sold_out', { size: size.label })
      : this.#text.t(word);
  }

  #buyWord(size: SizeChoice, own: BuyerOrder | undefined): Word {
    if (own?.phase === 'sending') return 'sending';
    if (own?.phase === 'in_line') return 'in_line';
    if (own?.phase === 'reserved') return 'reserved';
    if (size.state === 'sold_out') return 'sold_out';
    if (size.state === 'ended') return 'ended';
    if (own?.phase === 'unanswered') return 'try_again';
    return own?.phase === 'paid' || own?.phase === 'fulfilled' ? 'buy_another' : 'buy';
  }

  #renderLink(size: SizeChoice): TemplateResult | typeof nothing {
    const link = this.look?.links[size.offer.sku];
    if (link === undefined || this.channelName === '') return nothing;
    return openLink(link, this.#text.t('open_in', { channel: this.channelName }));
  }

  #buy(size: SizeChoice, own: BuyerOrder | undefined): void {
    const { look } = this;
    if (look === null) return;
    if (own !== undefined && isOpen(own)) {
      this.#fire('retry', own.key);
      return;
    }
    const wish: Wish = {
      sku: size.offer.sku,
      quantity: 1,
      look: look.id,
      seen_price: size.offer.price,
      label: {
        title: size.offer.title,
        titles: size.offer.titles,
        options: size.offer.options,
        brand: look.brand,
        look_number: look.number,
        image: size.offer.image,
      },
    };
    this.#fire('buy', wish);
  }

  #fire(type: 'buy' | 'retry' | 'cancel' | 'size', detail: Wish | string): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #tickWhile(needed: boolean): void {
    if (needed && this.#ticking === undefined && this.isConnected) {
      this.#ticking = setInterval(() => {
        this.requestUpdate();
      }, TICK_MS);
    } else if (!needed) {
      clearInterval(this.#ticking);
      this.#ticking = undefined;
    }
  }
}

/** While an order is under way, the button itself says how far it is. */
function isBusy(order: BuyerOrder | undefined): boolean {
  return order !== undefined && (order.phase === 'sending' || order.phase === 'in_line' || order.phase === 'reserved');
}

function mark(element: HTMLElement, name: string, value: string | undefined): void {
  if (value === undefined) {
    element.removeAttribute(name);
  } else if (element.getAttribute(name) !== value) {
    element.setAttribute(name, value);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'buy-card': BuyCard;
  }
}
