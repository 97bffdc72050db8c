import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { OfferView, RundownEntry } from '../shared/messages';
import { foundation } from '../shared/theme';
import { lookNumber, totalStock, type Board, type Say } from './board';
import { duration, signed } from './format';
import { phase } from './schedule';
import { byProduct, level, skuLabel, stockBar, stockWords } from './stock-bar';
import { panel } from './styles';

/** ON AIR or NEXT: the look, large, with its time and its pieces. */
@customElement('console-pane')
export class ConsolePane extends LitElement {
  @property({ attribute: false }) board!: Board;
  @property({ attribute: false }) say!: Say;
  @property({ attribute: false }) nowMs = 0;
  @property() kind: 'on-air' | 'next' = 'on-air';
  @state() private brokenPicture = '';

  protected override render(): TemplateResult {
    const { board, say, kind } = this;
    const onAir = kind === 'on-air';
    const look = onAir ? (board.state.on_air?.look ?? null) : board.state.next;
    const entry = look === null ? undefined : board.entries.get(look);
    return html`<section
      class="panel ${kind} ${look === null ? 'empty' : ''}"
      aria-label=${say.t(onAir ? 'onAir' : 'next')}
      data-on-air=${onAir ? (look ?? '') : nothing}
      data-next=${onAir ? nothing : (look ?? '')}
    >
      <header>
        <h2><span class="lamp"></span>${say.t(onAir ? 'onAir' : 'next')}</h2>
        ${entry === undefined ? nothing : html`<span class="note figures">${say.t('cue')} ${entry.cue}</span>`}
      </header>
      ${entry === undefined
        ? html`<p class="nobody serif">${look ?? say.t(onAir ? 'nothingOnAir' : 'nothingNext')}</p>`
        : this.renderLook(entry, onAir)}
      ${onAir ? this.renderArmed() : nothing}
    </section>`;
  }

  private renderLook(entry: RundownEntry, onAir: boolean): TemplateResult {
    const { say } = this;
    const title = say.pick(entry.titles, entry.title);
    return html`<div class="look">
      ${this.renderPicture(entry)}
      <div class="what">
        <p class="number figures" aria-label=${say.t('look', { number: entry.number })}>${entry.number}</p>
        <p class="brand serif">${entry.brand}</p>
        <p class="title" title=${title}>${title}</p>
        <p class="price figures">${this.prices(entry)}</p>
        ${onAir ? this.renderElapsed(entry) : this.renderPlan(entry)}
      </div>
      <ul class="skus">
        ${this.renderProducts(entry)}
      </ul>
    </div>`;
  }

  private prices(entry: RundownEntry): string {
    const amounts = entry.offers.map((offer) => offer.price).sort((a, b) => a.value - b.value);
    const [least, most] = [amounts[0], amounts.at(-1)];
    if (least === undefined || most === undefined) return '';
    return least.value === most.value ? this.say.money(least) : `${this.say.money(least)} – ${this.say.money(most)}`;
  }

  private renderPicture(entry: RundownEntry): TemplateResult {
    const image = entry.offers.find((offer) => offer.image !== null)?.image ?? null;
    if (image === null || image === this.brokenPicture) {
      return html`<div class="picture monogram serif" aria-hidden="true">${entry.brand.slice(0, 1)}</div>`;
    }
    return html`<img
      class="picture"
      src=${image}
      alt=""
      @error=${() => {
        this.brokenPicture = image;
      }}
    />`;
  }

  private renderElapsed(entry: RundownEntry): TemplateResult {
    const { board, say, nowMs } = this;
    const elapsed = Math.max(0, nowMs - (board.state.on_air?.at_ms ?? nowMs));
    const planned = entry.planned_duration_ms;
    const where = phase(planned, elapsed);
    return html`<p class="time figures ${where}">
      <span class="big">${duration(elapsed)}</span>
      <span class="note"
        >${planned === null
          ? say.t('elapsed')
          : where === 'over'
            ? html`<b>${signed(elapsed - planned)}</b> ${say.t('overtime')}`
            : html`${duration(planned - elapsed)} ${say.t('remaining')}`}</span
      >
      ${this.renderTotals(entry)}
    </p>`;
  }

  private renderPlan(entry: RundownEntry): TemplateResult {
    const { say } = this;
    return html`<p class="time figures">
      ${entry.planned_duration_ms === null
        ? nothing
        : html`<span class="big">${duration(entry.planned_duration_ms)}</span> <span class="note">${say.t('planned')}</span>`}
    </p>`;
  }

  private renderProducts(entry: RundownEntry): TemplateResult[] {
    const { say } = this;
    const groups = byProduct(entry.offers);
    return groups.map((offers) => {
      const title = offers[0] === undefined ? '' : say.pick(offers[0].titles, offers[0].title);
      return html`${groups.length > 1 ? html`<li class="product">${title}</li>` : nothing}
      ${offers.map((offer) => this.renderSku(offer, title))}`;
    });
  }

  private renderSku(offer: OfferView, title: string): TemplateResult {
    const { board, say } = this;
    const counter = board.state.stock[offer.sku];
    const words = counter === undefined ? '' : stockWords(say, counter);
    return html`<li class=${level(counter)} title="${title} · ${offer.sku} · ${say.money(offer.price)} · ${words}">
      <span class="sku">${skuLabel(offer, title)}</span>
      <span class="left figures" data-stock-sku=${offer.sku}>${counter?.left ?? ''}</span>
      ${counter === undefined ? nothing : html`${stockBar(counter)}<span class="unseen">${words}</span>`}
    </li>`;
  }

