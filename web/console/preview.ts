import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { Programme } from '../shared/programme';
import { getShow, programmeUrl } from '../shared/show';
import { foundation } from '../shared/theme';
import type { Say } from './board';
import { panel } from './styles';

/** The wait before the show is asked for again. */
const RETRY_MS = 5_000;

/** The programme as it leaves the house, small and silent. */
@customElement('console-preview')
export class ConsolePreview extends LitElement {
  @property() base = '';
  @property() show = '';
  @property({ attribute: false }) say!: Say;
  @state() private playing = false;
  @query('video') private video!: HTMLVideoElement;
  private programme: Programme | null = null;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.updateComplete.then(() => this.open());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.retryTimer);
    this.programme?.stop();
    this.programme = null;
    this.playing = false;
  }

  private async open(): Promise<void> {
    let url: string | null;
    try {
      url = programmeUrl(this.base, await getShow(fetch.bind(window), this.base, this.show));
    } catch {
      // The preview is a comfort: without an answer it says that there is no picture, and asks again.
      if (this.isConnected) this.retryTimer = setTimeout(() => void this.open(), RETRY_MS);
      return;
    }
    if (url === null || !this.isConnected || this.programme !== null) return;
    this.programme = new Programme(this.video, url);
    this.programme.states.listen((picture) => {
      this.playing = picture === 'playing' || picture === 'paused';
    });
    this.programme.start();
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
      ></video>
      ${this.playing ? nothing : html`<p class="note">${say.t('programmeOff')}</p>`}
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
    `,
  ];
}
