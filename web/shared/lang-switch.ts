import { css, html, LitElement, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import { element } from './define';
import { LANGS, Localizer, type Lang } from './i18n';
import { foundation } from './theme';
import { words } from './words';

const NAMES: Readonly<Record<Lang, string>> = { zh: '中文', en: 'EN' };
const TAGS: Readonly<Record<Lang, string>> = { zh: 'zh-CN', en: 'en' };

/** Chooses the page's language. Fires `lang-chosen` with the language as detail. */
@element('lang-switch')
export class LangSwitch extends LitElement {
  static override styles = [
    foundation,
    css`
      div {
        display: inline-flex;
        gap: 0.25rem;
      }
      button {
        min-height: 2rem;
        padding: 0 0.375rem;
        font-size: var(--text-s);
        color: var(--muted);
      }
      button:hover,
      button[aria-pressed='true'] {
        color: var(--ivory);
      }
      button[aria-pressed='true'] {
        text-decoration: underline;
        text-underline-offset: 5px;
        text-decoration-color: var(--champagne);
      }
    `,
  ];

  @property() override lang: Lang = 'en';

  protected override render(): TemplateResult {
    return html`<div role="group" aria-label=${new Localizer(this.lang, words).t('language')}>
      ${LANGS.map(
        (lang) => html`<button
          type="button"
          lang=${TAGS[lang]}
          data-lang=${lang}
          aria-pressed=${lang === this.lang ? 'true' : 'false'}
          @click=${() => {
            this.dispatchEvent(new CustomEvent<Lang>('lang-chosen', { detail: lang, bubbles: true, composed: true }));
          }}
        >
          ${NAMES[lang]}
        </button>`,
      )}
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lang-switch': LangSwitch;
  }
  interface HTMLElementEventMap {
    'lang-chosen': CustomEvent<Lang>;
  }
}
