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
import '../shared/look-cards';
import { afterPaint, type DrawCard } from '../shared/look-cards';
import { isOpen } from '../shared/order-book';
import { PageLanguage } from '../shared/page-language';
import type { ServerTime } from '../shared/clock';
import type { Reading } from '../shared/playhead';
import type { PictureState, Programme } from '../shared/programme';
import { openScreen } from '../shared/screen';
import { renderBuyer, renderCard, renderOrders, renderSheet, type Shop } from '../shared/shopping';
import { channelOf, getShow, programmeUrl, type ShowDetails } from '../shared/show';
import { foundation } from '../shared/theme';
import { Viewing } from '../shared/viewing';
import { words } from '../shared/words';
import { closeOnBackdrop, drawerTop } from './drawer';
import './picture-controls';
import type { PictureCommand } from './picture-controls';
import { viewerStyles } from './viewer-styles';
import { viewerWords } from './words';

const BACK_S = 30;
const TICK_MS = 1_000;

/** Where nothing hovers, a touch on the picture shows the controls for this long. */
const CONTROLS_MS = 4_000;

/** /watch/{show}?channel=…: the picture, the card of what it shows, everything shown so far, and the viewer's bag. */
@customElement('viewer-page')
export class ViewerPage extends LitElement {
  static override styles = [foundation, viewerStyles];

  @state() private look: LookView | null = null;
  @state() private past: LookView | null = null;
  @state() private picture: PictureState = 'opening';
  @state() private muted = true;
  @state() private controls = false;
  @query('video') private readonly video!: HTMLVideoElement;
  @query('.stage') private readonly stage!: HTMLElement;
  @query('dialog.bag-drawer') private readonly bag!: HTMLDialogElement;
  @query('dialog.look-drawer') private readonly lookDrawer!: HTMLDialogElement;

