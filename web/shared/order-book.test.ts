import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_REMEMBERED, OrderBook, UNANSWERED, type BuyerOrder } from './order-book';
import { openStorage } from './storage';

function order(key: string, change: Partial<BuyerOrder> = {}): BuyerOrder {
  return {
    ...UNANSWERED,
    key,
    wish: { sku: 's1', quantity: 1, look: null, seen_price: null, label: { title: 'Coat', titles: {}, options: {}, brand: '', look_number: '1', image: null } },
    phase: 'paid',
    placed_ms: Number(key),
    order: `o${key}`,
    amount: null,
    hold_until_ms: null,
    problem: null,
    released: null,
    ...change,
  };
}

const book = (): OrderBook => new OrderBook('night', 'web', sessionStorage, localStorage);

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe('orders are remembered', () => {
  it('newest first, those without an answer only in their own tab', () => {
    const first = book();
    first.put(order('1'));
    first.put(order('2', { phase: 'sending' }));
    expect(book().all().map((known) => known.key)).toEqual(['2', '1']);
    sessionStorage.clear();
    expect(book().all().map((known) => known.key)).toEqual(['1']);
  });

  it('once each, also when answered', () => {
    const first = book();
    first.put(order('1', { phase: 'sending' }));
    first.put(order('1', { phase: 'reserved' }));
    expect(book().all().map((known) => known.phase)).toEqual(['reserved']);
  });

  it('once each, also where another tab had answered what this one still holds as open', () => {
    sessionStorage.setItem('snbn.orders.night.web', JSON.stringify([order('1', { phase: 'sending' })]));
    localStorage.setItem('snbn.orders.night.web', JSON.stringify([order('1')]));
    expect(book().all().map((known) => known.phase)).toEqual(['paid']);
  });

  it('up to a bound', () => {
    const first = book();
    for (let key = 0; key < MAX_REMEMBERED + 5; key += 1) first.put(order(String(key)));
    expect(book().all()).toHaveLength(MAX_REMEMBERED);
    expect(book().all()[0]?.key).toBe(String(MAX_REMEMBERED + 4));
  });

  it('and what is not an order in the store is left out', () => {
    localStorage.setItem('snbn.orders.night.web', JSON.stringify([null, 7, { key: 'x' }, order('1')]));
    expect(book().all().map((known) => known.key)).toEqual(['1']);
  });
});

it('a page that may not use storage remembers as long as it lives', () => {
  const sandboxed = Object.defineProperty({}, 'localStorage', {
    get: () => {
      throw new DOMException('no', 'SecurityError');
    },
  }) as unknown as Window;
  const store = openStorage('local', sandboxed);
  store.setItem('a', '1');
  expect(store.getItem('a')).toBe('1');
  store.removeItem('a');
  expect(store.getItem('a')).toBeNull();
});
