import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { MAX_OFFSET_MS, type AsRunEntry, type ChannelView, type OfferView } from '../shared/messages';
import { foundation } from '../shared/theme';
import { lookNumber, verb, type Board, type Say } from './board';
import { cardErrorPlot } from './card-error-plot';
import { clock } from './format';
import { lookAt } from './schedule';
import { PressEvent } from './transport';
import { skuLabel, stockBar, stockWords } from './stock-bar';
import { filling, panel } from './styles';

/** Rows of the leader board and of the sold-out list. */
const MAX_BEST = 12;
/** One step of a channel's offset, in milliseconds. */
const TRIM_STEP_MS = 20;
/** Rows of the as-run log that are shown. */
const MAX_LOG_ROWS = 200;

/** Viewers per channel, and which look each channel's viewers see at this moment. */
@customElement('console-audience')
export class ConsoleAudience extends LitElement {
  @property({ attribute: false }) board!: Board;
  @property({ attribute: false }) say!: Say;
  @property({ attribute: false }) nowMs = 0;

  protected override render(): TemplateResult {
    const { board, say } = this;
    const { audience } = board.state;
    const total = Object.values(audience).reduce((sum, count) => sum + count, 0);
    const most = Math.max(1, ...Object.values(audience));
    return html`<section class="panel" aria-label=${say.t('audience')}>
      <header>
        <h2>${say.t('audience')}</h2>
        <span class="figures" data-counter="audience">${say.number(total)}</span>
      </header>
      <ul class="body">
        ${board.rundown.channels.map((channel) => this.renderChannel(channel, audience[channel.id] ?? 0, most))}
      </ul>
    </section>`;
  }

  private trim(channel: string, field: HTMLInputElement): void {
    if (!(field.valueAsNumber >= 0 && field.valueAsNumber <= MAX_OFFSET_MS)) {
      field.reportValidity();
      return;
    }
    this.dispatchEvent(new PressEvent('trim', null, { channel, offset_ms: Math.round(field.valueAsNumber) }));
  }

  private renderChannel(channel: ChannelView, count: number, most: number): TemplateResult {
    const { say, board } = this;
    const offset_ms = board.state.correlations?.[channel.id]?.offset_ms ?? channel.latency_ms;
    const look = lookAt(board.stays, this.nowMs - offset_ms);
    const number = lookNumber(board, look);
    const current = look === (board.state.on_air?.look ?? null);
    const sees = look === null ? say.t('channelSeesNothing') : say.t('channelSees', { number });
    const delay = say.t('delay', { seconds: say.number(Math.round(offset_ms / 100) / 10) });
    return html`<li title="${sees} · ${delay}">
      <span class="name">${say.pick(channel.names, channel.name)}</span>
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="count" width=${(count / most) * 100} height="4" />
      </svg>
      <span class="figures" aria-label=${say.t('viewers', { count: say.number(count) })}>${say.number(count)}</span>
      <span class="sees figures ${current ? 'current' : 'behind'}" aria-label=${sees}>${look === null ? '–' : number}</span>
      <input
        class="lag figures"
        type="number"
        min="0"
        max=${MAX_OFFSET_MS}
        step=${TRIM_STEP_MS}
        data-trim=${channel.id}
        aria-label=${say.t('trimLabel', { channel: say.pick(channel.names, channel.name) })}
        .value=${String(offset_ms)}
        @change=${(event: Event) => {
          this.trim(channel.id, event.target as HTMLInputElement);
        }}
      />
      ${cardErrorPlot(board.state.card_errors?.[channel.id], say)}
    </li>`;
  }

  static override styles = [
    foundation,
    panel,
    css`
      li {
        display: grid;
        grid-template-columns: 5.2rem 1fr 3rem 2.2rem 4.6rem;
        gap: var(--space-2);
        align-items: center;
        font-size: var(--text-s);
        line-height: 1.5;
      }
      .name {
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      svg {
        width: 100%;
        height: 5px;
        background: var(--hairline);
      }
      .count {
        fill: var(--champagne);
      }
      li > .figures {
        text-align: right;
      }
      .sees {
        padding: 0 0.3em;
        border-radius: var(--radius);
        background: rgb(229 72 77 / 22%);
      }
      .behind {
        background: var(--ink-float);
        color: var(--warning);
      }
      .exact {
        grid-column: 1 / -1;
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: var(--space-2);
        align-items: center;
        margin-top: -0.2rem;
        color: var(--muted);
        font-size: var(--text-xs);
        line-height: 1;
      }
      .spread {
        fill: var(--positive);
      }
      .p95 {
        fill: var(--ivory);
      }
      .bound {
        fill: var(--warning);
      }
      .alarm,
      .alarm b {
        color: var(--warning);
      }
      .alarm .spread {
        fill: var(--negative);
      }
      .lag {
        width: 100%;
        min-height: 1.6rem;
        padding: 0 0.25rem;
        border: 1px solid var(--hairline);
        background: none;
        text-align: right;
        color: var(--muted);
        font-size: var(--text-xs);
      }
    `,
  ];
}

/** Best sellers and what is gone. */
@customElement('console-stock')
export class ConsoleStock extends LitElement {
  @property({ attribute: false }) board!: Board;
  @property({ attribute: false }) say!: Say;

