import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { pageAddress, type PageAddress } from '../shared/addresses';
import { Asking } from '../shared/asking';
import { LANGS, Localizer, type Lang } from '../shared/i18n';
import { PageLanguage } from '../shared/page-language';
import { Programme, type Opening, type PictureState } from '../shared/programme';
import { channelOf, getShow, programmeUrl, type ShowDetails } from '../shared/show';
import { foundation } from '../shared/theme';
import { partnerStyles } from './partner-styles';
import { snippet } from './snippet';
import { partnerWords, type PartnerWord } from './words';

/** Lines of the event log kept. */
const MAX_LOG = 100;

/** Lines of one event's detail shown. */
const MAX_DETAIL_CHARS = 400;

const COPIED_MS = 2_000;
const LANG_NAMES: Readonly<Record<Lang, string>> = { zh: '中文', en: 'EN' };

/** The embed as a partner's page knows it. */
interface Embed extends HTMLElement {
  attachHls?(hls: Opening['hls']): void;
}

interface LogLine {
  readonly id: number;
  readonly at_ms: number;
  readonly type: string;
  readonly detail: string;
}

/** /partner/{show}?channel=…: a partner's own site, with its own player, and the embed beside it. */
@customElement('partner-page')
export class PartnerPage extends LitElement {
  static override styles = [foundation, partnerStyles];

  @state() private picture: PictureState = 'opening';
  @state() private muted = true;
  @state() private copied = false;
  @state() private log: readonly LogLine[] = [];
  @query('video') private readonly video!: HTMLVideoElement;
  @query('see-now-buy-now') private readonly embed!: Embed;

  readonly #address: PageAddress = pageAddress(location, 'weibo');
  readonly #language = new PageLanguage(this);
  readonly #asking = new Asking(
    this,
    () => getShow((url, init) => fetch(url, init), this.#address.base, this.#address.show),
    (show) => {
      const url = programmeUrl(this.#address.base, show);
      if (url !== null) this.#openPicture(url);
    },
  );
  #programme: Programme | null = null;
  #lines = 0;

  private get currentLang(): Lang {
    return this.#language.current;
  }

  private get show(): ShowDetails | null {
    return this.#asking.answer;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#programme?.stop();
  }

  protected override updated(): void {
    if (this.show === null) return;
    const text = new Localizer(this.currentLang, partnerWords);
    document.title = `${text.pick(this.show.titles, this.show.title)} · ${text.t('masthead')}`;
  }

  protected override render(): TemplateResult {
    const text = new Localizer(this.currentLang, partnerWords);
    const channel = channelOf(this.show, this.#address.channel);
    return html`
      ${this.#renderMasthead(text)}
      <main lang=${text.tag}>
        <p class="kicker">${text.t('kicker')}</p>
        <h1 class="serif">${this.#headline(text)}</h1>
        <p class="standfirst">${text.t('standfirst')}</p>
        <p class="byline">${channel === undefined ? nothing : text.t('byline', { channel: text.pick(channel.names, channel.name) })}</p>
        <section class="show">
          <div class="player">
            <video id="programme" muted playsinline></video>
            ${this.#renderPlayerButton(text)}
          </div>
          <see-now-buy-now
            show=${this.#address.show}
            channel=${this.#address.channel}
            token=${this.#address.token ?? nothing}
            lang=${this.currentLang}
            for="programme"
            @cue=${this.#note}
            @order=${this.#note}
            @problem=${this.#note}
          ></see-now-buy-now>
        </section>
        <section class="behind">${this.#renderHow(text)} ${this.#renderLog(text)}</section>
      </main>
    `;
  }

  #headline(text: Localizer<PartnerWord>): string {
    const { state: asking } = this.#asking;
    if (asking === 'missing') return text.t('no_such_show');
    if (asking === 'unreachable') return text.t('unavailable');
    return this.show === null ? '' : text.pick(this.show.titles, this.show.title);
  }

  #renderMasthead(text: Localizer<PartnerWord>): TemplateResult {
    return html`<header class="masthead" lang=${text.tag}>
      <b class="serif">${text.t('masthead')}</b>
      <nav>
        <span aria-current="page">${text.t('section')}</span><span>${text.t('nav_culture')}</span><span>${text.t('nav_film')}</span
        ><span>${text.t('nav_city')}</span>
      </nav>
      <div class="langs">
        ${LANGS.map(
          (lang) => html`<button
            type="button"
            data-lang=${lang}
            aria-pressed=${lang === this.currentLang ? 'true' : 'false'}
            @click=${() => {
              this.#language.switchTo(lang);
            }}
          >
            ${LANG_NAMES[lang]}
          </button>`,
        )}
      </div>
    </header>`;
  }

