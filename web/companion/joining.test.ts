import { expect, test, vi } from 'vitest';
import { companionPath, joinByCode } from './joining';

function answering(status: number, body: unknown) {
  return vi.fn(() => Promise.resolve(new Response(JSON.stringify(body), { status })));
}

test('the number on the TV leads to the page of its show beside its channel', async () => {
  const fetch = answering(200, { show: 'gala', channel: 'beijing-tv' });
  expect(await joinByCode(fetch, 'https://shop.example', '482 913')).toEqual({ page: '/companion/gala?channel=beijing-tv' });
  expect(fetch).toHaveBeenCalledWith('https://shop.example/v1/join', expect.objectContaining({ method: 'POST', body: '{"code":"482 913"}' }));
});

test.each([
  [404, 'code_wrong'],
  [422, 'code_wrong'],
  [429, 'code_tries'],
  [503, 'code_offline'],
])('a number refused with %i is told as %s', async (status, refused) => {
  expect(await joinByCode(answering(status, { type: 'x', title: 'y', status }), '', '1')).toEqual({ refused });
});

test('without a connection nothing is known of the number', async () => {
  expect(await joinByCode(() => Promise.reject(new TypeError('gone')), '', '1')).toEqual({ refused: 'code_offline' });
});

test('a show or channel with odd letters still makes an address', () => {
  expect(companionPath({ show: 'a/b', channel: '北京' })).toBe('/companion/a%2Fb?channel=%E5%8C%97%E4%BA%AC');
});
