import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { ADDRESSES, type AddressName, type Consent, type ConsentView } from './consent';
import { consentText, providerText } from './consent-text';
import { element } from './define';
import { Localizer, type Lang } from './i18n';
import type { BuyerOrder } from './order-book';
import type { OrderClient } from './orders';
import { foundation } from './theme';
import { problemName, type Problem } from './wire';
import { problemWord, words, type Word } from './words';

/**
 * Asks a buyer once how orders are paid and where they go. It opens for a tap whose buyer has not agreed yet, which is kept
 * meanwhile and goes with its own key when they have; closed without a word, the tap stays kept on its card.
 */
@element('consent-sheet')
export class ConsentSheet extends LitElement {
  static override styles = [
    foundation,
    css`
      dialog {
        width: min(27rem, 100vw);
        max-width: none;
        max-height: 92dvh;
        margin: auto auto 0;
        padding: 1.5rem 1.5rem max(1.5rem, env(safe-area-inset-bottom));
        overflow-y: auto;
        font-family: var(--sans);
        background: var(--ink-raised);
        color: var(--ivory);
        border: 1px solid var(--hairline-strong);
        border-radius: var(--radius);
      }
      @media (min-width: 720px) {
        dialog {
          margin: auto;
        }
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 62%);
      }
      h2 {
        margin: 0;
        font-size: 1.5rem;
      }
      p {
        margin: 0.5rem 0 0;
        font-size: var(--text-s);
        line-height: 1.5;
        color: var(--ivory-soft);
      }
      .what {
        display: flex;
        justify-content: space-between;
        gap: 1rem;
        margin-top: 1rem;
        padding: 0.75rem 0;
        border-block: 1px solid var(--hairline);
        font-size: var(--text-m);
        color: var(--ivory);
      }
      fieldset {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        margin: 1rem 0 0;
        padding: 0;
        border: 0;
        font-size: var(--text-s);
      }
      legend {
        float: left;
        padding: 0;
        margin-right: auto;
        color: var(--ivory-soft);
      }
      label {
        position: relative;
        cursor: pointer;
      }
      label input {
        position: absolute;
        inset: 0;
        margin: 0;
        opacity: 0;
        cursor: inherit;
      }
      label span {
        display: grid;
        place-items: center;
        min-width: 3.5rem;
        min-height: 2.75rem;
        padding: 0 0.75rem;
        border: 1px solid var(--hairline-strong);
        border-radius: var(--radius);
      }
      label input:checked + span {
        background: var(--ivory);
        border-color: var(--ivory);
        color: var(--ink);
      }
      label input:focus-visible + span {
        outline: var(--focus);
        outline-offset: 3px;
      }
      .go {
        display: block;
        width: 100%;
        min-height: 3.25rem;
        margin-top: 1.25rem;
        background: var(--ivory);
        color: var(--ink);
        font-size: var(--text-m);
        border-radius: var(--radius);
      }
      .go[aria-disabled='true'] {
        background: var(--ink-float);
        color: var(--ivory-soft);
        cursor: default;
      }
      .others {
        display: flex;
        justify-content: space-between;
        gap: 1rem;
        margin-top: 0.5rem;
      }
      .others button {
        min-height: 2.75rem;
        font-size: var(--text-s);
        color: var(--ivory-soft);
        text-decoration: underline;
        text-underline-offset: 3px;
      }
      .bad {
        color: var(--negative);
      }
    `,
  ];

