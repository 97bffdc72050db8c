import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type Hls from 'hls.js';
import { getShow, programmeUrl } from '../shared/show';
import { foundation } from '../shared/theme';
import type { Say } from './board';
import { panel } from './styles';

/** The wait before a picture that failed is tried again. */
const RETRY_MS = 5_000;

/** The programme as it leaves the house, small and silent. */
@customElement('console-preview')
export class ConsolePreview extends LitElement {
  @property() base = '';
  @property() show = '';
  @property({ attribute: false }) say!: Say;
  @state() private playing = false;
  @query('video') private video!: HTMLVideoElement;
  private player: Hls | null = null;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private gone = false;

  override connectedCallback(): void {
    super.connectedCallback();
    this.gone = false;
    void this.updateComplete.then(() => this.open());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.gone = true;
    this.drop();
  }

  private drop(): void {
    clearTimeout(this.retryTimer);
    this.player?.destroy();
    this.player = null;
    this.playing = false;
  }

  private readonly retry = (): void => {
    if (this.gone) return;
    this.drop();
    this.retryTimer = setTimeout(() => void this.open(), RETRY_MS);
  };

  private async open(): Promise<void> {
    try {
      const details = await getShow(fetch.bind(window), this.base, this.show);
      const url = programmeUrl(this.base, details);
      if (url === null || this.gone) return;
      const { default: HlsPlayer } = await import('hls.js');
      if (!HlsPlayer.isSupported()) {
        this.video.src = url;
        return;
      }
      const player = new HlsPlayer({ maxBufferLength: 8, backBufferLength: 4, capLevelToPlayerSize: true });
      this.player = player;
      player.on(HlsPlayer.Events.ERROR, (_event, { fatal }) => {
        if (fatal) this.retry();
      });
      player.loadSource(url);
      player.attachMedia(this.video);
    } catch {
      // A preview without a picture is shown as such; the show does not need it.
      this.retry();
    }
  }

  protected override render(): TemplateResult {
    const { say } = this;
    return html`<section class="panel" aria-label=${say.t('programme')}>
      <video
        muted
        playsinline
        autoplay
        disablepictureinpicture
        .muted=${true}
        aria-label=${say.t('programmeLabel')}
        @playing=${() => {
          this.playing = true;
        }}
      ></video>
      ${this.playing ? nothing : html`<p class="note">${say.t('programmeOff')}</p>`}
      <span class="tag">${say.t('programme')}</span>
    </section>`;
  }

  static override styles = [
    foundation,
    panel,
    css`
      .panel {
        position: relative;
        aspect-ratio: 16 / 9;
        height: auto;
        overflow: hidden;
        background: #000;
      }
      video {
        width: 100%;
        height: 100%;
        object-fit: contain;
      }
      p {
        position: absolute;
        inset: 0;
        margin: 0;
        display: grid;
        place-content: center;
      }
      .tag {
        position: absolute;
        left: 0;
        top: 0;
        padding: 0.1rem 0.5rem;
        font-size: var(--text-xs);
        background: rgb(11 10 10 / 70%);
        color: var(--ivory-soft);
      }
    `,
  ];
}
