import { css, html, LitElement, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import { element } from './define';
import type { ConnectionState } from './feed';
import { Localizer, type Lang } from './i18n';
import { foundation } from './theme';
import { words, type Word } from './words';

/** Close code of a page whose origin the channel does not list. */
const ORIGIN_REFUSED = 4503;

/** How the page is connected, in a word and a dot. Carries `data-connection` with the state's kind. */
@element('connection-state')
export class ConnectionChip extends LitElement {
  static override styles = [
    foundation,
    css`
      :host {
        display: inline-flex;
        align-items: center;
        gap: 0.5rem;
        font-size: var(--text-xs);
        letter-spacing: 0.12em;
        text-transform: uppercase;
        color: var(--ivory-soft);
        white-space: nowrap;
      }
      i {
        width: 7px;
        height: 7px;
        border-radius: 50%;
        background: var(--muted);
      }
      :host([data-connection='live']) i {
        background: var(--live);
        animation: breathe 2.4s ease-in-out infinite;
      }
      :host([data-connection='waiting']) i,
      :host([data-connection='connecting']) i {
        background: var(--warning);
      }
      :host([data-connection='offline']) i,
      :host([data-connection='final']) i {
        background: var(--negative);
      }
      @keyframes breathe {
        50% {
          opacity: 0.4;
        }
      }
      @media (prefers-reduced-motion: reduce) {
        i {
          animation: none !important;
        }
      }
    `,
  ];

  @property({ attribute: false }) state: ConnectionState = { kind: 'idle' };
  @property() override lang: Lang = 'en';

  protected override willUpdate(): void {
    this.dataset['connection'] = this.state.kind;
  }

  protected override render(): TemplateResult {
    const text = new Localizer(this.lang, words);
    return html`<i aria-hidden="true"></i><span role="status">${text.t(word(this.state))}</span>`;
  }
}

function word(state: ConnectionState): Word {
  switch (state.kind) {
    case 'idle':
    case 'connecting':
      return 'connecting';
    case 'live':
      return state.transport === 'sse' ? 'sse' : 'live';
    case 'waiting':
      return 'reconnecting';
    case 'offline':
      return 'offline';
    case 'final':
      return state.code === ORIGIN_REFUSED ? 'origin_refused' : 'final';
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'connection-state': ConnectionChip;
  }
}
