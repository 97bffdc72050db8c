import { html, svg, type TemplateResult } from 'lit';
import type { OfferView, SkuCounter } from '../shared/messages';
import { isLow, type Say } from './board';

/** One bar of left, reserved and sold pieces; widths are attributes, which the page's content policy allows. */
export function stockBar(counter: Pick<SkuCounter, 'initial' | 'left' | 'reserved' | 'sold'>): TemplateResult {
  const all = Math.max(1, counter.initial);
  const sold = (counter.sold / all) * 100;
  const reserved = (counter.reserved / all) * 100;
  const left = (counter.left / all) * 100;
  return html`<svg class="stock-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
    ${svg`<rect class="sold" x="0" y="0" width=${sold} height="4" /><rect class="reserved" x=${sold} y="0" width=${reserved} height="4" /><rect class="left" x=${sold + reserved} y="0" width=${left} height="4" />`}
  </svg>`;
}

/** The short name of a SKU on a look: its options (size, colour), or its title where it has none. */
export function skuLabel(offer: OfferView, title: string): string {
  const options = Object.values(offer.options).filter((value) => value !== '' && value !== 'Default Title');
  return options.length > 0 ? options.join(' ') : title;
}

/** A look's offers by product: the same title, in card order. */
export function byProduct(offers: readonly OfferView[]): readonly (readonly OfferView[])[] {
  const groups = new Map<string, OfferView[]>();
  for (const offer of offers) groups.set(offer.title, [...(groups.get(offer.title) ?? []), offer]);
  return [...groups.values()];
}

/** The class that colours a SKU's number: gone, nearly gone, or neither. */
export function level(counter: SkuCounter | undefined): 'gone' | 'low' | 'fine' {
  if (counter === undefined) return 'fine';
  if (counter.state !== 'on_sale' || counter.left === 0) return 'gone';
  return isLow(counter) ? 'low' : 'fine';
}

/** A SKU's stock in words, for screen readers and tooltips. */
export function stockWords(say: Say, counter: SkuCounter): string {
  const { left, reserved, sold } = counter;
  return `${say.number(left)} ${say.t('left')}, ${say.number(reserved)} ${say.t('reserved')}, ${say.number(sold)} ${say.t('sold')}`;
}