  protected override render(): TemplateResult {
    const { board, say } = this;
    const offers = new Map<string, { offer: OfferView; number: string; brand: string }>();
    for (const { offers: worn, number, brand } of board.rundown.entries) {
      for (const offer of worn) if (!offers.has(offer.sku)) offers.set(offer.sku, { offer, number, brand });
    }
    const rows = Object.entries(board.state.stock).map(([sku, counter]) => ({ sku, counter, of: offers.get(sku) }));
    const gone = rows.filter(({ counter }) => counter.state === 'sold_out');
    const best = rows
      .filter(({ counter }) => counter.reserved + counter.sold > 0)
      .sort((a, b) => b.counter.reserved + b.counter.sold - (a.counter.reserved + a.counter.sold))
      .slice(0, MAX_BEST);
    return html`<section class="panel" aria-label=${say.t('stock')}>
      <header>
        <h2>${say.t('bestSellers')}</h2>
        <span class="tally ${gone.length > 0 ? 'over' : 'note'}" data-counter="sold-out"
          >${say.t('soldOutCount', { count: say.number(gone.length) })}</span
        >
      </header>
      <ol class="body scroll" tabindex="0" aria-label=${say.t('bestSellers')}>
        ${best.length === 0 ? html`<li class="note">${say.t('noSales')}</li>` : nothing}
        ${best.map(
          ({ sku, counter, of }) =>
            html`<li class=${counter.state} title="${sku} · ${stockWords(say, counter)}">
              <span class="number figures">${of?.number ?? ''}</span>
              <span class="what"
                >${of === undefined ? sku : of.brand}
                <small>${of === undefined ? '' : skuLabel(of.offer, say.pick(of.offer.titles, of.offer.title))}</small></span
              >
              ${stockBar(counter)}
              <span class="figures moved">${say.number(counter.reserved + counter.sold)}</span>
              <span class="figures rest">${counter.state === 'sold_out' ? say.t('soldOut') : say.number(counter.left)}</span>
            </li>`,
        )}
      </ol>
    </section>`;
  }

  static override styles = [
    foundation,
    panel,
    filling,
    css`
      li:not(.note) {
        display: grid;
        grid-template-columns: 2rem minmax(0, 1fr) 4rem 2.4rem 3.2rem;
        gap: var(--space-2);
        align-items: center;
        font-size: var(--text-s);
        line-height: 1.65;
      }
      .tally {
        font-size: var(--text-s);
      }
      .number {
        color: var(--muted);
      }
      .what {
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      small {
        color: var(--muted);
        font-size: var(--text-xs);
      }
      .moved,
      .rest {
        text-align: right;
      }
      .rest {
        color: var(--muted);
      }
      .sold_out .rest {
        color: var(--negative);
        font-family: var(--sans);
        font-size: var(--text-xs);
      }
      .stock-bar {
        width: 100%;
        height: 5px;
        background: var(--hairline);
      }
      .stock-bar .left {
        fill: transparent;
      }
      .stock-bar .reserved {
        fill: var(--warning);
      }
      .stock-bar .sold {
        fill: var(--positive);
      }
    `,
  ];
}

/** A thumbnail is taken once its frame is packaged, and is there this much later at the latest, as a rule. */
const THUMBNAIL_AFTER_MS = 3_000;

/** The as-run record, newest first. */
@customElement('console-log')
export class ConsoleLog extends LitElement {
  @property() base = '';
  @property({ attribute: false }) board!: Board;
  @property({ attribute: false }) say!: Say;

  protected override render(): TemplateResult {
    const { board, say } = this;
    const newest = board.asRun.slice(-MAX_LOG_ROWS).reverse();
    return html`<section class="panel" aria-label=${say.t('log')}>
      <header><h2>${say.t('log')}</h2></header>
      <ol class="body scroll" tabindex="0" aria-label=${say.t('log')}>
        ${newest.length === 0 ? html`<li class="note">${say.t('logEmpty')}</li>` : nothing}
        ${newest.map((entry) => this.renderEntry(entry))}
      </ol>
    </section>`;
  }

  private renderEntry(entry: AsRunEntry): TemplateResult {
    const { board, say } = this;
    return html`<li class="${entry.command} ${entry.undone ? 'undone' : ''}">
      <time class="figures" datetime=${new Date(entry.at_ms).toISOString()}
        >${clock(entry.at_ms, board.rundown.time_zone)}</time
      >
      <span class="did">${verb(say, board, entry.command, entry.look)}</span>
      ${this.renderThumbnail(entry)}
      ${entry.undone ? html`<em>${say.t('undone')}</em>` : nothing}
      <span class="by" aria-label=${say.t('by', { who: entry.by })}>${entry.by}</span>
    </li>`;
  }

  private renderThumbnail(entry: AsRunEntry): TemplateResult | typeof nothing {
    const { board, say } = this;
    const end_ms = board.state.picture?.end_ms ?? null;
    if (entry.look === null || !entry.cue || end_ms === null || end_ms < entry.at_ms + THUMBNAIL_AFTER_MS) return nothing;
    return html`<img
      loading="lazy"
      src="${this.base}/v1/shows/${board.rundown.show}/programme/thumbs/${entry.cue}.webp"
      alt=${say.t('thumbnail', { number: lookNumber(board, entry.look) })}
      @error=${(event: Event) => {
        (event.target as HTMLImageElement).hidden = true;
      }}
    />`;
  }

  static override styles = [
    foundation,
    panel,
    filling,
    css`
      img {
        align-self: center;
        height: 1.6rem;
        border-radius: var(--radius);
      }
      li:not(.note) {
        display: flex;
        gap: var(--space-2);
        align-items: baseline;
        font-size: var(--text-s);
        line-height: 1.65;
        color: var(--ivory-soft);
      }
      time {
        color: var(--muted);
      }
      .take .did,
      .correct .did {
        color: var(--ivory);
        font-weight: 500;
      }
      .undone .did {
        text-decoration: line-through;
        color: var(--muted);
      }
      em {
        color: var(--warning);
        font-size: var(--text-xs);
      }
      .by {
        margin-left: auto;
        max-width: 7rem;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        color: var(--muted);
        font-size: var(--text-xs);
      }
    `,
  ];
}
