import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import './buy-card';
import type { BuyCard } from './buy-card';
import { UNANSWERED, type BuyerOrder, type Wish } from './order-book';
import { look, offer } from './testing/examples';
import { problem } from './testing/world';

let card: BuyCard;
let wishes: Wish[];

beforeEach(async () => {
  wishes = [];
  card = document.createElement('buy-card');
  card.look = look('l1');
  card.channelName = 'Taobao';
  card.addEventListener('buy', (event) => wishes.push((event as CustomEvent<Wish>).detail));
  document.body.append(card);
  await card.updateComplete;
});

afterEach(() => {
  card.remove();
});

function part(selector: string): HTMLElement {
  const found = card.shadowRoot?.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`no ${selector} on the card`);
  return found;
}

const buyButton = (): HTMLButtonElement => part('[data-action="buy"]') as HTMLButtonElement;
const says = (): string => (card.shadowRoot?.textContent ?? '').replace(/\s+/gu, ' ');

function order(change: Partial<BuyerOrder>): BuyerOrder {
  const wish: Wish = {
    sku: 'l1-s',
    quantity: 1,
    look: 'l1',
    seen_price: null,
    label: { title: '', titles: {}, options: {}, brand: '', look_number: '', image: null },
  };
  return { ...UNANSWERED, key: 'k', wish, phase: 'reserved', placed_ms: 0, order: 'o1', amount: null, hold_until_ms: 90_000, problem: null, released: null, ...change };
}

describe('the card of a look', () => {
  it('carries the look’s id while it has one, and is gone without', async () => {
    expect(card.dataset['look']).toBe('l1');
    card.look = null;
    await card.updateComplete;
    expect(card.hasAttribute('data-look')).toBe(false);
    expect(card.hidden).toBe(true);
  });

  it('shown again later does not pretend to be on screen', async () => {
    card.live = false;
    await card.updateComplete;
    expect(card.hasAttribute('data-look')).toBe(false);
    expect(card.getAttribute('data-past-look')).toBe('l1');
  });

  it('says brand, title, price and what it was', () => {
    expect(says()).toContain('Qing');
    expect(says()).toContain('¥1,299');
    expect(part('s').getAttribute('aria-label')).toBe('was ¥1,599');
  });

  it('speaks the viewer’s language', async () => {
    card.lang = 'zh';
    await card.updateComplete;
    expect(says()).toContain('造型 l1');
    expect(buyButton().textContent).toContain('立即购买');
    expect(says()).toContain('去Taobao打开');
  });

  it('links to the channel’s own address', () => {
    expect(part('[data-action="open-in-channel"]').getAttribute('href')).toBe('https://shop.example/1');
  });

  it('has no link where the channel’s address could run script', async () => {
    card.look = look('l1', { links: { 'l1-s': { app: null, web: 'javascript:alert(1)' } } });
    await card.updateComplete;
    expect(card.shadowRoot?.querySelector('a')).toBeNull();
  });
});

describe('one tap', () => {
  it('wishes for the size shown, at the price seen', () => {
    buyButton().click();
    expect(wishes).toHaveLength(1);
    expect(wishes[0]).toMatchObject({ sku: 'l1-s', quantity: 1, look: 'l1', seen_price: { value: 129_900, currency: 'CNY' } });
  });

  it('wishes for another size once chosen', async () => {
    part('[data-size-sku="l1-m"] input').click();
    await card.updateComplete;
    expect(buyButton().dataset['sku']).toBe('l1-m');
    buyButton().click();
    expect(wishes[0]?.sku).toBe('l1-m');
  });

  it('wishes for the size this viewer wears', async () => {
    card.worn = { letters: 'M' };
    card.look = look('l1', { id: 'l2' });
    await card.updateComplete;
    expect(buyButton().dataset['sku']).toBe('l1-m');
  });

  it('chooses among the pieces of a look', async () => {
    card.look = look('l1', { offers: [offer('l1-s'), offer('bag-1', { title: 'Bag', titles: {}, options: {} })] });
    await card.updateComplete;
    part('.tabs button:nth-child(2)').click();
    await card.updateComplete;
    expect(buyButton().dataset['sku']).toBe('bag-1');
  });
});

