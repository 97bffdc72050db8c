import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { OfferView, RundownEntry } from '../shared/messages';
import { foundation } from '../shared/theme';
import { lookNumber, totalStock, type Board, type Say } from './board';
import { duration, signed } from './format';
import { paneStyles } from './pane-styles';
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
        <p class="price figures"><span>${this.prices(entry)}</span>${onAir ? this.renderTotals(entry) : nothing}</p>
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

  static override styles = [foundation, panel, paneStyles];
}
