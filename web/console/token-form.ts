import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { foundation } from '../shared/theme';
import type { Say } from './board';
import { keys } from './styles';
import { isToken, MAX_TOKEN_CHARS } from './token';

export class TokenEvent extends Event {
  constructor(readonly token: string) {
    super('token');
  }
}

/** Asks for the producer's token when the address did not carry one, or the server refused it. */
@customElement('console-token-form')
export class ConsoleTokenForm extends LitElement {
  @property({ attribute: false }) say!: Say;
  /** Why the last token was refused, in words; empty at first. */
  @property() refusal = '';
  @state() private bad = false;
  @query('input') private input!: HTMLInputElement;

  private readonly submit = (event: Event): void => {
    event.preventDefault();
    const token = this.input.value.trim();
    this.bad = !isToken(token);
    if (!this.bad) this.dispatchEvent(new TokenEvent(token));
  };

  protected override render(): TemplateResult {
    const { say } = this;
    const problem = this.bad
      ? say.t('tokenBad', { max: MAX_TOKEN_CHARS })
      : this.refusal === ''
        ? ''
        : say.t('tokenRefused', { why: this.refusal });
    return html`<main>
      <form @submit=${this.submit} novalidate>
        <h1 class="serif">${say.t('tokenTitle')}</h1>
        <p id="why">${say.t('tokenText')}</p>
        <label for="token">${say.t('tokenLabel')}</label>
        <input
          id="token"
          name="token"
          type="password"
          autocomplete="off"
          spellcheck="false"
          aria-describedby="why problem"
          aria-invalid=${problem === '' ? 'false' : 'true'}
        />
        <p id="problem" class="problem" role="alert">${problem === '' ? nothing : problem}</p>
        <button class="key" type="submit">${say.t('tokenEnter')}</button>
      </form>
    </main>`;
  }

  static override styles = [
    foundation,
    keys,
    css`
      main {
        min-height: calc(100dvh - 4rem);
        display: grid;
        place-items: center;
        padding: var(--space-4);
      }
      form {
        width: min(26rem, 100%);
        display: flex;
        flex-direction: column;
        gap: var(--space-3);
      }
      h1 {
        margin: 0;
        font-size: var(--text-xl);
      }
      p {
        margin: 0;
        color: var(--ivory-soft);
      }
      label {
        font-size: var(--text-s);
        color: var(--muted);
      }
      input {
        padding: 0.75rem;
        font-family: var(--figures);
        background: var(--ink-raised);
        border: 1px solid var(--hairline-strong);
        border-radius: var(--radius);
      }
      .problem {
        min-height: 1.4em;
        color: var(--negative);
        font-size: var(--text-s);
      }
      .key {
        background: var(--champagne);
        color: var(--ink);
        font-weight: 600;
      }
    `,
  ];
}
