import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { Localizer, type Lang } from '../shared/i18n';
import type { Cue } from '../shared/messages';
import { foundation } from '../shared/theme';
import { companionWords } from './texts';
import { boundedTrim, FINE_STEP_MS, seenNow } from './trim';

/** A look change further off than this is not counted down to. */
const COUNTDOWN_MS = 60_000;

/** Puts the phone in step with the TV. Fires `trim-chosen` with the new trim in milliseconds as detail. */
@customElement('sync-panel')
export class SyncPanel extends LitElement {
  static override styles = [
    foundation,
    css`
      :host {
        display: block;
      }
      section {
        display: grid;
        gap: var(--space-3);
        padding: var(--space-4);
        border: 1px solid var(--hairline);
        border-radius: var(--radius);
        background: var(--ink-raised);
      }
      h2 {
        margin: 0;
        font-size: var(--text-l);
      }
      p {
        margin: 0;
        font-size: var(--text-s);
        color: var(--ivory-soft);
      }
      .seen {
        min-height: 3.5rem;
        border: 1px solid var(--champagne);
        border-radius: var(--radius);
        color: var(--champagne);
        font-size: var(--text-l);
        transition: background var(--quick) var(--ease);
      }
      .seen:active {
        background: var(--champagne);
        color: var(--ink);
      }
      .fine {
        display: grid;
        grid-template-columns: auto 1fr auto;
        align-items: center;
        gap: var(--space-3);
        text-align: center;
      }
      .fine button {
        min-width: 6.25rem;
        min-height: 2.75rem;
        border: 1px solid var(--hairline-strong);
        border-radius: var(--radius);
        font-size: var(--text-s);
      }
      .fine b {
        display: block;
        font-family: var(--figures);
        font-size: 1.25rem;
        font-weight: 500;
      }
      .fine small {
        font-size: var(--text-xs);
        color: var(--muted);
      }
      .plain {
        min-height: 2rem;
        color: var(--ivory);
        font-size: var(--text-s);
        text-decoration: underline;
        text-underline-offset: 4px;
      }
      .foot {
        display: flex;
        justify-content: space-between;
        gap: var(--space-3);
        color: var(--muted);
        font-size: var(--text-xs);
      }
    `,
  ];

  @property({ attribute: false }) cues: readonly Cue[] = [];
  @property({ attribute: false }) now: () => number = Date.now;
  @property({ type: Number }) stationMs = 0;
  @property({ type: Number }) trimMs = 0;
  /** The bound of the clock's error in milliseconds, or null while unknown. */
  @property({ attribute: false }) clockErrorMs: number | null = null;
  @property() override lang: Lang = 'en';
  @state() private result: { readonly text: string; readonly before: number | null } | null = null;

  protected override render(): TemplateResult {
    const text = new Localizer(this.lang, companionWords);
    const delay = this.stationMs + this.trimMs;
    const ahead = this.cues.find((cue) => cue.look !== null && cue.at_ms + delay > this.now());
    const wait = ahead === undefined ? null : ahead.at_ms + delay - this.now();
    return html`<section aria-labelledby="sync" lang=${text.tag} data-ahead=${ahead?.look?.id ?? nothing}>
      <h2 class="serif" id="sync">${text.t('sync')}</h2>
      <p>
        ${wait === null || wait > COUNTDOWN_MS ? text.t('seen_hint') : text.t('next_in', { seconds: Math.ceil(wait / 1000) })}
      </p>
      <button type="button" class="seen" data-action="seen" @click=${this.#seen}>${text.t('seen')}</button>
      <p class="result" role="status" data-trim=${this.trimMs}>
        ${this.result === null
          ? nothing
          : html`${this.result.text}
            ${this.result.before === null
              ? nothing
              : html`<button type="button" class="plain" data-action="take-back" @click=${this.#takeBack}>${text.t('take_back')}</button>`}`}
      </p>
      <div class="fine">
        <button type="button" data-action="earlier" aria-label=${text.t('earlier')} @click=${() => { this.#step(-FINE_STEP_MS); }}>
          − ${text.t('earlier')}
        </button>
        <span aria-label=${text.t('delay', { seconds: seconds(delay) })}>
          <b>${seconds(delay)} s</b>
          <small>${text.t('delay_parts', { station: seconds(this.stationMs), trim: signedSeconds(this.trimMs) })}</small>
        </span>
        <button type="button" data-action="later" aria-label=${text.t('later')} @click=${() => { this.#step(FINE_STEP_MS); }}>
          + ${text.t('later')}
        </button>
      </div>
      <div class="foot">
        <span class="figures">${this.clockErrorMs === null ? '' : text.t('clock', { error: Math.ceil(this.clockErrorMs) })}</span>
        ${this.trimMs === 0
          ? nothing
          : html`<button type="button" class="plain" data-action="reset" @click=${() => { this.#choose(0); }}>${text.t('reset')}</button>`}
      </div>
    </section>`;
  }

  readonly #seen = (): void => {
    const text = new Localizer(this.lang, companionWords);
    const sighting = seenNow(this.cues, this.now(), this.stationMs, this.trimMs);
    if (sighting === null) {
      this.result = { text: text.t('not_near'), before: null };
      return;
    }
    const before = this.trimMs;
    const number = sighting.cue.look?.number ?? '';
    const moved = sighting.trimMs - before;
    this.result =
      moved === 0
        ? { text: text.t('done_same', { number }), before: null }
        : { text: text.t('done', { number, seconds: signedSeconds(moved) }), before };
    this.#choose(sighting.trimMs, true);
  };

  readonly #takeBack = (): void => {
    const before = this.result?.before ?? null;
    if (before !== null) this.#choose(before);
  };

  #step(ms: number): void {
    this.#choose(boundedTrim(this.stationMs, this.trimMs + ms));
  }

  #choose(trimMs: number, keepResult = false): void {
    if (!keepResult) this.result = null;
    this.dispatchEvent(new CustomEvent<number>('trim-chosen', { detail: trimMs }));
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

function signedSeconds(ms: number): string {
  return (ms < 0 ? '−' : '+') + seconds(Math.abs(ms));
}
