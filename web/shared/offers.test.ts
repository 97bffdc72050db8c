import { describe, expect, it } from 'vitest';
import type { StockLevel } from './messages';
import { LOW_STOCK, preferredProduct, priceAt, preferredSize, products, together } from './offers';
import { look, offer } from './testing/examples';

const outfit = look('l1', {
  offers: [offer('coat-s'), offer('coat-m'), offer('belt-1', { title: 'Belt', options: {}, state: 'sold_out' })],
});

function heard(levels: Readonly<Record<string, StockLevel>>): (sku: string) => StockLevel | null {
  return (sku) => levels[sku] ?? null;
}

it('offers of one title are sizes of one product, in card order', () => {
  const [coat, belt] = products(outfit, heard({}), null);
  expect(coat?.sizes.map((size) => size.label)).toEqual(['S', 'M']);
  expect(belt?.sizes.map((size) => size.label)).toEqual(['']);
  expect(belt?.state).toBe('sold_out');
});

it('newer stock counts for more than the card’s own word', () => {
  const [coat] = products(outfit, heard({ 'coat-s': { left: 0, state: 'sold_out' }, 'coat-m': { left: LOW_STOCK, state: 'on_sale' } }), null);
  expect(coat?.sizes.map((size) => size.state)).toEqual(['sold_out', 'on_sale']);
  expect(coat?.sizes[1]?.low).toBe(LOW_STOCK);
});

it('how many are left is said only when they are few', () => {
  const [coat] = products(outfit, heard({ 'coat-s': { left: LOW_STOCK + 1, state: 'on_sale' } }), null);
  expect(coat?.sizes.map((size) => size.low)).toEqual([null, null]);
});

describe('what is chosen first', () => {
  it('is the size this viewer wears, where it is on sale', () => {
    const [coat] = products(outfit, heard({}), null);
    expect(coat && preferredSize(coat, { letters: 'M' }).offer.sku).toBe('coat-m');
  });

  it('is otherwise the first that can be bought', () => {
    const [coat] = products(outfit, heard({ 'coat-s': { left: 0, state: 'sold_out' } }), null);
    expect(coat && preferredSize(coat, { letters: 'XL' }).offer.sku).toBe('coat-m');
  });

  it('is the first product that can be bought', () => {
    const all = products(outfit, heard({ 'coat-s': { left: 0, state: 'ended' }, 'coat-m': { left: 0, state: 'ended' } }), null);
    expect(preferredProduct(all)?.title).toBe('Wool coat');
    expect(preferredProduct([...all].reverse())?.title).toBe('Belt');
  });
});

it.each([
  [['sold_out', 'on_sale'], 'on_sale'],
  [['sold_out', 'ended'], 'sold_out'],
  [['ended', 'ended'], 'ended'],
] as const)('%s together are %s', (states, all) => {
  expect(together(states)).toBe(all);
});

describe('a price for a time', () => {
  const launch = offer('coat-s', { prices: [{ from_ms: 1_000, until_ms: 2_000, price: { value: 99_900, currency: 'CNY' } }] });

  it.each([
    [999, 129_900],
    [1_000, 99_900],
    [1_999, 99_900],
    [2_000, 129_900],
    [null, 129_900],
  ] as const)('at %s of this viewer’s picture is %s', (programme_ms, value) => {
    expect(priceAt(launch, programme_ms).value).toBe(value);
  });
});
