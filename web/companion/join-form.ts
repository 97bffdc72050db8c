import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { Localizer, type Lang } from '../shared/i18n';
import type { ChannelSummary } from '../shared/show';
import { foundation } from '../shared/theme';
import { companionWords } from './texts';

/** Joining without the QR code: the show's name as the TV shows it, and the channel. */
@customElement('join-form')
export class JoinForm extends LitElement {
  static override styles = [
    foundation,
    css`
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
      input[name='show'] {
        width: 100%;
        min-height: 3rem;
        padding: 0 var(--space-3);
        font-size: 1rem;
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
    `,
  ];

  @property() show = '';
  @property() channel = '';
  /** The show's channels; empty while the show is not known. */
  @property({ attribute: false }) channels: readonly ChannelSummary[] = [];
  @property() override lang: Lang = 'en';
  @query('form') private readonly form!: HTMLFormElement;

  protected override render(): TemplateResult {
    const text = new Localizer(this.lang, companionWords);
    const unknown = this.channel !== '' && this.channels.length > 0 && !this.channels.some(({ id }) => id === this.channel);
    return html`<form lang=${text.tag} @submit=${this.#submit}>
      <h2 class="serif">${text.t('join')}</h2>
      <p>${text.t('join_text')}</p>
      ${unknown ? html`<p class="bad" role="alert">${text.t('unknown_channel')}</p>` : nothing}
      <label for="show">${text.t('show_code')}</label>
      <input id="show" name="show" autocapitalize="none" autocomplete="off" spellcheck="false" required maxlength="64" .value=${this.show} />
      ${this.channels.length === 0
        ? nothing
        : html`<fieldset>
            <legend>${text.t('channel')}</legend>
            ${this.channels.map(
              (channel) =>
                html`<label>
                  <input type="radio" name="channel" value=${channel.id} required .checked=${channel.id === this.channel} />
                  ${text.pick(channel.names, channel.name)}
                </label>`,
            )}
          </fieldset>`}
      <button type="submit">${text.t(this.channels.length === 0 ? 'find_channels' : 'join_go')}</button>
    </form>`;
  }

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    const fields = new FormData(this.form);
    const show = text(fields.get('show'));
    const channel = text(fields.get('channel'));
    const query = channel === '' || show !== this.show ? '' : `?channel=${encodeURIComponent(channel)}`;
    location.assign(`/companion/${encodeURIComponent(show)}${query}`);
  };
}

function text(value: FormDataEntryValue | null): string {
  return typeof value === 'string' ? value.trim() : '';
}
