import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import type { ConsoleRundown, RundownEntry } from '../shared/messages';
import { foundation } from '../shared/theme';
import type { Board, Say } from './board';
import { clock, duration, side, signed } from './format';
import { haystacks, KINDS, rowStatuses, visibleRows, type Kind, type RowStatus } from './rundown-filter';
import { tableStyles } from './rundown-styles';
import { startOffset } from './schedule';
import { byProduct, level, skuLabel } from './stock-bar';
import { keys, panel } from './styles';
import { PressEvent } from './transport';
import type { Word } from './texts';

const STATUS_WORDS: Readonly<Record<RowStatus, Word>> = {
  'on-air': 'statusOnAir',
  next: 'statusNext',
  aired: 'statusAired',
  skipped: 'statusSkipped',
  ahead: 'statusAhead',
};
const KIND_WORDS: Readonly<Record<Kind, Word>> = {
  all: 'filterAll',
  ahead: 'filterAhead',
  aired: 'filterAired',
  low: 'filterLow',
};

/** The rundown, as planned against as run. A click stands a look by; nothing here ever takes. */
@customElement('console-rundown')
export class ConsoleRundownTable extends LitElement {
  @property({ attribute: false }) board!: Board;
  @property({ attribute: false }) say!: Say;
  /** Over or under of the whole show, carried to the rows ahead; null when unknown. */
  @property({ attribute: false }) offsetMs: number | null = null;
  @property({ type: Boolean }) locked = false;
  @state() private query = '';
  @state() private kind: Kind = 'all';
  @state() private follow = true;
  @query('.rows') private rows!: HTMLElement;
  @query('input[type=search]') private searchBox!: HTMLInputElement;
  private textsOf: ConsoleRundown | null = null;
  private texts = new Map<string, string>();

  /** Puts the focus into the search box. */
  startSearch(): void {
    this.searchBox.focus();
    this.searchBox.select();
  }

  /** Clears the search and leaves it. */
  endSearch(): void {
    this.query = '';
    this.searchBox.blur();
  }

  protected override willUpdate(): void {
    if (this.textsOf !== this.board.rundown) {
      this.textsOf = this.board.rundown;
      this.texts = haystacks(this.board.rundown.entries);
    }
  }

  protected override updated(changed: PropertyValues<this>): void {
    const before = changed.get('board');
    if (changed.has('board') && before?.state.next !== this.board.state.next) this.showNext();
  }

  private showNext(): void {
    if (!this.follow || this.query !== '') return;
    const row = this.rows.querySelector<HTMLElement>('.row.on-air, .row.next');
    if (row === null || this.rows.scrollHeight <= this.rows.clientHeight) return;
    const middle = row.offsetTop - this.rows.clientHeight / 3;
    const reduced = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.rows.scrollTo({ top: middle, behavior: reduced ? 'auto' : 'smooth' });
  }

  protected override render(): TemplateResult {
    const { board, say } = this;
    const shown = visibleRows(board, this.texts, this.query, this.kind);
    return html`<section class="panel" aria-label=${say.t('rundown')}>
      ${this.renderTools(shown.length)}
      <div class="rows scroll" role="table" aria-label=${say.t('rundown')} aria-rowcount=${shown.length + 1}>
        ${this.renderHead()}
        ${shown.length === 0 ? html`<p class="note none">${say.t('noRows')}</p>` : nothing}
        ${this.renderRows(shown)}
      </div>
    </section>`;
  }

  private renderTools(shown: number): TemplateResult {
    const { board, say } = this;
    return html`<header>
      <h2>${say.t('rundown')}</h2>
      <div class="kinds" role="group">
        ${KINDS.map(
          (kind) =>
            html`<button
              class="kind"
              aria-pressed=${this.kind === kind ? 'true' : 'false'}
              @click=${() => {
                this.kind = kind;
              }}
            >
              ${say.t(KIND_WORDS[kind])}
            </button>`,
        )}
      </div>
      <label class="search">
        <span class="unseen">${say.t('search')}</span>
        <input
          type="search"
          placeholder=${say.t('filter')}
          .value=${this.query}
          @input=${(event: Event) => {
            this.query = (event.target as HTMLInputElement).value;
          }}
        />
      </label>
      <span class="note figures count" aria-live="polite"
        >${say.t('rowsOf', { shown, all: board.rundown.entries.length })}</span
      >
      <label class="follow" title=${say.t('followLabel')}>
        <input
          type="checkbox"
          .checked=${this.follow}
          @change=${(event: Event) => {
            this.follow = (event.target as HTMLInputElement).checked;
            this.showNext();
          }}
        />${say.t('follow')}
      </label>
    </header>`;
  }