  readonly #address: PageAddress = pageAddress(location, 'web');
  readonly #language = new PageLanguage(this);
  readonly #asking = new Asking(
    this,
    () => getShow((url, init) => fetch(url, init), this.#address.base, this.#address.show),
    (show) => {
      this.#begin(show);
    },
  );
  readonly #viewing: Viewing;
  #programme: Programme | null = null;
  #hiding: ReturnType<typeof setTimeout> | undefined;
  #ticking: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.#viewing = new Viewing({ ...this.#address, page: window });
    this.#viewing.listen(() => {
      this.requestUpdate();
    });
    this.#viewing.feed.states.listen((feed) => {
      if (feed.kind === 'final') this.#programme?.stop();
    });
    this.#viewing.showing.changes.listen(() => {
      // The card is on the frame by itself; the rest of the page follows.
      afterPaint(() => {
        this.look = this.#viewing.showing.look;
      });
    });
  }

  private get currentLang(): Lang {
    return this.#language.current;
  }

  private get show(): ShowDetails | null {
    return this.#asking.answer;
  }

  /** The programme time of a frame of the picture by its media time, for whoever measures this page from outside. */
  readingAt(media_s: number): Reading | null {
    return this.#viewing.showing.readingAt(media_s);
  }

  /** The server's time as this page has it, with the bound of its error, for the same; null before the server was heard. */
  get serverTime(): ServerTime | null {
    return this.#viewing.clock.told();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#viewing.start();
    this.#ticking = setInterval(() => {
      this.requestUpdate();
    }, TICK_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#ticking);
    clearTimeout(this.#hiding);
    this.#programme?.stop();
    this.#viewing.stop();
  }

  protected override render(): TemplateResult {
    const text = new Localizer(this.currentLang, words);
    const missing = this.#asking.state === 'missing';
    if (missing || this.#viewing.feed.state.kind === 'final') {
      return html`<main class="gone serif" lang=${text.tag}>
        <h1 class="serif">${text.t(missing ? 'no_such_show' : 'final')}</h1>
        <a href="/">${text.t('all_shows')}</a>
      </main>`;
    }
    return html`
      ${this.#renderTop(text)}
      <main lang=${text.tag}>
        <section class="stage">${this.#renderPicture()} ${this.#renderPlace(text)}</section>
        ${this.#renderSoFar(text)}
      </main>
      <p class="unseen" role="status">
        ${this.look === null ? text.t('announce_none') : announcement(this.look, text)}
      </p>
      ${this.#renderBag(text)} ${this.#renderPastLook(text)} ${renderSheet(this.#shop)}
    `;
  }

  protected override updated(): void {
    const text = new Localizer(this.currentLang, words);
    if (this.show !== null) document.title = `${text.pick(this.show.titles, this.show.title)} · ${this.#channelName()}`;
  }

  #renderTop(text: Localizer<keyof typeof words.en>): TemplateResult {
    const count = this.#viewing.orders.orders.filter((order) => isOpen(order) || order.phase === 'reserved' || order.phase === 'paid').length;
    return html`<header class="top" lang=${text.tag}>
      <span class="channel serif">${this.#channelName()}</span>
      <h1 class="title">${this.show === null ? '' : text.pick(this.show.titles, this.show.title)}</h1>
      <connection-state .state=${this.#viewing.feed.state} lang=${this.currentLang}></connection-state>
      <lang-switch lang=${this.currentLang} @lang-chosen=${this.#language.chosen}></lang-switch>
      <button
        type="button"
        class="bag"
        data-action="bag"
        data-count=${count}
        @click=${() => {
          this.bag.showModal();
          // Guests' first questions are spread over seconds; who looks for the answer has it now.
          if (this.#viewing.consent.provider === null) void this.#viewing.consent.learn();
        }}
      >
        <span>${text.t('bag')}</span> <b class="figures">${count}</b>
      </button>
    </header>`;
  }

  #renderPicture(): TemplateResult {
    const text = new Localizer(this.currentLang, viewerWords);
    const reading = this.#viewing.showing.reading;
    const notice = this.#asking.state === 'unreachable'
      ? new Localizer(this.currentLang, words).t('load_failed')
      : this.picture === 'opening' || this.picture === 'waiting' || this.picture === 'broken' ? text.t(this.picture) : null;
    return html`<div class="picture" data-picture=${this.picture} ?data-controls=${this.controls}>
      <video muted playsinline aria-label=${text.t('programme')} @volumechange=${this.#volumeChanged} @click=${this.#touchPicture}></video>
      ${notice === null ? nothing : html`<p class="notice" role="status">${notice}</p>`}
      ${this.muted && this.picture === 'playing'
        ? html`<button type="button" class="sound" data-action="sound" @click=${this.#toggleSound}>${text.t('sound_on')}</button>`
        : nothing}
      ${this.picture === 'blocked'
        ? html`<button
            type="button"
            class="big-play"
            data-action="play"
            @click=${() => {
              this.#programme?.play();
            }}
          >
            ${text.t('play')}
          </button>`
        : nothing}
      <picture-controls
        lang=${this.currentLang}
        ?playing=${this.picture === 'playing' || this.picture === 'waiting'}
        ?muted=${this.muted}
        ?fullscreen=${document.fullscreenElement !== null}
        .behindLive=${this.#programme?.behindLive() ?? null}
        .behindStage=${reading === null ? null : Math.max(0, (this.#viewing.clock.now() - reading.programme_ms) / 1000)}
        @picture-command=${this.#command}
      ></picture-controls>
    </div>`;
  }

  #renderPlace(text: Localizer<keyof typeof words.en>): TemplateResult {
    const before = this.#viewing.feed.phase === 'before';
    return html`<div class="place">
      <look-cards .showing=${this.#viewing.showing} .card=${((look, armed) => this.#renderCard(look, true, armed)) satisfies DrawCard}></look-cards>
      ${this.look !== null
        ? nothing
        : html`<p class="idle">
            <b class="serif">${text.t(before ? 'before_title' : 'idle_title')}</b>
            ${before && this.show !== null ? text.date(this.show.starts_at_ms, this.show.time_zone) : nothing}
          </p>`}
    </div>`;
  }

  #renderCard(look: LookView, live: boolean, armed = false): TemplateResult {
    const channelName = this.#channelName();
    return renderCard(this.#shop, { look, live, armed, channelName });
  }

  #renderSoFar(text: Localizer<keyof typeof words.en>): TemplateResult {
    const looks = this.#viewing.showing.looksSoFar;
    if (looks.length === 0) {
      const word = this.#viewing.feed.phase === 'before' ? 'before_title' : 'idle_title';
      return html`<section class="so-far first"><h2 class="serif">${text.t(word)} <small>${text.t('walking_in')}</small></h2></section>`;
    }
    return html`<section class="so-far" aria-labelledby="so-far">
      <h2 class="serif" id="so-far">${text.t('looks_so_far')} <small>${text.t('looks_so_far_note')}</small></h2>
      <look-strip
        .looks=${looks}
        .stock=${this.#viewing.feed.timeline.stockLevels()}
        .playhead=${this.#viewing.showing.reading?.programme_ms ?? null}
        .current=${this.look?.id ?? null}
        lang=${this.currentLang}
        @look-chosen=${(event: CustomEvent<LookView>) => {
          this.past = event.detail;
          this.lookDrawer.showModal();
        }}
      ></look-strip>
    </section>`;
  }

  #renderBag(text: Localizer<keyof typeof words.en>): TemplateResult {
    return html`<dialog class="bag-drawer" aria-label=${text.t('bag')} lang=${text.tag} @click=${closeOnBackdrop}>
      ${drawerTop(text.t('bag'), text.t('close'))}
      ${renderOrders(this.#shop)}
      <div class="buyer">${renderBuyer(this.#shop)}</div>
    </dialog>`;
  }

  #renderPastLook(text: Localizer<keyof typeof words.en>): TemplateResult {
    const { past } = this;
    return html`<dialog
      class="look-drawer"
      aria-label=${text.t('looks_so_far')}
      lang=${text.tag}
      @click=${closeOnBackdrop}
      @close=${() => {
        this.past = null;
      }}
    >
      ${drawerTop(text.t('looks_so_far'), text.t('close'))} ${past === null ? nothing : keyed(past.id, this.#renderCard(past, false))}
    </dialog>`;
  }

  get #shop(): Shop {
    return { viewing: this.#viewing, base: this.#address.base, lang: this.currentLang };
  }

  readonly #volumeChanged = (): void => {
    this.muted = this.video.muted || this.video.volume === 0;
  };

  readonly #toggleSound = (): void => {
    this.video.muted = !this.video.muted;
  };

  readonly #touchPicture = (): void => {
    if (matchMedia('(hover: hover)').matches) {
      this.#togglePlay();
      return;
    }
    clearTimeout(this.#hiding);
    this.controls = !this.controls;
    this.#hiding = setTimeout(() => {
      this.controls = false;
    }, CONTROLS_MS);
  };

  readonly #togglePlay = (): void => {
    if (this.video.paused) this.#programme?.play();
    else this.video.pause();
  };

  readonly #command = (event: CustomEvent<PictureCommand>): void => {
    switch (event.detail) {
      case 'toggle-play':
        this.#togglePlay();
        break;
      case 'toggle-sound':
        this.#toggleSound();
        break;
      case 'back':
        this.#programme?.back(BACK_S);
        break;
      case 'go-live':
        this.#programme?.goLive();
        break;
      case 'toggle-fullscreen':
        if (document.fullscreenElement === null) void this.stage.requestFullscreen();
        else void document.exitFullscreen();
        break;
    }
  };

  #channelName(): string {
    const channel = channelOf(this.show, this.#address.channel);
    return channel === undefined ? '' : new Localizer(this.currentLang, words).pick(channel.names, channel.name);
  }

  #begin(show: ShowDetails): void {
    this.#viewing.latency_ms = channelOf(show, this.#address.channel)?.latency_ms ?? 0;
    this.#programme = openScreen({
      video: this.video,
      url: programmeUrl(this.#address.base, show),
      showing: this.#viewing.showing,
      latencyTime: this.#viewing.latencyTime,
      entered: (picture) => {
        this.picture = picture;
      },
    });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'viewer-page': ViewerPage;
  }
}
