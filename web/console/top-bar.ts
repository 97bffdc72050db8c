import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { foundation } from '../shared/theme';
import type { Board, Say } from './board';
import { clock, side, signed } from './format';
import type { Standing } from './schedule';
import { keys } from './styles';

export type LinkState = 'connecting' | 'live' | 'lost';

/** What the top bar asks of the page. */
export type BarAction = 'plan' | 'language' | 'help';

export class BarEvent extends Event {
  constructor(readonly action: BarAction) {
    super('bar', { bubbles: true, composed: true });
  }
}

/** The show's name, how it stands against its plan, the clocks, who else is producing, and the connection. */
@customElement('console-top-bar')
export class ConsoleTopBar extends LitElement {
  @property({ attribute: false }) board: Board | null = null;
  @property({ attribute: false }) say!: Say;
  @property({ attribute: false }) standing: Standing | null = null;
  @property({ attribute: false }) nowMs = 0;
  /** `none` before there is a token to connect with. */
  @property() link: LinkState | 'none' = 'none';

  protected override render(): TemplateResult {
    const { board, say, link } = this;
    const title = board === null ? say.t('console') : say.pick(board.rundown.titles, board.rundown.title);
    return html`<header>
      <h1 class="serif" title=${title}>${title}</h1>
      ${board === null ? nothing : this.renderStanding(board)}
      ${board === null ? nothing : this.renderClocks(board)}
      <div class="right">
        ${board === null
          ? nothing
          : html`<ul class="producers" aria-label=${say.t('producers')}>
              ${board.state.producers.map((name) => html`<li title=${name}>${name}</li>`)}
            </ul>`}
        ${link === 'none'
          ? nothing
          : html`<span class="link ${link}" role="status" data-link=${link}><i></i>${say.t(link)}</span>`}
        ${board === null ? nothing : this.renderButton('help', '?', say.t('help'))}
        ${this.renderButton('language', say.t('language'), say.t('languageLabel'))}
      </div>
    </header>`;
  }

  private renderButton(action: BarAction, label: string, title: string): TemplateResult {
    return html`<button
      class="key small"
      title=${title}
      aria-label=${action === 'language' ? nothing : title}
      data-bar=${action}
      @click=${() => {
        this.dispatchEvent(new BarEvent(action));
      }}
    >
      ${label}
    </button>`;
  }

  private renderStanding(board: Board): TemplateResult {
    const { say, standing } = this;
    const zone = board.rundown.time_zone;
    const offset = standing?.offsetMs ?? null;
    const what = say.t(board.zero === 'clock' ? 'planClock' : 'planFirst');
    const end = standing?.expectedEndMs ?? null;
    const planned = standing?.plannedEndMs ?? null;
    return html`<div class="standing">
      <button
        class="fact"
        title=${say.t('planSwitch', { what })}
        data-bar="plan"
        @click=${() => {
          this.dispatchEvent(new BarEvent('plan'));
        }}
      >
        <small>${say.t('overUnder')} · ${what}</small>
        <b class="figures ${side(offset)}" data-standing=${offset ?? ''}>${offset === null ? '–' : signed(offset)}</b>
      </button>
      ${end === null || planned === null
        ? nothing
        : html`<div class="fact ends">
            <small>${say.t('expectedEnd')} · ${say.t('plannedEnd', { time: clock(planned, zone) })}</small>
            <b class="figures">${clock(end, zone)}</b>
          </div>`}
    </div>`;
  }

  private renderClocks(board: Board): TemplateResult {
    const zone = board.rundown.time_zone;
    return html`<div class="clocks">
      <div class="fact">
        <small>${zone}</small>
        <b class="figures">${clock(this.nowMs, zone)}</b>
      </div>
      <div class="fact utc">
        <small>UTC</small>
        <b class="figures">${clock(this.nowMs, 'UTC')}</b>
      </div>
    </div>`;
  }

  static override styles = [
    foundation,
    keys,
    css`
      header {
        display: flex;
        align-items: center;
        gap: var(--space-5);
        height: 3.5rem;
        padding: 0 var(--space-4);
        border-bottom: 1px solid var(--hairline);
        background: var(--ink);
      }
      h1 {
        margin: 0;
        min-width: 6rem;
        flex: 0 1 auto;
        font-size: var(--text-l);
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .standing,
      .clocks {
        display: flex;
        gap: var(--space-4);
      }
      .standing {
        margin-left: auto;
      }
      .fact {
        display: flex;
        flex-direction: column;
        align-items: flex-start;
        line-height: 1.1;
        text-align: left;
        white-space: nowrap;
      }
      .fact small {
        font-size: var(--text-xs);
        color: var(--muted);
      }
      .fact b {
        font-family: var(--figures);
        font-size: 1.3rem;
        font-weight: 500;
        letter-spacing: -0.03em;
      }
      .over {
        color: var(--negative);
      }
      .under {
        color: var(--positive);
      }
      .utc b {
        color: var(--muted);
      }
      h1:has(+ .right) {
        margin-right: auto;
      }
      .right {
        display: flex;
        align-items: center;
        gap: var(--space-2);
      }
      .producers {
        display: flex;
        gap: var(--space-1);
        max-width: 14rem;
        margin: 0;
        padding: 0;
        overflow: hidden;
        list-style: none;
      }
      .producers li {
        max-width: 7rem;
        padding: 0.1rem 0.5rem;
        border: 1px solid var(--hairline);
        border-radius: var(--radius-round);
        font-size: var(--text-xs);
        color: var(--ivory-soft);
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .link {
        display: inline-flex;
        align-items: center;
        gap: 0.45em;
        padding: 0.15rem 0.6rem;
        border: 1px solid var(--hairline);
        border-radius: var(--radius-round);
        font-size: var(--text-s);
        white-space: nowrap;
      }
      .link i {
        flex: none;
        width: 0.55rem;
        height: 0.55rem;
        border-radius: var(--radius-round);
        background: var(--warning);
      }
      .link.live i {
        background: var(--positive);
      }
      .link.lost {
        background: var(--negative);
        color: var(--ink);
        font-weight: 600;
      }
      .link.lost i {
        background: var(--ink);
      }
      .small {
        min-height: 2rem;
        padding: 0 0.65rem;
      }
      @media (max-width: 1279px) {
        .utc,
        .producers,
        .ends small {
          display: none;
        }
        .ends {
          display: none;
        }
      }
      @media (max-width: 899px) {
        header {
          flex-wrap: wrap;
          height: auto;
          gap: var(--space-1) var(--space-3);
          padding: var(--space-2) var(--space-3);
        }
        h1 {
          flex: 1 1 40%;
          font-size: var(--text-m);
        }
        .right {
          order: 1;
        }
        .standing,
        .clocks {
          order: 2;
          margin: 0;
        }
        .clocks {
          margin-left: auto;
        }
        .fact b {
          font-size: 1.05rem;
        }
      }
    `,
  ];
}
