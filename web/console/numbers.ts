import { css, html, LitElement, nothing, svg, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { OrderCounters } from '../shared/messages';
import { foundation } from '../shared/theme';
import type { Board, Say } from './board';
import { SERIES_SECONDS, type RatePoint } from './rates';
import { panel } from './styles';
import type { Word } from './texts';

const HEIGHT = 40;
const COUNTERS: readonly (readonly [keyof OrderCounters, Word])[] = [
  ['placed', 'placed'],
  ['reserved', 'held'],
  ['paid', 'paid'],
  ['released', 'released'],
  ['refused', 'refused'],
];

/** Order counters, money, and orders per second with the takes marked. */
@customElement('console-numbers')
export class ConsoleNumbers extends LitElement {
  @property({ attribute: false }) board!: Board;
  @property({ attribute: false }) say!: Say;
  @property({ attribute: false }) points: readonly RatePoint[] = [];

  protected override render(): TemplateResult {
    const { board, say } = this;
    const { orders } = board.state;
    const { currency } = board.rundown;
    return html`<section class="panel" aria-label=${say.t('orders')}>
      <header><h2>${say.t('orders')}</h2></header>
      <div class="body">
        <dl class="counters">
          ${COUNTERS.map(
            ([name, word]) =>
              html`<div class=${name}>
                <dt>${say.t(word)}</dt>
                <dd class="figures" data-counter=${name} data-value=${orders[name]}>${say.number(orders[name])}</dd>
              </div>`,
          )}
        </dl>
        <dl class="money">
          <div>
            <dt>${say.t('revenue')}</dt>
            <dd class="figures" data-counter="revenue">${say.money({ value: orders.paid_value, currency })}</dd>
          </div>
          <div>
            <dt>${say.t('heldValue')}</dt>
            <dd class="figures soft">${say.money({ value: orders.reserved_value, currency })}</dd>
          </div>
        </dl>
        ${this.renderRate()}
      </div>
    </section>`;
  }

  private renderRate(): TemplateResult {
    const { say, points, board } = this;
    const peak = Math.max(0, ...points.map((point) => point.perSecond));
    const now = points.at(-1)?.perSecond ?? 0;
    const scale = Math.max(1, peak);
    const first = points[0]?.second ?? 0;
    const line = points
      .map((point, index) => `${String(index)},${(HEIGHT - (point.perSecond / scale) * (HEIGHT - 2)).toFixed(2)}`)
      .join(' ');
    const takes = board.stays.map((stay) => stay.startMs / 1000 - first).filter((x) => x >= 0 && x <= SERIES_SECONDS);
    const rounded = (value: number): string => say.number(Math.round(value * 10) / 10);
    return html`<figure>
      <figcaption>
        <span>${say.t('perSecond')}</span>
        <b class="figures" data-counter="per-second">${rounded(now)}</b>
        <span class="figures note">${say.t('peak', { count: rounded(peak) })}</span>
      </figcaption>
      <svg
        class="rate"
        viewBox="0 0 ${SERIES_SECONDS - 1} ${HEIGHT}"
        preserveAspectRatio="none"
        role="img"
        aria-label=${say.t('perSecondLabel', { now: rounded(now), peak: rounded(peak) })}
      >
        ${takes.map((x) => svg`<line class="take" x1=${x} x2=${x} y1="0" y2=${HEIGHT} />`)}
        ${points.length === 0
          ? nothing
          : svg`<polygon class="area" points="0,${HEIGHT} ${line} ${SERIES_SECONDS - 1},${HEIGHT}" /><polyline class="line" points=${line} />`}
      </svg>
    </figure>`;
  }

  static override styles = [
    foundation,
    panel,
    css`
      dl,
      dd,
      figure {
        margin: 0;
      }
      dt {
        font-size: var(--text-xs);
        color: var(--muted);
        white-space: nowrap;
      }
      .counters {
        display: grid;
        grid-template-columns: repeat(5, minmax(0, 1fr));
        gap: var(--space-2);
      }
      .counters dd {
        font-size: 1.15rem;
        line-height: 1.2;
        letter-spacing: -0.03em;
      }
      .reserved dd {
        color: var(--warning);
      }
      .paid dd {
        color: var(--positive);
      }
      .refused dd {
        color: var(--negative);
      }
      .money {
        display: flex;
        justify-content: space-between;
        gap: var(--space-3);
        margin-top: var(--space-2);
        padding-top: var(--space-2);
        border-top: 1px solid var(--hairline);
      }
      .money dd {
        font-size: 1.15rem;
      }
      .money div:last-child {
        text-align: right;
      }
      .soft {
        color: var(--ivory-soft);
      }
      figcaption {
        display: flex;
        align-items: baseline;
        gap: var(--space-2);
        margin: var(--space-2) 0 var(--space-1);
        font-size: var(--text-xs);
        color: var(--muted);
      }
      figcaption span:first-child {
        margin-right: auto;
      }
      figcaption b {
        color: var(--ivory);
        font-size: var(--text-m);
      }
      .rate {
        display: block;
        width: 100%;
        height: 3.4rem;
        border-bottom: 1px solid var(--hairline-strong);
        overflow: visible;
      }
      .line {
        fill: none;
        stroke: var(--champagne);
        stroke-width: 1.5;
        vector-effect: non-scaling-stroke;
        stroke-linejoin: round;
      }
      .area {
        fill: rgb(220 191 148 / 16%);
      }
      .take {
        stroke: var(--live);
        stroke-width: 1;
        opacity: 0.7;
        vector-effect: non-scaling-stroke;
      }
    `,
  ];
}