  @property({ attribute: false }) consent: Consent | null = null;
  @property({ attribute: false }) orders: OrderClient | null = null;
  @property() override lang: Lang = 'en';
  @state() private kept: BuyerOrder | null = null;
  @state() private address: AddressName = 'home';
  @state() private busy = false;
  @state() private problem: Problem | null = null;
  @query('dialog') private readonly dialog!: HTMLDialogElement;
  #unlisten: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const unlisten of this.#unlisten) unlisten();
    this.#unlisten = [];
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('orders') || changed.has('consent')) this.#listen();
  }

  protected override render(): TemplateResult {
    const text = new Localizer(this.lang, words);
    const { kept } = this;
    return html`<dialog
      lang=${text.tag}
      aria-labelledby="title"
      @close=${() => {
        this.kept = null;
      }}
    >
      ${kept === null ? nothing : this.#renderAsk(kept, text)}
    </dialog>`;
  }

  #renderAsk({ wish }: BuyerOrder, text: Localizer<Word>): TemplateResult {
    const provider = this.consent?.provider ?? 'sandbox';
    const name = providerText(provider, text);
    const price = wish.seen_price;
    return html`
      <h2 class="serif" id="title">${text.t('agree_title')}</h2>
      <p>${provider === 'sandbox' ? text.t('agree_sandbox') : text.t('agree_signed', { provider: name })} ${text.t('agree_note')}</p>
      <p class="what">
        <span>${text.pick(wish.label.titles, wish.label.title)} ${Object.values(wish.label.options).join(' · ')}</span>
        <span class="serif figures">${price === null ? nothing : text.money(price)}</span>
      </p>
      <fieldset>
        <legend>${text.t('agree_address')}</legend>
        ${ADDRESSES.map(
          (address) => html`<label>
            <input
              type="radio"
              name="address"
              .checked=${address === this.address}
              @change=${() => {
                this.address = address;
              }}
            /><span>${text.t(`address_${address}`)}</span>
          </label>`,
        )}
      </fieldset>
      <p role="status" class=${this.problem === null ? nothing : 'bad'}>
        ${this.busy ? text.t('agree_waiting', { provider: name }) : this.problem === null ? nothing : text.t(problemWord(problemName(this.problem)))}
      </p>
      <button type="button" class="go" data-action="agree" aria-disabled=${this.busy ? 'true' : 'false'} @click=${() => void this.#agree()}>
        ${text.t('agree_go')} · ${name}
      </button>
      <div class="others">
        <button type="button" data-action="agree-once" @click=${this.#once}>${text.t('agree_once')}</button>
        <button
          type="button"
          data-action="agree-not"
          @click=${() => {
            const { kept } = this;
            this.dialog.close();
            if (kept !== null) this.orders?.giveUp(kept.key);
          }}
        >
          ${text.t('give_up')}
        </button>
      </div>
    `;
  }

  async #agree(): Promise<void> {
    const { kept, consent } = this;
    if (kept === null || consent === null || this.busy) return;
    this.busy = true;
    this.problem = await consent.agree(this.address, kept.wish.seen_price?.currency ?? 'CNY');
    this.busy = false;
    if (this.problem === null) this.#goOn(kept);
  }

  readonly #once = (): void => {
    if (this.kept !== null) this.#goOn(this.kept);
  };

  #goOn(kept: BuyerOrder): void {
    this.dialog.close();
    this.orders?.goOn(kept.key);
  }

  #listen(): void {
    for (const unlisten of this.#unlisten) unlisten();
    const { orders, consent } = this;
    if (orders === null || consent === null || !this.isConnected) {
      this.#unlisten = [];
      return;
    }
    this.#unlisten = [
      orders.agreeing.listen((kept) => void this.#open(kept)),
      consent.changes.listen(() => {
        this.requestUpdate();
      }),
    ];
  }

  async #open(kept: BuyerOrder): Promise<void> {
    this.problem = null;
    this.kept = kept;
    await this.updateComplete;
    if (!this.dialog.open) this.dialog.showModal();
  }
}

/** The agreement in force, and the way to take it back. */
@element('consent-state')
export class ConsentState extends LitElement {
  static override styles = [
    foundation,
    css`
      :host {
        display: block;
        font-size: var(--text-s);
      }
      h3 {
        margin: 0;
        font-size: 1.1875rem;
      }
      p {
        margin: 0.25rem 0 0;
        color: var(--ivory-soft);
      }
      button {
        min-height: 2.75rem;
        color: var(--ivory-soft);
        text-decoration: underline;
        text-underline-offset: 3px;
      }
    `,
  ];

  @property({ attribute: false }) consent: Consent | null = null;
  @property() override lang: Lang = 'en';
  /** Drawn anew when the agreement changes. */
  @property({ attribute: false }) given: ConsentView | null = null;
  @state() private said: Word | null = null;

  protected override render(): TemplateResult | typeof nothing {
    const text = new Localizer(this.lang, words);
    const { given } = this;
    if (given === null && !(this.consent?.possible ?? false)) return nothing;
    return html`<section lang=${text.tag} aria-labelledby="pays">
      <h3 class="serif" id="pays">${text.t('consent_title')}</h3>
      <p role="status" data-consent=${given?.provider ?? 'none'}>
        ${given === null ? text.t(this.said ?? 'consent_none') : consentText(given, text)}
        ${typeof given?.limit !== 'number' ? nothing : text.t('consent_limit', { limit: text.money({ value: given.limit, currency: given.currency }) })}
        ${given !== null && this.said !== null && this.said !== 'consent_revoked' ? text.t(this.said) : nothing}
      </p>
      ${given === null ? nothing : html`<button type="button" data-action="revoke" @click=${() => void this.#revoke()}>${text.t('consent_revoke')}</button>`}
    </section>`;
  }

  async #revoke(): Promise<void> {
    const problem = (await this.consent?.revoke()) ?? null;
    this.said = problem === null ? 'consent_revoked' : problemWord(problemName(problem));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'consent-sheet': ConsentSheet;
    'consent-state': ConsentState;
  }
}
