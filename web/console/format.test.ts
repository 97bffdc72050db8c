import { expect, test } from 'vitest';
import { clock, duration, signed } from './format';
import { PushedClock } from './pushed-clock';

test('durations are minutes and seconds, with hours when there are any', () => {
  expect([0, 59_999, 61_000, 3_600_000 + 62_000].map(duration)).toEqual(['0:00', '0:59', '1:01', '1:01:02']);
});

test('over has a plus, under a minus, and less than a second is even', () => {
  expect([12_300, -12_300, 400, -999].map(signed)).toEqual(['+0:12', '−0:12', '±0:00', '±0:00']);
});

test('the clock speaks the zone of the show', () => {
  const instant = Date.UTC(2017, 9, 31, 12, 0, 5);
  expect(clock(instant, 'Asia/Shanghai')).toBe('20:00:05');
  expect(clock(instant, 'UTC')).toBe('12:00:05');
});

test('an unknown zone is shown as UTC instead of failing', () => {
  expect(clock(Date.UTC(2017, 9, 31, 12, 0, 5), 'Mars/Olympus')).toBe('12:00:05');
});

test('the state that travelled fastest sets the clock', () => {
  const server = new PushedClock();
  server.observe(10_000, 5_000);
  server.observe(10_900, 6_000);
  expect(server.at(7_000)).toBe(12_000);
});
