import type { LookView, Money, OfferState, OfferView, StockLevel } from './messages';
import { sizeKind, type SizeKind, type WornSizes } from './sizes';

/** From this many pieces on down, the card says how many are left. */
export const LOW_STOCK = 5;

/** A size of a product as it can be bought now. */
export interface SizeChoice {
  readonly offer: OfferView;
  /** What tells it from its neighbours, e.g. `M` or `M · Black`; empty where the product has no options. */
  readonly label: string;
  /** Its value on the product's scale of sizes; null where it has none. */
  readonly size: string | null;
  /** One piece, at this viewer's own playhead. */
  readonly price: Money;
  readonly state: OfferState;
  /** Pieces left where they are few, otherwise null. */
  readonly low: number | null;
}

/** The offers of one product: the same title. */
export interface Product {
  readonly title: string;
  readonly titles: Readonly<Record<string, string>>;
  readonly sizes: readonly [SizeChoice, ...SizeChoice[]];
  /** The scale its sizes are of, where that can be told. */
  readonly kind: SizeKind | null;
  readonly state: OfferState;
}

type Stock = (sku: string) => StockLevel | null;

/** The price of one piece at a programme time: one for a time where it has one, otherwise the usual. */
export function priceAt(offer: OfferView, programme_ms: number | null): Money {
  if (programme_ms === null) return offer.price;
  return offer.prices?.find((timed) => timed.from_ms <= programme_ms && programme_ms < timed.until_ms)?.price ?? offer.price;
}

/** Groups a look's offers into products, in card order, each size with the newest stock heard and the price at this playhead. */
export function products(look: LookView, stock: Stock, programme_ms: number | null): readonly Product[] {
  const groups = new Map<string, [SizeChoice, ...SizeChoice[]]>();
  for (const offer of look.offers) {
    const level = stock(offer.sku);
    const state = level?.state ?? offer.state;
    const choice: SizeChoice = {
      offer,
      label: Object.values(offer.options).join(' · '),
      size: null,
      price: priceAt(offer, programme_ms),
      state,
      low: state === 'on_sale' && level !== null && level.left <= LOW_STOCK ? level.left : null,
    };
    const group = groups.get(offer.title);
    if (group === undefined) groups.set(offer.title, [choice]);
    else group.push(choice);
  }
  return [...groups.values()].map((sizes) => {
    const scale = scaleOf(sizes);
    const [first, ...others] = sizes;
    const sized = (size: SizeChoice): SizeChoice => (scale === null ? size : { ...size, size: size.offer.options[scale.option] ?? null });
    return {
      title: first.offer.title,
      titles: first.offer.titles,
      sizes: [sized(first), ...others.map(sized)],
      kind: scale?.kind ?? null,
      state: together(sizes.map((size) => size.state)),
    };
  });
}

/** Which option of a product is its size, and on which scale. */
function scaleOf(sizes: readonly SizeChoice[]): { readonly option: string; readonly kind: SizeKind } | null {
  for (const option of Object.keys(sizes[0]?.offer.options ?? {})) {
    const kind = sizeKind(sizes.map((size) => size.offer.options[option] ?? ''));
    if (kind !== null) return { option, kind };
  }
  return null;
}

/** On sale while anything is; otherwise sold out, unless every part was ended. */
export function together(states: readonly OfferState[]): OfferState {
  if (states.includes('on_sale')) return 'on_sale';
  return states.every((state) => state === 'ended') ? 'ended' : 'sold_out';
}

/** The size to offer first: the one this viewer wears where it is on sale, else the first that is, else the first. */
export function preferredSize(product: Product, worn: WornSizes): SizeChoice {
  const onSale = product.sizes.filter((size) => size.state === 'on_sale');
  const own = product.kind === null ? undefined : worn[product.kind];
  return onSale.find((size) => own !== undefined && size.size === own) ?? onSale[0] ?? product.sizes[0];
}

/** The product to open first: the first that can be bought, else the first. */
export function preferredProduct(all: readonly Product[]): Product | undefined {
  return all.find((product) => product.state === 'on_sale') ?? all[0];
}
