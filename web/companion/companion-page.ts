import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import '../shared/connection-state';
import '../shared/lang-switch';
import '../shared/look-strip';
import { pageAddress, type PageAddress } from '../shared/addresses';
import { announcement } from '../shared/announcement';
import { Asking } from '../shared/asking';
import { Localizer, type Lang } from '../shared/i18n';
import type { LookView } from '../shared/messages';
import { PageLanguage } from '../shared/page-language';
import { renderBuyer, renderCard, renderOrders, renderSheet, type Shop } from '../shared/shopping';
import { channelOf, getShow, type ChannelSummary, type ShowDetails } from '../shared/show';
import { openStorage } from '../shared/storage';
import { foundation } from '../shared/theme';
import { LatencyPlayhead } from '../shared/playhead';
import { Viewing } from '../shared/viewing';
import { words } from '../shared/words';
import { companionStyles } from './companion-styles';
import './join-form';
import './sync-panel';
import { companionWords, type CompanionWord } from './texts';
import { boundedTrim, readTrim, writeTrim } from './trim';

const TICK_MS = 500;

/** /companion/{show}?channel=…: the phone beside the TV. No picture here; the card follows the TV's delay. */
@customElement('companion-page')
export class CompanionPage extends LitElement {
  static override styles = [foundation, companionStyles];

  @state() private joining = false;
  @state() private look: LookView | null = null;
  @state() private past: LookView | null = null;
  @state() private trimMs = 0;
  @query('dialog.past') private readonly pastDialog!: HTMLDialogElement;