describe('stock', () => {
  it('that is short is said', async () => {
    card.stock = new Map([['l1-s', { left: 3, state: 'on_sale' as const }]]);
    await card.updateComplete;
    expect(says()).toContain('Only 3 left');
  });

  const smallGone = new Map([['l1-s', { left: 0, state: 'sold_out' as const }]]);

  it('gone in one size before the look leaves the others to buy', async () => {
    card.stock = smallGone;
    card.look = look('l1', { id: 'l2' });
    await card.updateComplete;
    expect(part('[data-size-sku="l1-s"]').dataset['state']).toBe('sold_out');
    expect(buyButton().dataset['sku']).toBe('l1-m');
    expect(card.dataset['state']).toBe('on_sale');
  });

  it('gone in the size shown does not slip another under the finger', async () => {
    card.stock = smallGone;
    await card.updateComplete;
    expect(buyButton().dataset['sku']).toBe('l1-s');
    expect(buyButton().textContent).toContain('Sold out in S');
    buyButton().click();
    expect(wishes).toHaveLength(0);
  });

  it('gone in every size is sold out, and cannot be tapped', async () => {
    card.stock = new Map([
      ['l1-s', { left: 0, state: 'sold_out' as const }],
      ['l1-m', { left: 0, state: 'sold_out' as const }],
    ]);
    await card.updateComplete;
    expect(card.dataset['state']).toBe('sold_out');
    expect(buyButton().dataset['state']).toBe('sold_out');
    expect(buyButton().textContent).toContain('Sold out');
    buyButton().click();
    expect(wishes).toHaveLength(0);
  });
});

describe('an order’s news', () => {
  it.each([
    ['sending', {}, 'On its way…', true],
    ['in_line', {}, 'In line', true],
    ['opening', { again_ms: 4_000 }, 'On sale in 0:04', true],
    ['reserved', {}, 'Held for 1:30', true],
    ['paid', { amount: { value: 129_900, currency: 'CNY' } }, 'It is yours.', false],
    ['released', { released: 'payment-failed' }, 'The payment did not go through', false],
    ['refused', { problem: problem('limit-reached', 409) }, 'You have reached the limit', false],
    ['refused', { problem: problem('something-new', 409) }, 'Nothing was charged', false],
    ['unanswered', {}, 'Trying again is safe', false],
  ] as const)('%s is shown', async (phase, change, text, waiting) => {
    card.now = () => 0;
    card.orders = [order({ phase, ...change })];
    await card.updateComplete;
    expect(part('[data-order-status]').dataset['orderStatus']).toBe(phase);
    expect(says()).toContain(text);
    expect(buyButton().getAttribute('aria-disabled')).toBe(String(waiting));
  });

  it('under way takes no second tap, and keeps the keyboard where it is', async () => {
    const wishes: Event[] = [];
    card.addEventListener('buy', (event) => wishes.push(event));
    card.now = () => 0;
    card.orders = [order({ phase: 'sending' })];
    await card.updateComplete;
    buyButton().click();
    expect(wishes).toEqual([]);
    expect(buyButton().disabled).toBe(false);
  });

  it('of another look is not on this card', async () => {
    const other = order({});
    card.orders = [{ ...other, wish: { ...other.wish, sku: 'elsewhere' } }];
    await card.updateComplete;
    expect(card.shadowRoot?.querySelector('[data-order-status]')).toBeNull();
  });

  it('reserved can be given back', async () => {
    const given: string[] = [];
    card.addEventListener('order-act', (event) => given.push(Object.values((event as CustomEvent<Record<string, string>>).detail).join(' ')));
    card.orders = [order({})];
    await card.updateComplete;
    part('[data-action="cancel"]').click();
    expect(given).toEqual(['cancel k']);
  });
});

