import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import '../shared/connection-state';
import { pageAddress, showUrl, type PageAddress } from '../shared/addresses';
import { Asking } from '../shared/asking';
import { monotonicClock, ServerClock } from '../shared/clock';
import { FeedClient } from '../shared/feed';
import { Localizer, type Lang } from '../shared/i18n';
import type { LookView } from '../shared/messages';
import { NowShowing } from '../shared/now-showing';
import { ShownReports } from '../shared/shown-reports';
import { PageLanguage } from '../shared/page-language';
import { channelReading } from '../shared/playhead';
import type { PictureState, Programme } from '../shared/programme';
import { openScreen } from '../shared/screen';
import { channelOf, getShow, programmeUrl, type ShowDetails } from '../shared/show';
import { foundation } from '../shared/theme';
import { words } from '../shared/words';
import { JoinCode, spoken } from './join-code';
import './lower-third';
import { menuAfter, remoteKey } from './remote';
import { tvWords, type TvWord } from './texts';
import { tvStyles } from './tv-styles';

/** The menu leaves by itself after this long without a key. */
const MENU_MS = 8_000;

interface MenuItem {
  readonly name: string;
  readonly word: TvWord;
  readonly act: () => void;
}

/** /tv/{show}?channel=…: the screen at three metres. It shows; buying happens on the phone that scans its code. */
@customElement('tv-page')
export class TvPage extends LitElement {
  static override styles = [foundation, tvStyles];

  @state() private look: LookView | null = null;
  @state() private picture: PictureState = 'opening';
  @state() private muted = true;
  @state() private bigCode = false;
  @state() private codeBroken = false;
  @state() private joinCode: string | null = null;
  @state() private menu: number | null = null;
  @query('video') private readonly video!: HTMLVideoElement;

