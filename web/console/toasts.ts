import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { foundation } from '../shared/theme';
import type { Say } from './board';

/** Messages on screen at once; older ones make room. */
export const MAX_TOASTS = 4;
/** Good news goes by itself; bad news stays longer and can be dismissed. */
const GOOD_MS = 2_500;
const BAD_MS = 12_000;

type Tone = 'good' | 'bad';

interface Toast {
  readonly id: number;
  readonly tone: Tone;
  readonly title: string;
  readonly text: string;
}

/** What came of a command, said aloud to screen readers too. */
@customElement('console-toasts')
export class ConsoleToasts extends LitElement {
  @property({ attribute: false }) say!: Say;
  @state() private shown: readonly Toast[] = [];
  private count = 0;
  private readonly timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(tone: Tone, title: string, text = ''): void {
    this.count += 1;
    const toast: Toast = { id: this.count, tone, title, text };
    const kept = this.shown.filter((one) => one.title !== title || one.text !== text).slice(1 - MAX_TOASTS);
    this.shown = [...kept, toast];
    const timer = setTimeout(
      () => {
        this.dismiss(toast.id);
      },
      tone === 'good' ? GOOD_MS : BAD_MS,
    );
    this.timers.set(toast.id, timer);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  private dismiss(id: number): void {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }

  private renderAll(tone: Tone): unknown {
    return repeat(
      this.shown.filter((toast) => toast.tone === tone),
      (toast) => toast.id,
      (toast) =>
        html`<div class="toast ${tone}" data-toast=${tone}>
          <p><b>${toast.title}</b>${toast.text === '' ? '' : html` <span>${toast.text}</span>`}</p>
          <button
            aria-label=${this.say.t('dismiss')}
            @click=${() => {
              this.dismiss(toast.id);
            }}
          >
            ×
          </button>
        </div>`,
    );
  }

  protected override render(): TemplateResult {
    return html`<div role="alert">${this.renderAll('bad')}</div>
      <div role="status">${this.renderAll('good')}</div>`;
  }

  static override styles = [
    foundation,
    css`
      :host {
        position: fixed;
        z-index: 10;
        left: 50%;
        bottom: var(--space-5);
        width: min(30rem, calc(100vw - 2rem));
        transform: translateX(-50%);
        pointer-events: none;
      }
      .toast {
        display: flex;
        gap: var(--space-3);
        align-items: flex-start;
        margin-top: var(--space-2);
        padding: var(--space-3) var(--space-4);
        border: 1px solid var(--hairline-strong);
        border-left: 4px solid var(--positive);
        border-radius: var(--radius);
        background: var(--ink-float);
        box-shadow: var(--shade);
        pointer-events: auto;
        animation: rise var(--quick) var(--ease);
      }
      .bad {
        border-left-color: var(--negative);
      }
      p {
        margin: 0;
        flex: 1;
        font-size: var(--text-m);
      }
      span {
        color: var(--ivory-soft);
        font-size: var(--text-s);
      }
      button {
        font-size: 1.2rem;
        line-height: 1;
        padding: 0.1rem 0.4rem;
        color: var(--muted);
      }
      @keyframes rise {
        from {
          opacity: 0;
          transform: translateY(0.5rem);
        }
      }
      @media (max-width: 899px) {
        :host {
          bottom: 10.5rem;
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .toast {
          animation: none;
        }
      }
    `,
  ];
}