  readonly #address: PageAddress = pageAddress(location, '');
  readonly #store = openStorage('local', window);
  readonly #language = new PageLanguage(this);
  #asking: Asking<ShowDetails> | null = null;
  #viewing: Viewing | null = null;
  #ticking: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    const { base, show } = this.#address;
    if (show === '' || show === 'companion') {
      this.joining = true;
      return;
    }
    this.#asking = new Asking(
      this,
      () => getShow((url, init) => fetch(url, init), base, show),
      () => {
        const channel = this.#channel();
        if (channel !== undefined) this.#follow(channel);
      },
    );
  }

  private get currentLang(): Lang {
    return this.#language.current;
  }

  private get show(): ShowDetails | null {
    return this.#asking?.answer ?? null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#ticking = setInterval(() => {
      this.requestUpdate();
    }, TICK_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#ticking);
    this.#viewing?.stop();
    this.#viewing = null;
  }

  protected override render(): TemplateResult {
    const text = new Localizer(this.currentLang, words);
    const own = new Localizer(this.currentLang, companionWords);
    const viewing = this.#viewing;
    const gone = this.#asking?.state === 'missing' || viewing?.feed.state.kind === 'final';
    return html`${this.#renderTop(text, own)}
      <main lang=${text.tag}>
        ${gone || this.joining || (this.show !== null && viewing === null) ? this.#renderJoin(gone, text) : nothing}
        ${viewing === null || gone || this.joining ? nothing : this.#renderShow(viewing, text, own)}
      </main>
      <p class="unseen" role="status">
        ${this.look === null ? text.t('announce_none') : announcement(this.look, text)}
      </p>
      ${viewing === null ? nothing : this.#renderPast(viewing, text)}`;
  }

  protected override updated(): void {
    const text = new Localizer(this.currentLang, companionWords);
    if (this.show !== null) document.title = `${text.pick(this.show.titles, this.show.title)} · ${text.t('beside')}`;
  }

  #renderTop(text: Localizer<keyof typeof words.en>, own: Localizer<CompanionWord>): TemplateResult {
    const channel = this.#channel();
    return html`<header lang=${text.tag}>
      <h1 class="title serif">${this.show === null ? own.t('beside') : text.pick(this.show.titles, this.show.title)}</h1>
      <lang-switch lang=${this.currentLang} @lang-chosen=${this.#language.chosen}></lang-switch>
      ${channel === undefined
        ? nothing
        : html`<p class="where">
              <span>${own.t('watching', { channel: text.pick(channel.names, channel.name) })}</span>
              <button
                type="button"
                data-action="change"
                aria-expanded=${this.joining ? 'true' : 'false'}
                @click=${() => {
                  this.joining = !this.joining;
                }}
              >
                ${own.t('change')}
              </button>
            </p>
            <connection-state .state=${this.#viewing?.feed.state ?? { kind: 'idle' }} lang=${this.currentLang}></connection-state>`}
    </header>`;
  }

  #renderJoin(gone: boolean, text: Localizer<keyof typeof words.en>): TemplateResult {
    return html`<section class="join">
      ${gone ? html`<p class="bad" role="alert">${text.t('no_such_show')}</p>` : nothing}
      <join-form
        show=${this.#address.show}
        channel=${this.#address.channel}
        .channels=${this.show?.channels ?? []}
        lang=${this.currentLang}
      ></join-form>
    </section>`;
  }

  #renderShow(viewing: Viewing, text: Localizer<keyof typeof words.en>, own: Localizer<CompanionWord>): TemplateResult {
    const { feed, clock } = viewing;
    const looks = viewing.showing.looksSoFar;
    return html`<section class="now">${this.look === null ? this.#renderIdle(viewing, text, own) : keyed(this.look.id, this.#renderCard(viewing, this.look))}</section>
      <sync-panel
        .cues=${feed.timeline.cues()}
        .now=${() => clock.now()}
        .stationMs=${this.#stationMs()}
        .trimMs=${this.trimMs}
        .clockErrorMs=${clock.estimate()?.error_ms ?? null}
        lang=${this.currentLang}
        @trim-chosen=${(event: CustomEvent<number>) => {
          this.#trim(event.detail);
        }}
      ></sync-panel>
      ${looks.length === 0
        ? nothing
        : html`<section aria-labelledby="so-far">
            <h2 class="serif" id="so-far">${text.t('looks_so_far')} <small>${text.t('looks_so_far_note')}</small></h2>
            <look-strip
              .looks=${looks}
              .stock=${feed.timeline.stockLevels()}
              .playhead=${viewing.showing.reading?.programme_ms ?? null}
              .current=${this.look?.id ?? null}
              lang=${this.currentLang}
              @look-chosen=${(event: CustomEvent<LookView>) => {
                this.past = event.detail;
                this.pastDialog.showModal();
              }}
            ></look-strip>
          </section>`}
      <section aria-labelledby="orders">
        <h2 class="serif" id="orders">${own.t('orders')}</h2>
        ${renderOrders(this.#shop(viewing))}
        <div class="buyer">${renderBuyer(this.#shop(viewing))}</div>
      </section>
      ${renderSheet(this.#shop(viewing))}`;
  }

  #renderIdle(viewing: Viewing, text: Localizer<keyof typeof words.en>, own: Localizer<CompanionWord>): TemplateResult {
    const before = viewing.feed.phase === 'before';
    return html`<p class="idle">
      <b class="serif">${text.t(before ? 'before_title' : 'idle_title')}</b>
      ${before && this.show !== null ? text.date(this.show.starts_at_ms, this.show.time_zone) : own.t('waiting')}
    </p>`;
  }

  #renderCard(viewing: Viewing, look: LookView): TemplateResult {
    const channel = this.#channel();
    return renderCard(this.#shop(viewing), {
      look,
      live: look === this.look,
      channelName: channel === undefined ? '' : new Localizer(this.currentLang, words).pick(channel.names, channel.name),
    });
  }

  #shop(viewing: Viewing): Shop {
    return { viewing, base: this.#address.base, lang: this.currentLang };
  }

  #renderPast(viewing: Viewing, text: Localizer<keyof typeof words.en>): TemplateResult {
    return html`<dialog
      class="past"
      aria-label=${text.t('looks_so_far')}
      lang=${text.tag}
      @close=${() => {
        this.past = null;
      }}
    >
      <button
        type="button"
        class="close"
        data-action="close"
        @click=${() => {
          this.pastDialog.close();
        }}
      >
        ${text.t('close')}
      </button>
      ${this.past === null ? nothing : keyed(this.past.id, this.#renderCard(viewing, this.past))}
    </dialog>`;
  }

  #channel(): ChannelSummary | undefined {
    return channelOf(this.show, this.#address.channel);
  }

  /** How far the station is behind: as it was trimmed during the show, or else as usual. */
  #stationMs(): number {
    return this.#viewing?.feed.correlation?.offset_ms ?? this.#channel()?.latency_ms ?? 0;
  }

  #trim(trimMs: number): void {
    const channel = this.#channel();
    if (this.#viewing === null || channel === undefined) return;
    this.trimMs = boundedTrim(this.#stationMs(), trimMs);
    writeTrim(this.#store, channel.id, this.trimMs);
  }

  #follow(channel: ChannelSummary): void {
    const viewing = new Viewing({ ...this.#address, page: window });
    viewing.listen(() => {
      this.requestUpdate();
    });
    viewing.showing.changes.listen((look) => {
      this.look = look;
    });
    viewing.latency_ms = channel.latency_ms;
    this.#viewing = viewing;
    this.#trim(readTrim(this.#store, channel.id));
    viewing.start();
    viewing.showing.follow(
      new LatencyPlayhead(() => {
        const station = viewing.latencyTime();
        return { ...station, programme_ms: station.programme_ms - this.trimMs };
      }),
    );
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'companion-page': CompanionPage;
  }
}
