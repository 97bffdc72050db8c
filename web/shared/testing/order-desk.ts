import { ServerClock } from '../clock';
import { FeedClient } from '../feed';
import { OrderBook, type Wish } from '../order-book';
import { OrderClient, type OrderOptions } from '../orders';
import { ViewerSession } from '../session';
import { offer } from './examples';
import type { FakeServer, FakeSockets } from './world';

const PLACE = { base: 'https://shop.example', show: 'night', channel: 'web' } as const;

export const coat: Wish = {
  sku: 'l1-s',
  quantity: 1,
  look: 'l1',
  seen_price: { value: 129_900, currency: 'CNY' },
  label: { title: 'Wool coat', titles: {}, options: offer('l1-s').options, brand: 'Qing', look_number: '1', image: null },
};

let keys = 0;

/** The next keys are key-1, key-2, … */
export function restartKeys(): void {
  keys = 0;
}

/** A page's orders and its feed, over a test's server and sockets and this browser's storage. */
export function openOrders(server: FakeServer, sockets: FakeSockets, options: Partial<OrderOptions> = {}): { readonly orders: OrderClient; readonly feed: FeedClient } {
  const clock = new ServerClock(() => Date.now());
  const feed = new FeedClient({ ...PLACE, clock, random: () => 0.5, page: window, sockets });
  const session = new ViewerSession({ ...PLACE, given: null, store: localStorage, fetch: server.fetch, now: () => Date.now() });
  const orders = new OrderClient({
    base: PLACE.base,
    show: PLACE.show,
    feed,
    clock,
    session,
    book: new OrderBook(PLACE.show, PLACE.channel, sessionStorage, localStorage),
    fetch: server.fetch,
    random: () => 0.5,
    newKey: () => `key-${(keys += 1)}`,
    ...options,
  });
  return { orders, feed };
}
