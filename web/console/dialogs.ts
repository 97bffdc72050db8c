import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { RundownEntry } from '../shared/messages';
import { foundation } from '../shared/theme';
import { lookNumber, type Board, type Say } from './board';
import { LEGEND } from './keyboard';
import { haystacks } from './rundown-filter';
import { keys } from './styles';
import { PressEvent } from './transport';

/** Looks offered in the correction list at once. */
const MAX_CHOICES = 60;

const dialogStyles = css`
  dialog {
    width: min(34rem, calc(100vw - 2rem));
    max-height: calc(100dvh - 4rem);
    padding: var(--space-5);
    border: 1px solid var(--hairline-strong);
    border-radius: var(--radius);
    background: var(--ink-float);
    color: var(--ivory);
    box-shadow: var(--shade);
  }
  dialog[open] {
    display: flex;
    flex-direction: column;
    gap: var(--space-3);
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 65%);
  }
  h2 {
    margin: 0;
    font-size: var(--text-xl);
    line-height: 1.2;
  }
  p {
    margin: 0;
    color: var(--ivory-soft);
    font-size: var(--text-s);
  }
  footer {
    display: flex;
    justify-content: flex-end;
    gap: var(--space-2);
  }
`;

/** The button that closes the dialog it stands in. */
function closingKey(label: string): TemplateResult {
  return html`<button
    class="key"
    @click=${(event: Event) => {
      (event.currentTarget as HTMLElement).closest('dialog')?.close();
    }}
  >
    ${label}
  </button>`;
}

/** The legend of the keys. */
@customElement('console-help')
export class ConsoleHelp extends LitElement {
  @property({ attribute: false }) say!: Say;
  @query('dialog') private dialog!: HTMLDialogElement;

  open(): void {
    if (!this.dialog.open) this.dialog.showModal();
  }

  protected override render(): TemplateResult {
    const { say } = this;
    return html`<dialog aria-labelledby="title">
      <h2 id="title" class="serif">${say.t('helpTitle')}</h2>
      <dl>
        ${LEGEND.map(
          ({ keys: names, action }) =>
            html`<dt>${names.map((name) => html`<kbd>${name}</kbd>`)}</dt>
              <dd>${say.t(`key_${action}`)}</dd>`,
        )}
      </dl>
      <p>${say.t('helpNote')}</p>
      <footer>
        ${closingKey(say.t('close'))}
      </footer>
    </dialog>`;
  }

  static override styles = [
    foundation,
    keys,
    dialogStyles,
    css`
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: var(--space-2) var(--space-4);
        margin: 0;
      }
      dt {
        display: flex;
        gap: var(--space-1);
      }
      dd {
        margin: 0;
        font-size: var(--text-s);
      }
    `,
  ];
}

/** Which look is really on the runway? Opened for the look on air; its answer is a `press` of `correct`. */
@customElement('console-correct')
export class ConsoleCorrect extends LitElement {
  @property({ attribute: false }) board!: Board;
  @property({ attribute: false }) say!: Say;
  @state() private query = '';
  @state() private chosen: string | null = null;
  @state() private wrong: string | null = null;
  @query('dialog') private dialog!: HTMLDialogElement;

  open(): void {
    this.wrong = this.board.state.on_air?.look ?? null;
    if (this.wrong === null || this.dialog.open) return;
    this.query = '';
    this.chosen = null;
    this.dialog.showModal();
  }

  private get choices(): readonly RundownEntry[] {
    const { entries } = this.board.rundown;
    const texts = haystacks(entries);
    const words = this.query.toLocaleLowerCase().split(/\s+/u).filter((word) => word !== '');
    const at = entries.findIndex((entry) => entry.look === this.wrong);
    return entries
      .map((entry, index) => ({ entry, distance: Math.abs(index - at) }))
      .filter(({ entry }) => entry.look !== this.wrong && words.every((word) => texts.get(entry.look)?.includes(word)))
      .sort((a, b) => a.distance - b.distance)
      .slice(0, MAX_CHOICES)
      .map(({ entry }) => entry);
  }

  private readonly confirm = (): void => {
    if (this.chosen === null || this.wrong !== this.board.state.on_air?.look) return;
    this.dialog.close();
    this.dispatchEvent(new PressEvent('correct', this.chosen));
  };

  protected override render(): TemplateResult {
    const { say, board, wrong, chosen } = this;
    const from = lookNumber(board, wrong);
    const stillOn = wrong === (board.state.on_air?.look ?? null);
    return html`<dialog aria-labelledby="title">
      <h2 id="title" class="serif">${say.t('correctTitle')}</h2>
      <p>${say.t('correctText', { number: from })}</p>
      <label>
        <span class="unseen">${say.t('correctPick')}</span>
        <input
          type="search"
          placeholder=${say.t('correctPick')}
          .value=${this.query}
          @input=${(event: Event) => {
            this.query = (event.target as HTMLInputElement).value;
          }}
        />
      </label>
      <div class="choices" role="radiogroup" aria-label=${say.t('correctPick')}>
        ${this.choices.map(
          (entry) =>
            html`<label class="choice">
              <input
                type="radio"
                name="look"
                value=${entry.look}
                .checked=${chosen === entry.look}
                @change=${() => {
                  this.chosen = entry.look;
                }}
              />
              <b>${entry.number}</b><span>${entry.brand}</span><small>${say.pick(entry.titles, entry.title)}</small>
            </label>`,
        )}
      </div>
      <footer>
        ${closingKey(say.t('cancel'))}
        <button class="key confirm" data-confirm="correct" ?disabled=${chosen === null || !stillOn} @click=${this.confirm}>
          ${chosen === null ? say.t('correct') : say.t('correctGo', { from, to: lookNumber(board, chosen) })}
        </button>
      </footer>
      ${stillOn ? nothing : html`<p role="alert">${say.t('givenUpMoved')}</p>`}
    </dialog>`;
  }

  static override styles = [
    foundation,
    keys,
    dialogStyles,
    css`
      input[type='search'] {
        width: 100%;
        padding: 0.5rem 0.75rem;
        background: var(--ink);
        border: 1px solid var(--hairline-strong);
        border-radius: var(--radius);
      }
      .choices {
        min-height: 8rem;
        max-height: 20rem;
        overflow-y: auto;
        border: 1px solid var(--hairline);
        scrollbar-width: thin;
      }
      .choice {
        display: grid;
        grid-template-columns: auto 2.5rem auto minmax(0, 1fr);
        gap: var(--space-2);
        align-items: baseline;
        padding: var(--space-2) var(--space-3);
        border-bottom: 1px solid var(--hairline);
        font-size: var(--text-s);
        cursor: pointer;
      }
      .choice:has(:checked) {
        background: rgb(220 191 148 / 18%);
      }
      .choice input {
        accent-color: var(--champagne);
      }
      small {
        color: var(--muted);
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .confirm:not(:disabled) {
        background: var(--champagne);
        color: var(--ink);
        font-weight: 600;
      }
    `,
  ];
}
