import { css, html, LitElement, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Localizer, type Lang } from '../shared/i18n';
import { foundation } from '../shared/theme';
import { viewerWords, type ViewerWord } from './words';

export type PictureCommand = 'toggle-play' | 'toggle-sound' | 'back' | 'go-live' | 'toggle-fullscreen';

/** A picture this close to the newest is called live. */
const AT_LIVE_S = 4;

/** The player's own bar. Fires `picture-command` with what was asked as detail. */
@customElement('picture-controls')
export class PictureControls extends LitElement {
  static override styles = [
    foundation,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 0.25rem;
        padding: 2.5rem 1rem 0.625rem;
        background: linear-gradient(transparent, rgb(0 0 0 / 70%));
        color: var(--ivory);
        font-size: var(--text-s);
      }
      button {
        display: inline-grid;
        place-items: center;
        min-width: 2.75rem;
        height: 2.75rem;
        opacity: 0.86;
      }
      button:hover {
        opacity: 1;
      }
      svg {
        width: 22px;
        height: 22px;
        fill: none;
        stroke: currentcolor;
        stroke-width: 1.6;
        stroke-linecap: round;
        stroke-linejoin: round;
      }
      .live {
        display: inline-flex;
        align-items: center;
        gap: 0.5rem;
        padding: 0 0.75rem;
        letter-spacing: 0.06em;
      }
      .live i {
        width: 7px;
        height: 7px;
        border-radius: 50%;
        background: var(--muted);
      }
      .live[data-at-live='true'] i {
        background: var(--live);
      }
      .delay {
        color: var(--ivory-soft);
        margin-right: auto;
        overflow: hidden;
        white-space: nowrap;
        text-overflow: ellipsis;
      }
    `,
  ];

  @property({ type: Boolean }) playing = false;
  @property({ type: Boolean }) muted = true;
  @property({ type: Boolean }) fullscreen = false;
  @property({ attribute: false }) behindLive: number | null = null;
  @property({ attribute: false }) behindStage: number | null = null;
  @property() override lang: Lang = 'en';

  protected override render(): TemplateResult {
    const text = new Localizer(this.lang, viewerWords);
    const atLive = this.playing && this.behindLive !== null && this.behindLive <= AT_LIVE_S;
    return html`
      ${this.#button('toggle-play', text, this.playing ? 'pause' : 'play', this.playing ? PAUSE : PLAY)}
      ${this.#button('back', text, 'back', BACK)} ${this.#button('toggle-sound', text, this.muted ? 'unmute' : 'mute', this.muted ? MUTED : SOUND)}
      <button
        type="button"
        class="live"
        data-at-live=${atLive ? 'true' : 'false'}
        aria-label=${text.t('go_live')}
        @click=${() => {
          this.#fire('go-live');
        }}
      >
        <span><i aria-hidden="true"></i></span><span>${text.t('at_live')}</span>
      </button>
      <span class="delay figures">${this.behindStage === null ? '' : text.t('behind', { seconds: Math.round(this.behindStage) })}</span>
      ${this.#button('toggle-fullscreen', text, this.fullscreen ? 'leave_fullscreen' : 'fullscreen', this.fullscreen ? SHRINK : GROW)}
    `;
  }

  #button(command: PictureCommand, text: Localizer<ViewerWord>, word: ViewerWord, icon: SVGTemplateResult): TemplateResult {
    return html`<button
      type="button"
      data-command=${command}
      aria-label=${text.t(word)}
      title=${text.t(word)}
      @click=${() => {
        this.#fire(command);
      }}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">${icon}</svg>
    </button>`;
  }

  #fire(command: PictureCommand): void {
    this.dispatchEvent(new CustomEvent<PictureCommand>('picture-command', { detail: command }));
  }
}

const PLAY = svg`<path d="M7 5l12 7-12 7z" />`;
const PAUSE = svg`<path d="M8 5v14M16 5v14" />`;
const BACK = svg`<path d="M4 12a8 8 0 1 0 3-6.2M4 4v4.5h4.5" /><path d="M12 8v4l2.5 2" />`;
const MUTED = svg`<path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5" />`;
const SOUND = svg`<path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11" />`;
const GROW = svg`<path d="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5" />`;
const SHRINK = svg`<path d="M9 4v5H4M15 4v5h5M9 20v-5H4M15 20v-5h5" />`;

declare global {
  interface HTMLElementTagNameMap {
    'picture-controls': PictureControls;
  }
}
