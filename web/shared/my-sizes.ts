import { css, html, LitElement, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import { element } from './define';
import { Localizer, type Lang } from './i18n';
import { SIZE_KINDS, SIZE_SCALES, type ChosenSize, type WornSizes } from './sizes';
import { foundation } from './theme';
import { words } from './words';

/** The sizes a viewer wears, to choose before a look comes. Fires `size` (detail: ChosenSize). */
@element('my-sizes')
export class MySizes extends LitElement {
  static override styles = [
    foundation,
    css`
      :host {
        display: block;
        font-size: var(--text-s);
      }
      h3 {
        margin: 0;
        font-size: 1.1875rem;
      }
      p {
        margin: 0.25rem 0 0;
        color: var(--muted);
      }
      div {
        display: grid;
        grid-template-columns: repeat(2, minmax(0, 1fr));
        gap: 0.75rem 1rem;
        margin-top: 0.75rem;
      }
      label {
        display: grid;
        gap: 0.25rem;
        color: var(--ivory-soft);
      }
      select {
        min-height: 2.75rem;
        padding: 0 0.625rem;
        background: var(--ink-float);
        color: var(--ivory);
        border: 1px solid var(--hairline-strong);
        border-radius: var(--radius);
      }
    `,
  ];

  @property({ attribute: false }) worn: WornSizes = {};
  @property() override lang: Lang = 'en';

  protected override render(): TemplateResult {
    const text = new Localizer(this.lang, words);
    return html`<section lang=${text.tag} aria-labelledby="sizes">
      <h3 class="serif" id="sizes">${text.t('my_sizes')}</h3>
      <p>${text.t('my_sizes_note')}</p>
      <div>
        ${SIZE_KINDS.map(
          (kind) => html`<label>
            <span>${text.t(`sizes_${kind}`)}</span>
            <select
              data-sizes=${kind}
              @change=${(event: Event) => {
                const label = (event.currentTarget as HTMLSelectElement).value;
                this.dispatchEvent(new CustomEvent<ChosenSize>('size', { detail: { kind, label: label === '' ? null : label } }));
              }}
            >
              <option value="" ?selected=${this.worn[kind] === undefined}>–</option>
              ${SIZE_SCALES[kind].map((label) => html`<option value=${label} ?selected=${this.worn[kind] === label}>${label}</option>`)}
            </select>
          </label>`,
        )}
      </div>
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'my-sizes': MySizes;
  }
}