  #renderPlayerButton(text: Localizer<PartnerWord>): TemplateResult | typeof nothing {
    if (this.picture === 'blocked' || this.picture === 'paused') {
      return html`<button
        type="button"
        @click=${() => {
          this.#programme?.play();
        }}
      >
        ${text.t('play')}
      </button>`;
    }
    if (!this.muted || this.picture !== 'playing') return nothing;
    return html`<button
      type="button"
      @click=${() => {
        this.video.muted = false;
        this.muted = false;
      }}
    >
      ${text.t('sound')}
    </button>`;
  }

  #renderHow(text: Localizer<PartnerWord>): TemplateResult {
    const code = snippet(this.#address.base, this.#address.show, this.#address.channel);
    return html`<div>
      <h2 class="serif">${text.t('how')}</h2>
      <p>${text.t('how_text')}</p>
      <div class="snippet">
        <pre tabindex="0"><code>${code}</code></pre>
        <button type="button" data-action="copy" @click=${() => void this.#copy(code)}>${text.t(this.copied ? 'copied' : 'copy')}</button>
      </div>
    </div>`;
  }

  #renderLog(text: Localizer<PartnerWord>): TemplateResult {
    return html`<div>
      <h2 class="serif" id="events">${text.t('events')}</h2>
      <div class="log" role="log" aria-labelledby="events" tabindex="0"><ol>
        ${this.log.length === 0 ? html`<li class="none">${text.t('no_events')}</li>` : nothing}
        ${repeat(
          this.log,
          (line) => line.id,
          (line) => html`<li data-event=${line.type}>
            <time>${new Date(line.at_ms).toLocaleTimeString(text.tag, { hour12: false })}</time><b>${line.type}</b><span>${line.detail}</span>
          </li>`,
        )}
      </ol></div>
    </div>`;
  }

  readonly #note = (event: Event): void => {
    const { detail } = event as CustomEvent<unknown>;
    this.#lines += 1;
    const line: LogLine = { id: this.#lines, at_ms: Date.now(), type: event.type, detail: brief(event.type, detail) };
    this.log = [line, ...this.log].slice(0, MAX_LOG);
  };

  async #copy(code: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(code);
    } catch {
      // Without leave to use the clipboard the text is still there to be selected.
      return;
    }
    this.copied = true;
    setTimeout(() => {
      this.copied = false;
    }, COPIED_MS);
  }

  #openPicture(url: string): void {
    this.video.muted = true;
    const programme = new Programme(this.video, url);
    this.#programme = programme;
    programme.states.listen((picture) => {
      this.picture = picture;
    });
    programme.openings.listen((opening) => {
      void customElements.whenDefined('see-now-buy-now').then(() => this.embed.attachHls?.(opening?.hls ?? null));
    });
    programme.start();
  }
}

/** What of an event fits a line of the log. */
function brief(type: string, detail: unknown): string {
  if (type === 'cue') {
    const look = detail as { readonly id: string; readonly number: string; readonly brand: string } | null;
    return look === null ? '—' : JSON.stringify({ id: look.id, number: look.number, brand: look.brand });
  }
  return JSON.stringify(detail).slice(0, MAX_DETAIL_CHARS);
}

declare global {
  interface HTMLElementTagNameMap {
    'partner-page': PartnerPage;
  }
}