  readonly #address: PageAddress = pageAddress(location, 'beijing-tv');
  readonly #language = new PageLanguage(this);
  readonly #asking = new Asking(
    this,
    () => getShow((url, init) => fetch(url, init), this.#address.base, this.#address.show),
    (show) => {
      this.#begin(show);
    },
  );
  readonly #clock = new ServerClock(monotonicClock(performance));
  readonly #feed: FeedClient;
  readonly #showing: NowShowing;
  readonly #reports: ShownReports;
  readonly #joinCode: JoinCode;
  #programme: Programme | null = null;
  #latencyMs = 0;
  #menuTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    const { base, show, channel } = this.#address;
    this.#feed = new FeedClient({ base, show, channel, clock: this.#clock, random: () => Math.random(), page: window });
    this.#showing = new NowShowing(this.#feed);
    this.#reports = new ShownReports({ feed: this.#feed, showing: this.#showing, page: window, random: () => Math.random() });
    const redraw = (): void => {
      this.requestUpdate();
    };
    this.#feed.changes.listen(redraw);
    this.#feed.states.listen((feed) => {
      redraw();
      if (feed.kind === 'final') this.#programme?.stop();
    });
    this.#showing.changes.listen((look) => {
      this.look = look;
    });
    this.#joinCode = new JoinCode({
      base,
      show,
      channel,
      fetch: (url, init) => fetch(url, init),
      now: () => this.#clock.now(),
      random: () => Math.random(),
    });
    this.#joinCode.changes.listen((code) => {
      this.joinCode = code;
    });
  }

  private get currentLang(): Lang {
    return this.#language.current;
  }

  private get show(): ShowDetails | null {
    return this.#asking.answer;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('keydown', this.#onKey);
    this.#feed.start();
    this.#reports.start();
    this.#joinCode.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('keydown', this.#onKey);
    clearTimeout(this.#menuTimer);
    this.#programme?.stop();
    this.#reports.stop();
    this.#showing.follow(null);
    this.#feed.stop();
    this.#joinCode.stop();
  }

  protected override render(): TemplateResult {
    const text = new Localizer(this.currentLang, words);
    const own = new Localizer(this.currentLang, tvWords);
    const missing = this.#asking.state === 'missing';
    if (missing || this.#feed.state.kind === 'final') {
      return html`<main lang=${text.tag}><div class="safe"><h1 class="idle serif" role="alert">${text.t(missing ? 'no_such_show' : 'final')}</h1></div></main>`;
    }
    const title = this.show === null ? '' : text.pick(this.show.titles, this.show.title);
    return html`<main lang=${text.tag} data-picture=${this.picture}>
      <video muted playsinline aria-label=${own.t('programme')}></video>
      <div class="safe">
        <header>
          ${title === '' ? nothing : html`<h1 class=${this.picture === 'playing' ? 'unseen' : 'title serif'}>${title}</h1>`}
          ${this.#feed.state.kind === 'live'
            ? nothing
            : html`<connection-state .state=${this.#feed.state} lang=${this.currentLang}></connection-state>`}
        </header>
        ${this.menu === null ? nothing : this.#renderMenu(own)}
        ${this.#renderLower(text, own)}
      </div>
    </main>`;
  }

  protected override updated(): void {
    if (this.show !== null) document.title = new Localizer(this.currentLang, words).pick(this.show.titles, this.show.title);
  }

  #renderLower(text: Localizer<keyof typeof words.en>, own: Localizer<TvWord>): TemplateResult {
    const { look } = this;
    const noPicture = this.picture === 'waiting' || this.picture === 'broken' || this.picture === 'opening';
    return html`${noPicture && look === null ? html`<p class="idle serif" role="status">${own.t('no_picture')}</p>` : nothing}
      <div class="lower">
        ${look === null
          ? html`<p class="wait serif">${this.#feed.phase === 'before' && this.show !== null
              ? html`${text.t('before_title')} <small>${text.date(this.show.starts_at_ms, this.show.time_zone)}</small>`
              : nothing}</p>`
          : keyed(
              look.id,
              html`<lower-third
                .look=${look}
                .stock=${this.#feed.timeline.stockLevels()}
                .playhead=${this.#showing.reading?.programme_ms ?? null}
                lang=${this.currentLang}
              ></lower-third>`,
            )}
        ${this.#renderCode(own)}
      </div>`;
  }

  #renderCode(own: Localizer<TvWord>): TemplateResult {
    const { base, show, channel } = this.#address;
    const companion = `/companion/${encodeURIComponent(show)}?channel=${encodeURIComponent(channel)}`;
    const address = `${location.host}/companion`;
    return html`<aside class=${this.bigCode ? 'code big' : 'code'} data-companion=${companion}>
      ${this.codeBroken
        ? nothing
        : html`<img
            src="${showUrl(base, show)}/join.svg?channel=${encodeURIComponent(channel)}"
            alt=${own.t('qr', { address: base + companion })}
            @error=${() => {
              this.codeBroken = true;
            }}
          />`}
      <p><b>${own.t(this.look === null ? 'scan_before' : 'scan')}</b><span>${own.t('scan_hint')}</span></p>
      ${this.joinCode === null
        ? nothing
        : html`<p class="number">
            ${own.t('number', { address })}
            <b data-join-code=${this.joinCode}>${spoken(this.joinCode)}</b>
          </p>`}
    </aside>`;
  }

  get #menuItems(): readonly MenuItem[] {
    const full = document.fullscreenElement !== null;
    return [
      { name: 'sound', word: this.muted ? 'sound_on' : 'sound_off', act: this.#toggleSound },
      { name: 'code', word: this.bigCode ? 'small_code' : 'big_code', act: this.#toggleCode },
      { name: 'fullscreen', word: full ? 'leave_fullscreen' : 'fullscreen', act: this.#toggleFullscreen },
      { name: 'language', word: 'language', act: this.#switchLanguage },
    ];
  }

  #renderMenu(own: Localizer<TvWord>): TemplateResult {
    return html`<nav aria-label=${own.t('menu')}>
      ${this.#menuItems.map(
        ({ name, word, act }, index) =>
          html`<button
            type="button"
            class=${index === this.menu ? 'focused' : ''}
            data-menu=${name}
            tabindex=${index === this.menu ? '0' : '-1'}
            @click=${() => {
              act();
              this.#openMenu(index);
            }}
          >
            ${own.t(word)}
          </button>`,
      )}
    </nav>`;
  }

  #openMenu(index: number | null): void {
    this.menu = index;
    clearTimeout(this.#menuTimer);
    if (index === null) return;
    this.#menuTimer = setTimeout(() => {
      this.menu = null;
    }, MENU_MS);
    void this.updateComplete.then(() => {
      this.renderRoot.querySelector<HTMLElement>('nav .focused')?.focus();
    });
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const key = remoteKey(event.key);
    if (key === null || event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.menu === null && key === 'back') return;
    // The browser's own click serves OK on a focused button.
    if (this.menu !== null && key === 'ok') return;
    event.preventDefault();
    this.#openMenu(menuAfter(this.menu, key, this.#menuItems.length));
  };

  readonly #toggleSound = (): void => {
    this.video.muted = !this.video.muted;
    this.muted = this.video.muted;
  };

  readonly #toggleCode = (): void => {
    this.bigCode = !this.bigCode;
  };

  readonly #toggleFullscreen = (): void => {
    const change = document.fullscreenElement === null ? document.documentElement.requestFullscreen() : document.exitFullscreen();
    // A TV browser that has no other mode refuses; the page fills the screen either way.
    change.then(
      () => {
        this.requestUpdate();
      },
      () => undefined,
    );
  };

  readonly #switchLanguage = (): void => {
    this.#language.switchTo(this.currentLang === 'zh' ? 'en' : 'zh');
  };

  #begin(show: ShowDetails): void {
    this.#latencyMs = channelOf(show, this.#address.channel)?.latency_ms ?? 0;
    this.#programme = openScreen({
      video: this.video,
      url: programmeUrl(this.#address.base, show),
      showing: this.#showing,
      latencyTime: () => channelReading(this.#clock, this.#feed.correlation, this.#latencyMs),
      entered: (picture) => {
        this.picture = picture;
        // A remote's OK on nothing is a tap: it starts a picture that may not start by itself.
        if (picture === 'blocked') this.#openMenu(0);
      },
    });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'tv-page': TvPage;
  }
}
