import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import '../shared/connection-state';
import { announcement } from '../shared/announcement';
import { element } from '../shared/define';
import { chooseLang, Localizer, type Lang } from '../shared/i18n';
import type { LookView } from '../shared/messages';
import type { BuyerOrder } from '../shared/order-book';
import { HostPlayhead, LatencyPlayhead, PicturePlayhead, type HlsSource, type Playhead } from '../shared/playhead';
import type { Signing } from '../shared/consent';
import { renderBuyer, renderCard, renderOrders, renderSheet } from '../shared/shopping';
import { channelOf, getShow, type ChannelSummary } from '../shared/show';
import type { StepUp } from '../shared/step-up';
import { foundation, tokens } from '../shared/theme';
import { Viewing } from '../shared/viewing';
import { words } from '../shared/words';

/** The player named by `for` may come into the page after this element: how often and how many times it is looked for. */
const LOOK_EVERY_MS = 250;
const MAX_LOOKS = 240;

/** A player that can tell the capture instant of its picture, in UTC milliseconds; null while it shows none. */
export interface ProgrammeClock {
  programmeTime?: (() => number | null) | undefined;
}

/** The partner's hls.js instance. */
export type PartnerHls = HlsSource & { readonly media: HTMLMediaElement | null };

/** What the `order` event tells: enough to thank a buyer or count a sale, nothing that could act for them. */
export interface OrderNews {
  readonly order: string | null;
  readonly status: BuyerOrder['phase'];
  readonly sku: string;
  readonly quantity: number;
  readonly amount: BuyerOrder['amount'];
}

const scriptOrigin = originOfThisScript();

/**
 * `<see-now-buy-now show="…" channel="…">`: the buy card of a running show in a partner's page.
 *
 * Attributes: `show`, `channel`; `base` (default: where this script came from), `token` (a viewer token of the partner's,
 * otherwise the viewer is a guest), `lang`, `for` (the id of the partner's player). Whose time the card follows, best first:
 * `programmeTime` set on this element or on the player; an hls.js instance given to `attachHls`; the player's own start date;
 * the channel's usual delay.
 *
 * Fires `cue` (detail: the look or null), `order` (OrderNews), `problem` and `step-up` (RFC 9457); all bubble out of any shadow
 * root.
 */
@element('see-now-buy-now')
export class SeeNowBuyNow extends LitElement implements ProgrammeClock {
  static override styles = [
    tokens,
    foundation,
    css`
      :host {
        display: block;
        font-family: var(--sans);
        font-size: 16px;
        line-height: 1.45;
        color: var(--ivory);
        text-align: start;
      }
      .idle,
      details {
        background: var(--ink);
        border: 1px solid var(--hairline);
        border-radius: var(--radius);
      }
      .idle {
        display: grid;
        gap: 0.75rem;
        justify-items: center;
        margin: 0;
        padding: 2.5rem 1.25rem;
        font-size: 1.25rem;
        text-align: center;
      }
      buy-card {
        --card-ground: var(--ink);
        --shade: none;
      }
      details {
        margin-top: 0.5rem;
        padding: 0 1.375rem;
      }
      summary {
        display: flex;
        align-items: center;
        justify-content: space-between;
        min-height: 2.75rem;
        font-size: var(--text-s);
        cursor: pointer;
        list-style: none;
      }
      .buyer {
        display: grid;
        gap: 1.5rem;
        padding: 1.25rem 0;
      }
      summary::-webkit-details-marker {
        display: none;
      }
    `,
  ];

  @property() show = '';
  @property() channel = '';
  @property() base = scriptOrigin;
  @property() token: string | null = null;
  @property({ attribute: 'for' }) htmlFor = '';
  @property() override lang = '';
  /** The programme time of the partner's picture, if the partner's page can tell it. */
  @property({ attribute: false }) programmeTime: (() => number | null) | undefined = undefined;

  /** Lets a buyer sign an agreement with a real gateway, if the partner's page can; see docs/embedding.md. */
  @property({ attribute: false }) signAgreement: Signing | null = null;
  /** Lets a buyer show who they are when a tap is above what one tap may spend; see docs/embedding.md. */
  @property({ attribute: false }) stepUp: StepUp | null = null;

  @state() private look: LookView | null = null;
  @state() private details: ChannelSummary | null = null;
  #viewing: Viewing | null = null;
  #hls: PartnerHls | null = null;
  #looking: ReturnType<typeof setTimeout> | undefined;

  /** Follows the picture of this hls.js instance; null lets go of it. */
  attachHls(hls: PartnerHls | null): void {
    this.#hls = hls;
    this.#follow();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#restart();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('show') || changed.has('channel') || changed.has('base') || changed.has('token')) this.#restart();
    else if (changed.has('htmlFor') || changed.has('programmeTime')) this.#follow();
    if (this.#viewing !== null) {
      this.#viewing.consent.signing = this.signAgreement;
      this.#viewing.stepUp.hook = this.stepUp;
    }
  }

