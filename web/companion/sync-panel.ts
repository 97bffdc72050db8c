import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { Localizer, type Lang } from '../shared/i18n';
import type { Cue } from '../shared/messages';
import { foundation } from '../shared/theme';
import { companionWords, type CompanionWord } from './texts';
import { boundedTrim, FINE_STEP_MS, readTap, type Reading, type Sighting } from './trim';

/** A look change further off than this is not counted down to. */
const COUNTDOWN_MS = 60_000;

/** What a tap did: what it can have been about, which of that it was taken for, and the trim before it. */
interface Step {
  readonly reading: Reading;
  readonly chosen: Sighting;
  readonly beforeMs: number;
}

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
      .result:empty {
        display: none;
      }
      .others {
        display: grid;
        gap: var(--space-2);
        margin: 0;
        padding: 0;
        border: 0;
        min-width: 0;
      }
      .others legend {
        padding: 0 0 var(--space-2);
        font-size: var(--text-s);
        color: var(--muted);
      }
      .others div {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-2);
      }
      .others button {
        min-height: 2.75rem;
        padding: 0 var(--space-3);
        border: 1px solid var(--hairline-strong);
        border-radius: var(--radius);
        font-size: var(--text-s);
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
  @state() private step: Step | null = null;
  /** A tap when there was nothing it could be about. */
  @state() private inVain = false;

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
      <p class="result" role="status" data-trim=${this.trimMs}>${this.#told(text)}</p>
      ${this.step === null ? nothing : this.#renderStep(this.step, text)}
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

  /** What was assumed, in words. */
  #told(text: Localizer<CompanionWord>): string {
    if (this.step === null) return this.inVain ? text.t('not_near') : '';
    const { chosen, beforeMs } = this.step;
    const number = chosen.cue.look?.number ?? '';
    const movedMs = this.#trimFor(chosen) - beforeMs;
    if (movedMs === 0) return text.t('done_same', { number });
    return text.t('done', { number, delay: seconds(this.stationMs + this.trimMs), moved: signedSeconds(movedMs) });
  }

  #renderStep({ reading, chosen, beforeMs }: Step, text: Localizer<CompanionWord>): TemplateResult {
    const others = [reading.taken, ...reading.others].filter((sighting) => sighting !== chosen);
    return html`${others.length === 0
        ? nothing
        : html`<fieldset class="others">
            <legend>${text.t('was_other')}</legend>
            <div>
              ${others.map(
                (sighting) =>
                  html`<button
                    type="button"
                    data-action="other"
                    data-look-seen=${sighting.cue.look?.id ?? nothing}
                    @click=${() => {
                      this.#take({ reading, chosen: sighting, beforeMs });
                    }}
                  >
                    ${lookName(sighting, text)}
                  </button>`,
              )}
            </div>
          </fieldset>`}
      ${this.trimMs === beforeMs
        ? nothing
        : html`<button type="button" class="plain" data-action="take-back" @click=${this.#takeBack}>${text.t('take_back')}</button>`}`;
  }

  readonly #seen = (): void => {
    const reading = readTap(this.cues, this.now(), this.stationMs + this.trimMs);
    if (reading === null) {
      this.step = null;
      this.inVain = true;
    } else {
      this.#take({ reading, chosen: reading.taken, beforeMs: this.trimMs });
    }
  };

  #take(step: Step): void {
    this.#choose(this.#trimFor(step.chosen));
    this.step = step;
    // The button that was pressed is gone: whoever is at a keyboard goes on from here.
    void this.updateComplete.then(() => {
      if (this.shadowRoot?.activeElement === null) this.renderRoot.querySelector<HTMLElement>('[data-action="seen"]')?.focus();
    });
  }

  #trimFor(sighting: Sighting): number {
    return boundedTrim(this.stationMs, sighting.delayMs - this.stationMs);
  }

  readonly #takeBack = (): void => {
    if (this.step !== null) this.#choose(this.step.beforeMs);
    this.renderRoot.querySelector<HTMLElement>('[data-action="seen"]')?.focus();
  };

  #step(ms: number): void {
    this.#choose(boundedTrim(this.stationMs, this.trimMs + ms));
  }

  #choose(trimMs: number): void {
    this.step = null;
    this.inVain = false;
    this.dispatchEvent(new CustomEvent<number>('trim-chosen', { detail: trimMs }));
  }
}

function lookName({ cue }: Sighting, text: Localizer<CompanionWord>): string {
  return cue.look === null ? '' : text.t('look_named', { number: cue.look.number, title: text.pick(cue.look.titles, cue.look.title) });
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

function signedSeconds(ms: number): string {
  return (ms < 0 ? '−' : '+') + seconds(Math.abs(ms));
}