describe('a price', () => {
  const launch = [{ from_ms: 0, until_ms: 1_000, price: { value: 99_900, currency: 'CNY' } }];
  const timed = look('l1', { offers: [offer('l1-s', { prices: launch })] });

  it('for a time is the one at this viewer’s playhead, shown and sent', async () => {
    let playhead = 999;
    card.playhead = () => playhead;
    card.look = timed;
    await card.updateComplete;
    expect(buyButton().textContent).toContain('¥999');
    buyButton().click();
    playhead = 1_000;
    card.requestUpdate();
    await card.updateComplete;
    buyButton().click();
    expect(wishes.map((wish) => wish.seen_price?.value)).toEqual([99_900, 129_900]);
  });

  it('that has changed is said, and the next tap is at the new one', async () => {
    const changed = { ...problem('price-changed', 409), price: { value: 139_900, currency: 'CNY' } };
    const refused = order({ phase: 'refused', problem: changed });
    card.orders = [{ ...refused, wish: { ...refused.wish, seen_price: { value: 129_900, currency: 'CNY' } } }];
    await card.updateComplete;
    expect(says()).toContain('The price is ¥1,399 now.');
    buyButton().click();
    expect(wishes[0]?.seen_price?.value).toBe(139_900);
  });
});

describe('a buyer in line', () => {
  const queued = (line: Partial<NonNullable<BuyerOrder['line']>>): BuyerOrder =>
    order({ phase: 'queued', order: null, line: { ticket: 't', state: 'waiting', place: null, offer: null, ...line } });

  beforeEach(() => {
    card.now = () => 0;
    card.stock = new Map([['l1-s', { left: 0, state: 'sold_out' as const }]]);
  });

  it('may join where a size is sold out', async () => {
    await card.updateComplete;
    part('[data-action="join-line"]').click();
    expect(wishes[0]?.sku).toBe('l1-s');
  });

  it.each([
    [{ place: 3 }, 'In line: place 3', true],
    [{ state: 'offered', offer: { quantity: 1, until_ms: 45_000 } }, 'Take it · 0:45', false],
    [{ state: 'over' }, 'Nothing more can be won', true],
  ] as const)('sees %o', async (line, text, rests) => {
    card.orders = [queued(line)];
    await card.updateComplete;
    expect(says()).toContain(text);
    expect(buyButton().getAttribute('aria-disabled')).toBe(String(rests));
  });

  it('finds the size they wait for on the card again', async () => {
    card.orders = [{ ...queued({ place: 2 }), wish: { ...queued({}).wish, sku: 'l1-m' } }];
    card.look = look('l1', { id: 'l2' });
    await card.updateComplete;
    expect(buyButton().dataset['sku']).toBe('l1-m');
  });

  it('takes an offer though the size is sold out for others', async () => {
    card.orders = [queued({ state: 'offered', offer: { quantity: 1, until_ms: 45_000 } })];
    await card.updateComplete;
    buyButton().click();
    expect(wishes).toHaveLength(1);
  });
});

describe('plain words', () => {
  it.each([
    [{ ...problem('limit-reached', 409), limit: 2, kept: 2 }, 'You have 2 of at most 2.'],
    [{ ...problem('limit-reached', 409), limit: 3, kept: 1, of: 'product' }, 'all sizes together'],
    [{ ...problem('not-on-sale', 409), ended_at_ms: 1 }, 'Its sale is over.'],
    [problem('too-many-requests', 429), 'Too many taps at once.'],
  ])('for %o', async (refusal, text) => {
    card.orders = [order({ phase: 'refused', problem: refusal })];
    await card.updateComplete;
    expect(says()).toContain(text);
  });

  it('for a pre-order say when it is charged', async () => {
    card.now = () => 0;
    card.orders = [order({ payment_due_ms: 1_800_000_000_000 })];
    await card.updateComplete;
    expect(says()).toContain('Nothing is charged before January 15, 2027');
  });

  it('for a step before the tap goes keep it one press away', async () => {
    const acts: unknown[] = [];
    card.addEventListener('order-act', (event) => acts.push((event as CustomEvent<unknown>).detail));
    card.orders = [order({ phase: 'confirming', order: null, problem: { ...problem('step-up-required', 403), limit: { value: 100_000, currency: 'CNY' } } })];
    await card.updateComplete;
    expect(says()).toContain('Orders above ¥1,000 want a confirmation');
    buyButton().click();
    part('[data-action="confirm-done"]').click();
    expect(acts).toEqual([
      { act: 'retry', key: 'k' },
      { act: 'confirm-done', key: 'k' },
    ]);
  });
});