  protected override render(): TemplateResult {
    const lang = this.#lang();
    const text = new Localizer(lang, words);
    const viewing = this.#viewing;
    const orders = viewing?.orders.orders ?? [];
    return html`
      <div lang=${text.tag}>
        ${this.look === null || viewing === null ? this.#renderIdle(text, lang) : keyed(this.look.id, this.#renderCard(viewing, this.look, lang))}
        <p class="unseen" role="status">
          ${this.look === null ? '' : announcement(this.look, text)}
        </p>
        ${viewing === null
          ? nothing
          : html`<details>
                <summary><span>${text.t('bag')}</span><span class="figures">${orders.length}</span></summary>
                ${renderOrders({ viewing, base: this.base, lang })}
                <div class="buyer">${renderBuyer({ viewing, base: this.base, lang })}</div>
              </details>
              ${renderSheet({ viewing, base: this.base, lang })}`}
      </div>
    `;
  }

  #renderIdle(text: Localizer<keyof typeof words.en>, lang: Lang): TemplateResult {
    const feed = this.#viewing?.feed;
    const title = feed?.phase === 'before' ? 'before_title' : 'idle_title';
    return html`<p class="idle serif">
      ${feed === undefined || feed.state.kind === 'final' ? nothing : text.t(title)}
      <connection-state .state=${this.#viewing?.feed.state ?? { kind: 'idle' }} lang=${lang}></connection-state>
    </p>`;
  }

  #renderCard(viewing: Viewing, look: LookView, lang: Lang): TemplateResult {
    return renderCard(
      { viewing, base: this.base, lang },
      {
        look,
        live: true,
        channelName: this.details === null ? '' : new Localizer(lang, words).pick(this.details.names, this.details.name),
      },
    );
  }

  #lang(): Lang {
    const asked = this.lang === '' ? (this.closest('[lang]')?.getAttribute('lang') ?? '') : this.lang;
    return chooseLang('', null, [asked, ...navigator.languages]);
  }

  #restart(): void {
    this.#stop();
    if (this.show === '' || this.channel === '' || this.base === '') return;
    const viewing = new Viewing({ base: this.base, show: this.show, channel: this.channel, token: this.token, page: window });
    this.#viewing = viewing;
    viewing.feed.changes.listen(() => {
      this.requestUpdate();
    });
    viewing.feed.states.listen((now) => {
      this.requestUpdate();
      if (now.kind === 'final') this.#tell('problem', { type: 'about:blank', title: now.reason, status: 0, close_code: now.code });
    });
    viewing.orders.changes.listen((order) => {
      this.requestUpdate();
      this.#tell('order', news(order));
      if (order.problem !== null) this.#tell('problem', order.problem);
    });
    viewing.orders.confirming.listen((order) => {
      this.#tell('step-up', order.problem);
    });
    for (const changes of [viewing.consent.changes, viewing.sizes.changes]) {
      changes.listen(() => {
        this.requestUpdate();
      });
    }
    viewing.showing.changes.listen((look) => {
      this.look = look;
      this.#tell('cue', look);
    });
    viewing.start();
    this.#follow();
    void this.#learnChannel(viewing);
  }

  #stop(): void {
    clearTimeout(this.#looking);
    this.#viewing?.stop();
    this.#viewing = null;
    this.look = null;
  }

  async #learnChannel(viewing: Viewing): Promise<void> {
    try {
      const show = await getShow((url, init) => fetch(url, init), this.base, this.show);
      if (viewing !== this.#viewing) return;
      this.details = channelOf(show, this.channel) ?? null;
      viewing.latency_ms = this.details?.latency_ms ?? 0;
    } catch {
      // Without the channel's name and delay the card still works; the feed tells whether the show exists.
      this.details = null;
    }
  }

  #follow(looks = 0): void {
    clearTimeout(this.#looking);
    const viewing = this.#viewing;
    if (viewing === null) return;
    const playhead = this.#playhead(viewing);
    viewing.showing.follow(playhead);
    if (playhead === null && looks < MAX_LOOKS) {
      this.#looking = setTimeout(() => {
        this.#follow(looks + 1);
      }, LOOK_EVERY_MS);
    }
  }

  /** Null: the player is named but not in the page yet, or the hls.js instance has no video element yet. */
  #playhead(viewing: Viewing): Playhead | null {
    const player = this.htmlFor === '' ? null : (this.getRootNode() as Document | ShadowRoot).getElementById(this.htmlFor);
    const told = this.programmeTime ?? (player as ProgrammeClock | null)?.programmeTime;
    if (told !== undefined) return new HostPlayhead(() => told.call(player));
    const video = player ?? this.#hls?.media ?? null;
    if (video instanceof HTMLVideoElement) return new PicturePlayhead(video, this.#hls, viewing.latencyTime);
    return this.htmlFor === '' && this.#hls === null ? new LatencyPlayhead(viewing.latencyTime) : null;
  }

  #tell(type: 'cue' | 'order' | 'problem' | 'step-up', detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

function news(order: BuyerOrder): OrderNews {
  return { order: order.order, status: order.phase, sku: order.wish.sku, quantity: order.wish.quantity, amount: order.amount };
}

/** A classic script knows itself while it runs; loaded as a module, it is found by its address. */
function originOfThisScript(): string {
  const running = document.currentScript;
  const script = running instanceof HTMLScriptElement ? running : document.querySelector<HTMLScriptElement>('script[src$="/embed.js"]');
  return script === null || script.src === '' ? location.origin : new URL(script.src).origin;
}

declare global {
  interface HTMLElementTagNameMap {
    'see-now-buy-now': SeeNowBuyNow;
  }
}