  /** Pieces of the whole look that are held and sold. */
  private renderTotals(entry: RundownEntry): TemplateResult {
    const { board, say } = this;
    const counters = entry.offers.flatMap((offer) => board.state.stock[offer.sku] ?? []);
    const { reserved, sold } = totalStock(counters);
    return html`<span class="totals"
      ><i class="reserved">${say.number(reserved)}</i> ${say.t('reserved')} <i class="sold">${say.number(sold)}</i> ${say.t('sold')}</span
    >`;
  }

  private renderArmed(): TemplateResult | typeof nothing {
    const { board, say, nowMs } = this;
    const armed = board.state.armed.filter((one) => one.at_ms > nowMs);
    if (armed.length === 0) return nothing;
    return html`<ul class="armed">
      ${armed.map(
        (one) =>
          html`<li>
            ${say.t('armedIn', { number: lookNumber(board, one.look), time: duration(one.at_ms - nowMs) })}
          </li>`,
      )}
    </ul>`;
  }

  static override styles = [
    foundation,
    panel,
    css`
      :host {
        height: 100%;
      }
      .panel {
        --accent: var(--positive);
        border-top: 3px solid var(--accent);
      }
      .panel.on-air {
        --accent: var(--live);
      }
      .panel.empty {
        --accent: var(--hairline-strong);
      }
      .panel > header h2 {
        display: flex;
        align-items: center;
        gap: var(--space-2);
        color: var(--ivory);
      }
      .lamp {
        width: 0.6rem;
        height: 0.6rem;
        border-radius: var(--radius-round);
        background: var(--accent);
      }
      .nobody {
        flex: 1;
        display: grid;
        place-content: center;
        margin: 0;
        min-height: 6rem;
        font-size: var(--text-l);
        color: var(--muted);
      }
      .look {
        flex: 1;
        min-height: 0;
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        grid-template-rows: minmax(0, 1fr) auto;
        gap: 0 var(--space-3);
        padding: var(--space-3);
      }
      .picture {
        width: 6rem;
        height: 8rem;
        object-fit: cover;
        object-position: 50% 20%;
        background: var(--ink-float);
      }
      .monogram {
        display: grid;
        place-content: center;
        font-size: 3rem;
        color: var(--champagne);
        border: 1px solid var(--hairline);
      }
      .what {
        min-width: 0;
        display: flex;
        flex-direction: column;
      }
      .what p {
        margin: 0;
      }
      .number {
        font-size: 3rem;
        line-height: 0.95;
        font-weight: 600;
        letter-spacing: -0.03em;
      }
      .brand {
        margin-top: var(--space-1) !important;
        font-size: var(--text-l);
        line-height: 1.2;
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .title {
        font-size: var(--text-s);
        color: var(--ivory-soft);
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .price {
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
        font-size: var(--text-s);
        color: var(--champagne);
      }
      .time {
        margin-top: auto !important;
        display: flex;
        align-items: baseline;
        gap: var(--space-2);
      }
      .time .big {
        font-size: 1.6rem;
        line-height: 1.1;
        letter-spacing: -0.02em;
      }
      .time.warning .big {
        color: var(--warning);
      }
      .time.over .big,
      .time.over b {
        color: var(--negative);
      }
      .totals {
        margin-left: auto;
        font-family: var(--sans);
        font-size: var(--text-s);
        color: var(--muted);
        white-space: nowrap;
      }
      .totals i {
        font-style: normal;
        font-family: var(--figures);
      }
      .skus {
        grid-column: 1 / -1;
        display: grid;
        grid-template-columns: repeat(4, minmax(0, 1fr));
        align-content: start;
        gap: 0.15rem var(--space-3);
        margin-top: var(--space-2);
        height: 5.6rem;
        overflow-y: auto;
        scrollbar-width: thin;
        scrollbar-color: var(--hairline-strong) transparent;
      }
      .skus li {
        position: relative;
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        font-size: var(--text-s);
        line-height: 1.35;
      }
      .skus .product {
        grid-column: 1 / -1;
        display: block;
        font-size: var(--text-xs);
        color: var(--muted);
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .sku {
        color: var(--ivory-soft);
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .left {
        text-align: right;
        font-weight: 600;
      }
      .low .left {
        color: var(--warning);
      }
      .gone .left,
      .gone .sku {
        color: var(--negative);
      }
      .stock-bar {
        grid-column: 1 / -1;
        width: 100%;
        height: 4px;
        background: var(--hairline);
      }
      .stock-bar .left {
        fill: var(--ivory-soft);
      }
      .stock-bar .reserved {
        fill: var(--warning);
      }
      .stock-bar .sold {
        fill: var(--positive);
      }
      i.reserved {
        color: var(--warning);
      }
      i.sold {
        color: var(--positive);
      }
      .armed {
        border-top: 1px solid var(--hairline);
        padding: var(--space-2) var(--space-3);
        color: var(--warning);
        font-size: var(--text-s);
      }
      @media (min-width: 900px) and (max-width: 1279px) {
        .totals {
          display: none;
        }
        .picture {
          width: 4.5rem;
          height: 6rem;
        }
      }
      @media (max-width: 899px) {
        .panel > header {
          padding: var(--space-1) var(--space-3);
        }
        .look {
          padding: var(--space-2) var(--space-3);
        }
        .picture {
          width: 4.75rem;
          height: 6rem;
        }
        .number {
          font-size: 2rem;
        }
        .brand {
          margin-top: 0 !important;
        }
        .time .big {
          font-size: 1.3rem;
        }
        .skus {
          margin-top: var(--space-2);
          height: auto;
        }
        .next .skus,
        .next .price {
          display: none;
        }
        .next .picture {
          height: 4.75rem;
        }
      }
    `,
  ];
}