  private renderHead(): TemplateResult {
    const { say } = this;
    const columns: Word[] = ['colCue', 'colLook', 'colBrand', 'colPlanned', 'colActual', 'colDelta', 'colStock', 'colNotes'];
    return html`<div class="row head" role="row">
      ${columns.map((column) => html`<span role="columnheader">${say.t(column)}</span>`)}
    </div>`;
  }

  private renderRows(shown: readonly RundownEntry[]): unknown {
    const { board, say } = this;
    const statuses = rowStatuses(board);
    const carried = this.offsetMs === null ? null : Math.round(this.offsetMs / 1000);
    return repeat(
      shown,
      (entry) => entry.look,
      (entry) => {
        const status = statuses.get(entry.look) ?? 'ahead';
        const stay = board.latest.get(entry.look);
        const stock = entry.offers.map((offer) => board.state.stock[offer.sku]?.left ?? -1).join(' ');
        const forecast = status === 'ahead' || status === 'next' ? carried : null;
        const seen = [entry, say, status, stay?.startMs, stay?.endMs, stock, forecast, board.zeroMs, this.locked];
        return guard(seen, () => this.renderRow(entry, status));
      },
    );
  }

  private renderRow(entry: RundownEntry, status: RowStatus): TemplateResult {
    const { say, board } = this;
    const title = say.pick(entry.titles, entry.title);
    const standBy = (): void => {
      if (!this.locked && board.state.next !== entry.look) this.dispatchEvent(new PressEvent('jump', entry.look));
    };
    return html`<div class="row ${status}" role="row" data-row=${entry.look} @click=${standBy}>
      <span role="cell" class="cue">
        <button
          class="figures"
          aria-label=${say.t('standBy', { number: entry.number, cue: entry.cue })}
          aria-disabled=${this.locked ? 'true' : 'false'}
        >
          ${entry.cue}
        </button>
        <i class="status">${say.t(STATUS_WORDS[status])}</i>
      </span>
      <span role="cell" class="number figures">${entry.number}</span>
      <span role="cell" class="brand"><b>${entry.brand}</b><small title=${title}>${title}</small></span>
      ${this.renderTimes(entry, status)}
      <span role="cell" class="stock"
        >${byProduct(entry.offers).map(
          (offers) =>
            html`<span class="group">${offers.map((offer) => this.renderStock(offer.sku, skuLabel(offer, '')))}</span>`,
        )}</span
      >
      <span role="cell" class="notes" title=${entry.notes}>${entry.notes}</span>
    </div>`;
  }

  private renderTimes(entry: RundownEntry, status: RowStatus): TemplateResult {
    const { board, say } = this;
    const zone = board.rundown.time_zone;
    const stay = board.latest.get(entry.look);
    const planned = entry.planned_start_ms === null ? null : board.zeroMs + entry.planned_start_ms;
    const delta = startOffset(entry, stay, board.zeroMs);
    const ahead = status === 'ahead' || status === 'next';
    const ran = status === 'aired' || status === 'on-air';
    const forecast = ahead && planned !== null && this.offsetMs !== null ? planned + this.offsetMs : null;
    return html`<span role="cell" class="times figures"
        >${planned === null ? '' : clock(planned, zone)}<small
          >${entry.planned_duration_ms === null ? '' : duration(entry.planned_duration_ms)}</small
        ></span
      >
      <span role="cell" class="times figures"
        >${stay !== undefined && ran
          ? html`${clock(stay.startMs, zone)}<small>${stay.endMs === null ? '' : duration(stay.endMs - stay.startMs)}</small>`
          : forecast === null
            ? ''
            : html`<em title=${say.t('forecast')}>${clock(forecast, zone)}</em>`}</span
      >
      <span role="cell" class="delta figures ${side(ran ? delta : null)}"
        >${delta === null || !ran ? '' : signed(delta)}</span
      >`;
  }

  private renderStock(sku: string, label: string): TemplateResult {
    const counter = this.board.state.stock[sku];
    const share = counter === undefined || counter.initial === 0 ? 0 : (counter.left / counter.initial) * 14;
    return html`<span class="mini ${level(counter)}" title=${sku}>
      <svg viewBox="0 0 3 14" aria-hidden="true"><rect class="all" width="3" height="14" /><rect class="is" y=${14 - share} width="3" height=${share} /></svg>
      <small>${label}</small><b class="figures" data-stock-sku=${sku}>${counter?.left ?? ''}</b>
    </span>`;
  }

  static override styles = [foundation, panel, keys, tableStyles];
}
