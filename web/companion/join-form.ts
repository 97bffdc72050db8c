import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { Localizer, type Lang } from '../shared/i18n';
import { MAX_JOIN_CODE_CHARS } from '../shared/messages';
import type { ChannelSummary } from '../shared/show';
import { foundation } from '../shared/theme';
import { companionPath, joinByCode } from './joining';
import { companionWords, type CompanionWord } from './texts';

/** Joining without the QR code: by the number the TV shows, or by choosing the channel of a show that is known. */
@customElement('join-form')
export class JoinForm extends LitElement {
  static override styles = [
    foundation,
    css`
      .ways {
        display: grid;
        gap: var(--space-6);
      }
      form {
        display: grid;
        gap: var(--space-3);
      }
      h2 {
        margin: 0;
        font-size: var(--text-xl);
      }
      p {
        margin: 0;
        color: var(--ivory-soft);
      }
      .bad {
        color: var(--negative);
      }
      label,
      legend {
        font-size: var(--text-s);
        color: var(--muted);
      }
      input[name='code'] {
        width: 100%;
        min-height: 3.5rem;
        padding: 0 var(--space-3);
        font-family: var(--figures);
        font-size: 1.75rem;
        letter-spacing: 0.2em;
        text-align: center;
        background: var(--ink-raised);
        border: 1px solid var(--hairline-strong);
        border-radius: var(--radius);
      }
      fieldset {
        display: grid;
        margin: 0;
        padding: 0;
        border: 0;
        min-width: 0;
      }
      fieldset label {
        display: flex;
        align-items: center;
        gap: var(--space-3);
        min-height: 3rem;
        border-bottom: 1px solid var(--hairline);
        font-size: var(--text-m);
        color: var(--ivory);
      }
      legend {
        padding: 0;
      }
      input[type='radio'] {
        width: 1.25rem;
        height: 1.25rem;
        accent-color: var(--champagne);
      }
      button {
        min-height: 3.25rem;
        background: var(--champagne);
        color: var(--ink);
        border-radius: var(--radius);
        font-weight: 600;
      }
      .second {
        background: none;
        color: var(--champagne);
        border: 1px solid var(--champagne);
      }
      .bad:empty {
        display: none;
      }
    `,
  ];

  /** The show's name; empty while there is none. */
  @property() show = '';
  @property() channel = '';
  /** The show's channels; empty while the show is not known. */
  @property({ attribute: false }) channels: readonly ChannelSummary[] = [];
  @property() override lang: Lang = 'en';
  @state() private refused: CompanionWord | null = null;
  @state() private asking = false;
  @query('[name="code"]') private readonly code!: HTMLInputElement;

  protected override render(): TemplateResult {
    const text = new Localizer(this.lang, companionWords);
    return html`<div class="ways" lang=${text.tag}>
      <form data-way="code" @submit=${this.#enter}>
        <h2 class="serif">${text.t('join')}</h2>
        <p>${text.t('join_text')}</p>
        <label for="code">${text.t('code')}</label>
        <input
          id="code"
          name="code"
          inputmode="numeric"
          autocomplete="off"
          required
          maxlength=${MAX_JOIN_CODE_CHARS}
          aria-invalid=${this.refused === null ? 'false' : 'true'}
          aria-describedby="refused"
        />
        <p class="bad" id="refused" role="alert">${this.refused === null ? nothing : text.t(this.refused)}</p>
        <button type="submit" aria-disabled=${this.asking ? 'true' : 'false'}>${text.t('join_go')}</button>
      </form>
      ${this.channels.length === 0 ? nothing : this.#renderChannels(text)}
    </div>`;
  }

  #renderChannels(text: Localizer<CompanionWord>): TemplateResult {
    const unknown = this.channel !== '' && !this.channels.some(({ id }) => id === this.channel);
    return html`<form data-way="channel" @submit=${this.#choose}>
      <h2 class="serif">${text.t('or_channel')}</h2>
      ${unknown ? html`<p class="bad" role="alert">${text.t('unknown_channel')}</p>` : nothing}
      <fieldset>
        <legend>${text.t('channel')}</legend>
        ${this.channels.map(
          (channel) =>
            html`<label>
              <input type="radio" name="channel" value=${channel.id} required .checked=${channel.id === this.channel} />
              ${text.pick(channel.names, channel.name)}
            </label>`,
        )}
      </fieldset>
      <button type="submit" class="second">${text.t('join_go')}</button>
    </form>`;
  }

  readonly #enter = (event: Event): void => {
    event.preventDefault();
    if (!this.asking) void this.#join(this.code.value);
  };

  async #join(typed: string): Promise<void> {
    this.asking = true;
    this.refused = null;
    const joined = await joinByCode((url, init) => fetch(url, init), location.origin, typed);
    this.asking = false;
    if ('page' in joined) {
      location.assign(joined.page);
      return;
    }
    this.refused = joined.refused;
    this.code.focus();
    this.code.select();
  }

  readonly #choose = (event: Event): void => {
    event.preventDefault();
    const channel = new FormData(event.target as HTMLFormElement).get('channel');
    if (typeof channel === 'string') location.assign(companionPath({ show: this.show, channel }));
  };
}
