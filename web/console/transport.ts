import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { CommandName } from '../shared/messages';
import type { Trim } from './commands';
import { foundation } from '../shared/theme';
import { lookNumber, undoable, verb, type Board, type Say } from './board';
import { keys } from './styles';

/** What GO is doing. */
export type GoState = 'ready' | 'armed' | 'hold' | 'offline' | 'nothing';

/** A producer's press; `look` where the command names one. */
export class PressEvent extends Event {
  constructor(
    readonly command: CommandName,
    readonly look: string | null = null,
    readonly trim: Trim | null = null,
  ) {
    super('press', { bubbles: true, composed: true });
  }
}

/** GO and the keys around it. */
@customElement('console-transport')
export class ConsoleTransport extends LitElement {
  @property({ attribute: false }) board!: Board;
  @property({ attribute: false }) say!: Say;
  @property() go: GoState = 'offline';
  /** Commands without an answer yet: their keys show it. */
  @property({ attribute: false }) pending: ReadonlySet<CommandName> = new Set();

  protected override render(): TemplateResult {
    const { say, go, board } = this;
    const online = go !== 'offline';
    const { state } = board;
    const undo = undoable(board.asRun);
    const canUndo = online && state.can_undo;
    const undoWhat = undo !== null && state.can_undo ? verb(say, board, undo.command, undo.look) : '';
    return html`<section aria-label=${say.t('transport')}>
      ${this.renderGo()}
      <div class="keys">
        ${this.renderKey('back', say.t('back'), '↑', online)} ${this.renderKey('next', say.t('forward'), '↓', online)}
        ${state.hold
          ? this.renderKey('resume', say.t('resume'), 'H', online, true)
          : this.renderKey('hold', say.t('hold'), 'H', online)}
        ${this.renderKey('clear', say.t('clear'), 'C', online && state.on_air !== null)}
        ${this.renderKey('correct', say.t('correct'), 'X', online && state.on_air !== null)}
        ${this.renderKey('undo', say.t('undo'), '^Z', canUndo, false, undoWhat)}
      </div>
    </section>`;
  }

  private renderGo(): TemplateResult {
    const { say, go, board } = this;
    const { next } = board.state;
    const ready = go === 'ready';
    const words = {
      ready: say.t('goTake', { number: lookNumber(board, next) }),
      armed: say.t('goArmed'),
      hold: say.t('goHold'),
      offline: say.t('goOffline'),
      nothing: say.t('goNothing'),
    }[go];
    return html`<button
      class="go ${go}"
      data-command="take"
      data-look=${next ?? nothing}
      aria-disabled=${ready ? 'false' : 'true'}
      aria-label="${say.t('go')}: ${words}"
      @click=${() => {
        this.dispatchEvent(new PressEvent('take', next));
      }}
    >
      <span class="word">${say.t('go')}</span>
      <span class="words">${words}</span>
    </button>`;
  }

  private renderKey(
    command: CommandName,
    label: string,
    key: string,
    enabled: boolean,
    pressed = false,
    detail = '',
  ): TemplateResult {
    const waiting = this.pending.has(command);
    return html`<button
      class="key ${waiting ? 'waiting' : ''}"
      data-command=${command}
      aria-disabled=${enabled ? 'false' : 'true'}
      aria-pressed=${pressed ? 'true' : nothing}
      @click=${() => {
        if (enabled) this.dispatchEvent(new PressEvent(command));
      }}
    >
      <span class="label">${label}${detail === '' ? nothing : html` <small>${detail}</small>`}</span>
      <kbd aria-hidden="true">${key}</kbd>
    </button>`;
  }

  static override styles = [
    foundation,
    keys,
    css`
      :host {
        display: block;
        height: 100%;
      }
      section {
        height: 100%;
        display: flex;
        flex-direction: column;
        gap: var(--space-2);
      }
      .go {
        flex: 1;
        min-height: 5.5rem;
        display: flex;
        flex-direction: column;
        align-items: center;
        justify-content: center;
        border-radius: var(--radius);
        background: var(--positive);
        color: var(--ink);
        transition:
          background var(--quick) var(--ease),
          transform 60ms;
      }
      .go .word {
        font-size: 3.4rem;
        line-height: 1;
        font-weight: 700;
        letter-spacing: 0.06em;
      }
      .go .words {
        margin-top: var(--space-1);
        font-size: var(--text-s);
        font-weight: 600;
      }
      .go.ready:hover {
        background: #b6e2c0;
      }
      .go.ready:active {
        transform: translateY(1px);
      }
      .go:focus-visible {
        outline: 3px solid var(--ivory);
      }
      .go.armed {
        background: var(--live);
        color: #fff;
      }
      .go.hold {
        background: transparent;
        color: var(--warning);
        box-shadow: inset 0 0 0 2px var(--warning);
      }
      .go.offline,
      .go.nothing {
        background: transparent;
        color: var(--muted);
        box-shadow: inset 0 0 0 2px var(--hairline-strong);
      }
      .go.offline {
        color: var(--negative);
        box-shadow: inset 0 0 0 2px var(--negative);
        background: repeating-linear-gradient(135deg, transparent 0 10px, rgb(240 138 120 / 12%) 10px 20px);
      }
      .go[aria-disabled='true'] {
        cursor: not-allowed;
      }
      .keys {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: var(--space-2);
      }
      .key {
        justify-content: space-between;
        min-width: 0;
      }
      .label {
        display: flex;
        flex-direction: column;
        align-items: flex-start;
        min-width: 0;
        line-height: 1.15;
      }
      .label small {
        max-width: 5.5rem;
        overflow: hidden;
        text-overflow: ellipsis;
        font-size: var(--text-xs);
        color: var(--muted);
      }
      .waiting {
        border-color: var(--champagne);
        color: var(--champagne);
      }
      @media (max-width: 899px) {
        .go {
          min-height: 4.25rem;
        }
        .go .word {
          font-size: 2rem;
        }
        .keys {
          grid-template-columns: repeat(3, 1fr);
        }
        .keys kbd {
          display: none;
        }
        .key {
          justify-content: center;
          min-height: 2.75rem;
        }
        .label {
          align-items: center;
        }
      }
    `,
  ];
}
