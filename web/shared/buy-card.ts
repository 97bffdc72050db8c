import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { cardStyles } from './buy-card-styles';
import { openLink } from './deep-link';
import { element } from './define';
import { Localizer, type Lang } from './i18n';
import type { LookView, Money, StockLevel } from './messages';
import { preferredProduct, preferredSize, products, together, type Product, type SizeChoice } from './offers';
import { orderActions, type Act, type OrderAct } from './order-actions';
import { isOpen, waitsForBuyer, type BuyerOrder, type Wish } from './order-book';
import { countdown, statusText } from './order-text';
import type { ChosenSize, WornSizes } from './sizes';
import { foundation } from './theme';
import { moneyOf, problemName } from './wire';
import { words, type Word } from './words';

/** How often a countdown is written anew, and a price that holds for a time is looked at. */
const TICK_MS = 250;

/**
 * The card of a look. For the look on this viewer's screen (`live`), put it in the page exactly while the picture shows it:
 * it then carries `data-look`; `armed`, it waits unseen for its frame; a look shown earlier carries `data-past-look`. Both carry `data-state`, the one button
 * `data-action="buy"` and `data-sku`, the order's news `data-order-status`.
 *
 * Fires `buy` (detail: Wish), `order-act` (detail: OrderAct), and `size` (detail: ChosenSize).
 */
@element('buy-card')
export class BuyCard extends LitElement {
  static override styles = [foundation, cardStyles];

