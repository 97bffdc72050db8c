import { expect, it } from 'vitest';
import { feedUrl, isSafeLink, orderUrl, pageAddress } from './addresses';

it('the feed is a WebSocket at the same host and path prefix', () => {
  expect(feedUrl('http://127.0.0.1:8080/live', 'night', 'beijing-tv', 'websocket', { epoch: 'e 1', seq: 7 })).toBe(
    'ws://127.0.0.1:8080/live/v1/shows/night/feed?channel=beijing-tv&epoch=e+1&after=7',
  );
});

it('events keep the page’s own scheme', () => {
  expect(feedUrl('https://shop.example', 'night', 'web', 'sse', null)).toBe('https://shop.example/v1/shows/night/feed?channel=web');
});

it('what stands in an address cannot leave its segment', () => {
  expect(orderUrl('https://shop.example', '../shows')).toBe('https://shop.example/v1/orders/..%2Fshows');
});

it('a page’s address says the show, the channel and, out of the server’s sight, the token', () => {
  const location = new URL('https://shop.example/watch/tmall%20night?channel=youku#token=a.b.c') as unknown as Location;
  expect(pageAddress(location, 'web')).toEqual({ base: 'https://shop.example', show: 'tmall night', channel: 'youku', token: 'a.b.c' });
});

it('a page without a channel is on the default one', () => {
  const location = new URL('https://shop.example/watch/night%') as unknown as Location;
  expect(pageAddress(location, 'web')).toEqual({ base: 'https://shop.example', show: 'night%', channel: 'web', token: null });
});

it.each([
  ['https://item.example/1', true],
  ['taobao://item/1', true],
  ['javascript:alert(1)', false],
  ['JavaScript:alert(1)', false],
  ['data:text/html,x', false],
  ['/relative', false],
])('%s may be followed: %s', (address, safe) => {
  expect(isSafeLink(address)).toBe(safe);
});
