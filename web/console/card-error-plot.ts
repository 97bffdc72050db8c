import { html, nothing, type TemplateResult } from 'lit';
import type { CardErrorView } from '../shared/messages';
import type { Say } from './board';

const WIDTH = 100;
/** The bound of the alarm stands here on the line, so that there is room to see by how much it is passed. */
const BOUND_AT = 60;

/** How exact a channel's cards are: a line from its median to its 99th percentile, a mark at the 95th, and the alarm's bound. */
export function cardErrorPlot(view: CardErrorView | undefined, say: Say): TemplateResult | typeof nothing {
  if (view === undefined) return nothing;
  const x = (size_ms: number): number => Math.min(WIDTH, (size_ms / view.alarm_ms) * BOUND_AT);
  const words = say.t('cardError', {
    p50: say.number(view.p50_ms),
    p95: say.number(view.p95_ms),
    p99: say.number(view.p99_ms),
    count: say.number(view.reports),
    early: say.number(view.early),
  });
  return html`<div class="exact ${view.alarm ? 'alarm' : ''}" data-card-error=${view.p95_ms} title=${words}>
    <svg viewBox="0 0 ${WIDTH} 6" preserveAspectRatio="none" role="img" aria-label=${words}>
      <rect class="spread" x=${x(view.p50_ms)} y="2" width=${Math.max(1, x(view.p99_ms) - x(view.p50_ms))} height="2" />
      <rect class="p95" x=${Math.max(0, x(view.p95_ms) - 0.75)} width="1.5" height="6" />
      <rect class="bound" x=${BOUND_AT} width="0.6" height="6" />
    </svg>
    <span class="figures">${view.alarm ? html`<b role="alert">${say.t('cardErrorAlarm')}</b> ` : nothing}p95 ${say.number(view.p95_ms)} ms</span>
  </div>`;
}
