import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { PictureEventView } from '../shared/messages';
import { foundation } from '../shared/theme';
import type { Board, Say } from './board';
import { clock } from './format';
import { panel } from './styles';
import { isWord, type Word } from './texts';

/** Events that are shown, newest first. */
const MAX_EVENTS = 3;

/** How a live picture is: its source, what is wrong with it now, its bit rate, and what happened last. */
@customElement('console-picture')
export class ConsolePicture extends LitElement {
  @property({ attribute: false }) board!: Board;
  @property({ attribute: false }) say!: Say;

  protected override willUpdate(): void {
    this.hidden = (this.board.state.picture ?? null) === null;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { say } = this;
    const picture = this.board.state.picture ?? null;
    if (picture === null) return nothing;
    const there = picture.end_ms !== null;
    const bad = picture.wrong.length > 0 || !there;
    const state = picture.wrong.map((name) => this.named(name)).join(' · ') || say.t(there ? 'pictureFine' : 'pictureWaiting');
    const rate = picture.bits_per_second;
    return html`<section class="panel" aria-label=${say.t('picture')}>
      <header>
        <h2>${say.t('picture')}</h2>
        <span class="state ${bad ? 'bad' : ''}" role="status" data-picture=${picture.wrong[0] ?? (there ? 'good' : 'waiting')}>${state}</span>
      </header>
      <p class="figures">
        <span>${picture.source}</span>
        ${rate === null ? nothing : html`<span>${say.t('pictureRate', { rate: say.number(Math.round(rate / 10_000) / 100) })}</span>`}
        ${picture.error_ms === null ? nothing : html`<span>${say.t('pictureExact', { ms: say.number(picture.error_ms) })}</span>`}
      </p>
      <ol class="body">
        ${picture.events.slice(-MAX_EVENTS).reverse().map((event) => this.renderEvent(event))}
      </ol>
    </section>`;
  }

  private renderEvent(event: PictureEventView): TemplateResult {
    return html`<li class=${event.severity} title=${event.detail}>
      <time class="figures" datetime=${new Date(event.at_ms).toISOString()}>${clock(event.at_ms, this.board.rundown.time_zone)}</time>
      <span>${this.named(event.name)}</span>
    </li>`;
  }

  /** An event this page has no word for is shown by its name. */
  private named(name: string): string {
    const word = `picture_${name}`;
    return isWord(word) ? this.say.t(word satisfies Word) : name;
  }

  static override styles = [
    foundation,
    panel,
    css`
      p {
        display: flex;
        flex-wrap: wrap;
        gap: 0 var(--space-3);
        margin: 0;
        padding: 0 var(--space-3);
        color: var(--muted);
        font-size: var(--text-xs);
      }
      .state {
        font-size: var(--text-s);
      }
      .bad,
      .error,
      .warning {
        color: var(--warning);
      }
      li {
        display: flex;
        gap: var(--space-2);
        font-size: var(--text-xs);
      }
    `,
  ];
}
