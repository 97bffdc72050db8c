import type { Cue, FeedState, LookView, OfferView, OrderAnswer, Snapshot, Stock } from '../messages';

/** Examples of what the wire carries, for tests: a look with one coat in two sizes, and messages about it. */

export function offer(sku: string, change: Partial<OfferView> = {}): OfferView {
  return {
    sku,
    title: 'Wool coat',
    titles: { en: 'Wool coat', zh: '羊毛大衣' },
    options: { Size: sku.slice(-1).toUpperCase() },
    price: { value: 129_900, currency: 'CNY' },
    compare_at: { value: 159_900, currency: 'CNY' },
    image: null,
    state: 'on_sale',
    ...change,
  };
}

export function look(id: string, change: Partial<LookView> = {}): LookView {
  return {
    id,
    number: id.replace(/\D/gu, ''),
    title: `Look ${id}`,
    titles: { en: `Look ${id}`, zh: `造型 ${id}` },
    brand: 'Qing',
    offers: [offer(`${id}-s`), offer(`${id}-m`)],
    links: { [`${id}-s`]: { app: 'taobao://item/1', web: 'https://shop.example/1' } },
    ...change,
  };
}

export function cue(seq: number, at_ms: number, shown: LookView | null, change: Partial<Cue> = {}): Cue {
  return {
    type: 'cue',
    seq,
    epoch: 'e1',
    id: `cue-${seq}`,
    at_ms,
    sent_ms: at_ms,
    action: shown === null ? 'clear' : 'take',
    look: shown,
    replaces: [],
    ...change,
  };
}

export function stock(seq: number, sku: string, left: number): Stock {
  return { type: 'stock', seq, sku, left, state: left > 0 ? 'on_sale' : 'sold_out' };
}

export function feedState(cues: readonly Cue[], change: Partial<FeedState> = {}): FeedState {
  return {
    title: 'The night',
    titles: {},
    starts_at_ms: 0,
    on_air: cues.at(-1) ?? null,
    cues,
    stock: {},
    phase: cues.length === 0 ? 'before' : 'live',
    ...change,
  };
}

export function snapshot(seq: number, cues: readonly Cue[], change: Partial<Snapshot> = {}): Snapshot {
  return { type: 'snapshot', show: 'night', epoch: 'e1', seq, now_ms: 1_000_000, state: feedState(cues), ...change };
}

export function orderAnswer(change: Partial<OrderAnswer> = {}): OrderAnswer {
  return {
    order: 'order-1',
    status: 'reserved',
    sku: 'l1-s',
    quantity: 1,
    amount: { value: 129_900, currency: 'CNY' },
    hold_until_ms: 2_000_000,
    ...change,
  };
}