  @property({ attribute: false }) look: LookView | null = null;
  @property({ attribute: false }) stock: ReadonlyMap<string, StockLevel> = new Map();
  @property({ attribute: false }) orders: readonly BuyerOrder[] = [];
  @property({ attribute: false }) now: () => number = Date.now;
  @property({ attribute: false }) worn: WornSizes = {};
  /** The programme time of this viewer's picture, or null: which price is in force. */
  @property({ attribute: false }) playhead: () => number | null = () => null;
  /** How orders are paid and where they go, where that is agreed. */
  @property() paysBy = '';
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
    if ((changed.has('look') && changed.get('look')?.id !== this.look?.id) || (changed.has('worn') && this.armed)) {
      this.chosenTitle = null;
      this.chosenSku = null;
    }
    const { look } = this;
    this.#products = look === null ? [] : products(look, (sku) => this.stock.get(sku) ?? null, this.playhead());
    this.#choose();
    this.hidden = look === null;
    this.inert = this.armed;
    mark(this, 'data-look', this.live && !this.armed ? look?.id : undefined);
    mark(this, 'data-past-look', this.live ? undefined : look?.id);
    mark(this, 'data-state', look === null ? undefined : together(this.#products.map((product) => product.state)));
    this.#tickWhile(this.orders.some(countsDown) || (look?.offers.some((offer) => (offer.prices ?? []).length > 0) ?? false));
  }

  protected override render(): TemplateResult | typeof nothing {
    const { look } = this;
    const product = this.#product();
    if (look === null || product === undefined) return nothing;
    const size = this.#size(product);
    const order = this.#order(size);
    const own = order?.wish.sku === size.offer.sku ? order : undefined;
    const price = priceFor(size, own);
    const due_ms = size.offer.payment_due_ms ?? null;
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
            ${this.#renderPrice(price, size.offer.compare_at)}
            ${due_ms === null ? nothing : html`<p class="due">${text.t('pre_order_note', { date: text.date(due_ms) })}</p>`}
            ${size.low === null ? nothing : html`<em class="low" data-left=${size.low}>${text.t('left', { left: size.low })}</em>`}
            ${this.#renderLink(size)}
          </div>
        </div>
        <div class="choice">
          ${product.sizes.length > 1 || size.label !== '' ? this.#renderSizes(product, size) : nothing} ${this.#renderBuy(size, own, price)}
          ${this.paysBy === '' ? nothing : html`<p class="pays" data-pays>${this.paysBy}</p>`}
        </div>
        ${this.#renderStatus(size, order)}
      </article>
    `;
  }

  #product(): Product | undefined {
    const chosen = this.#products.find((product) => product.title === this.chosenTitle);
    return chosen ?? this.#products.find((product) => this.#wanted(product) !== undefined) ?? preferredProduct(this.#products);
  }

  #size(product: Product): SizeChoice {
    return product.sizes.find((size) => size.offer.sku === this.chosenSku) ?? this.#wanted(product) ?? preferredSize(product, this.worn);
  }

  /** The size that this buyer has tapped for and still waits for. */
  #wanted(product: Product): SizeChoice | undefined {
    return product.sizes.find((size) => this.orders.some((order) => order.wish.sku === size.offer.sku && (isOpen(order) || order.phase === 'queued')));
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
            ?disabled=${size.state === 'ended'}
            @change=${() => {
              this.chosenSku = size.offer.sku;
              if (product.kind !== null && size.size !== null) this.#fire('size', { kind: product.kind, label: size.size });
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

  #renderBuy(size: SizeChoice, own: BuyerOrder | undefined, price: Money): TemplateResult {
    const busy = isBusy(own);
    const offered = own?.line?.state === 'offered';
    // Not `disabled`: whoever tapped with a keyboard would lose their place on the page.
    const rests = busy || (size.state !== 'on_sale' && !offered);
    return html`
      <button
        type="button"
        class="buy"
        data-action="buy"
        data-sku=${size.offer.sku}
        data-state=${offered ? 'on_sale' : size.state}
        aria-disabled=${rests ? 'true' : 'false'}
        @click=${() => {
          if (!rests) this.#buy(size, own, price);
        }}
      >
        <span>${this.#buyText(size, own)}</span>
        ${rests ? nothing : html`<span class="figures">${this.#text.money(price)}</span>`}
      </button>
      ${size.state === 'sold_out' && own?.phase !== 'queued' && !busy
        ? html`<button
            type="button"
            class="plain join"
            data-action="join-line"
            @click=${() => {
              this.#buy(size, own, price);
            }}
          >
            ${this.#text.t('join_line')}
          </button>`
        : nothing}
    `;
  }

  #renderStatus(size: SizeChoice, order: BuyerOrder | undefined): TemplateResult {
    const status = order === undefined ? null : statusText(order, this.#text, this.now());
    const told = isBusy(order) && order?.wish.sku === size.offer.sku;
    const byButton: readonly Act[] = order?.wish.sku === size.offer.sku ? ['take', 'retry'] : [];
    return html`
      <div
        class="status"
        role="status"
        data-order-status=${order?.phase ?? nothing}
        data-order=${order?.order ?? nothing}
        data-line=${order?.line?.state ?? nothing}
      >
        ${status === null || order === undefined
          ? nothing
          : html`<p>${told ? nothing : html`<b>${status.title}</b>`}${status.detail === '' ? nothing : html` <span>${status.detail}</span>`}</p>
              ${orderActions(order, this.#text, this, byButton)}`}
      </div>
    `;
  }

  #buyText(size: SizeChoice, own: BuyerOrder | undefined): string {
    const text = this.#text;
    const line = own?.phase === 'queued' ? own.line : null;
    if (own?.phase === 'opening') return text.t('opens_in', { time: countdown((own.again_ms ?? 0) - this.now()) });
    if (line?.state === 'waiting') return line.place === null ? text.t('queued') : text.t('queued_place', { place: text.number(line.place) });
    if (line?.state === 'offered') return text.t('offered_take', { time: countdown((line.offer?.until_ms ?? 0) - this.now()) });
    const word = this.#buyWord(size, own);
    return word === 'sold_out' && this.dataset['state'] === 'on_sale' && size.label !== ''
      ? text.t('size_sold_out', { size: size.label })
      : text.t(word);
  }

  #buyWord(size: SizeChoice, own: BuyerOrder | undefined): Word {
    if (own?.phase === 'sending') return 'sending';
    if (own?.phase === 'in_line') return 'in_line';
    if (own?.phase === 'reserved') return own.payment_due_ms === null ? 'reserved' : 'pre_order_reserved';
    if (size.state === 'sold_out') return 'sold_out';
    if (size.state === 'ended') return 'ended';
    if (own?.phase === 'agreeing') return 'agree_open';
    if (own?.phase === 'confirming') return 'confirm_open';
    if (own?.phase === 'unanswered') return 'try_again';
    if (own?.phase === 'paid' || own?.phase === 'fulfilled') return 'buy_another';
    return (size.offer.payment_due_ms ?? null) === null ? 'buy' : 'pre_order';
  }

  #renderLink(size: SizeChoice): TemplateResult | typeof nothing {
    const link = this.look?.links[size.offer.sku];
    if (link === undefined || this.channelName === '') return nothing;
    return openLink(link, this.#text.t('open_in', { channel: this.channelName }));
  }

  #buy(size: SizeChoice, own: BuyerOrder | undefined, price: Money): void {
    const { look } = this;
    if (look === null) return;
    if (own !== undefined && waitsForBuyer(own)) {
      this.#fire('order-act', { act: 'retry', key: own.key });
      return;
    }
    const wish: Wish = {
      sku: size.offer.sku,
      quantity: 1,
      look: look.id,
      seen_price: price,
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

  #fire(type: 'buy' | 'order-act' | 'size', detail: Wish | OrderAct | ChosenSize): void {
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
  if (order?.phase === 'queued') return order.line?.state === 'waiting';
  return order?.phase === 'sending' || order?.phase === 'in_line' || order?.phase === 'opening' || order?.phase === 'reserved';
}

/** The news of an order names a time that runs. */
function countsDown(order: BuyerOrder): boolean {
  return order.phase === 'reserved' || order.phase === 'in_line' || order.phase === 'opening' || order.line?.state === 'offered';
}

/** The price in force here, or the one the server named while this picture is still at the price it refused. */
function priceFor(size: SizeChoice, own: BuyerOrder | undefined): Money {
  if (own?.phase !== 'refused' || own.problem === null || problemName(own.problem) !== 'price-changed') return size.price;
  return own.wish.seen_price?.value === size.price.value ? (moneyOf(own.problem, 'price') ?? size.price) : size.price;
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
