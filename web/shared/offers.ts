import type { LookView, OfferState, OfferView, StockLevel } from './messages';

/** From this many pieces on down, the card says how many are left. */
export const LOW_STOCK = 5;

/** A size of a product as it can be bought now. */
export interface SizeChoice {
  readonly offer: OfferView;
  /** What tells it from its neighbours, e.g. `M` or `M · Black`; empty where the product has no options. */
  readonly label: string;
  readonly state: OfferState;
  /** Pieces left where they are few, otherwise null. */
  readonly low: number | null;
}

/** The offers of one product: the same title. */
export interface Product {
  readonly title: string;
  readonly titles: Readonly<Record<string, string>>;
  readonly sizes: readonly [SizeChoice, ...SizeChoice[]];
  readonly state: OfferState;
}

type Stock = (sku: string) => StockLevel | null;

/** Groups a look's offers into products, in card order, each size with the newest stock heard. */
export function products(look: LookView, stock: Stock): readonly Product[] {
  const groups = new Map<string, [SizeChoice, ...SizeChoice[]]>();
  for (const offer of look.offers) {
    const level = stock(offer.sku);
    const state = level?.state ?? offer.state;
    const choice: SizeChoice = {
      offer,
      label: Object.values(offer.options).join(' · '),
      state,
      low: state === 'on_sale' && level !== null && level.left <= LOW_STOCK ? level.left : null,
    };
    const group = groups.get(offer.title);
    if (group === undefined) groups.set(offer.title, [choice]);
    else group.push(choice);
  }
  return [...groups.values()].map((sizes) => ({
    title: sizes[0].offer.title,
    titles: sizes[0].offer.titles,
    sizes,
    state: together(sizes.map((size) => size.state)),
  }));
}

/** On sale while anything is; otherwise sold out, unless every part was ended. */
export function together(states: readonly OfferState[]): OfferState {
  if (states.includes('on_sale')) return 'on_sale';
  return states.every((state) => state === 'ended') ? 'ended' : 'sold_out';
}

/** The size to offer first: the one this viewer wears where it is on sale, else the first that is, else the first. */
export function preferredSize(product: Product, worn: string | null): SizeChoice {
  const onSale = product.sizes.filter((size) => size.state === 'on_sale');
  return onSale.find((size) => size.label === worn) ?? onSale[0] ?? product.sizes[0];
}

/** The product to open first: the first that can be bought, else the first. */
export function preferredProduct(all: readonly Product[]): Product | undefined {
  return all.find((product) => product.state === 'on_sale') ?? all[0];
}
