import { describe, expect, test } from 'vitest';
import { RateSeries, SERIES_SECONDS } from './rates';

const T = 1_700_000_000_000;

function at(series: RateSeries, nowMs: number, second: number): number | undefined {
  return series.points(nowMs).find((point) => point.second === second)?.perSecond;
}

describe('orders per second', () => {
  test('the growth between two states is spread over the time between them', () => {
    const series = new RateSeries();
    series.add(T, 100);
    series.add(T + 4_000, 140);
    expect([0, 1, 2, 3].map((second) => at(series, T + 5_000, T / 1000 + second))).toEqual([10, 10, 10, 10]);
  });

  test('states inside one second add up', () => {
    const series = new RateSeries();
    series.add(T, 0);
    series.add(T + 250, 5);
    series.add(T + 500, 12);
    expect(at(series, T + 1_000, T / 1000)).toBe(12);
  });

  test('the first state is a baseline, not a spike', () => {
    const series = new RateSeries();
    series.add(T, 50_000);
    expect(series.points(T + 1_000).every((point) => point.perSecond === 0)).toBe(true);
  });

  test('a counter that went back starts afresh', () => {
    const series = new RateSeries();
    series.add(T, 0);
    series.add(T + 1_000, 30);
    series.add(T + 2_000, 3);
    series.add(T + 3_000, 5);
    expect(at(series, T + 4_000, T / 1000)).toBe(0);
    expect(at(series, T + 4_000, T / 1000 + 2)).toBe(2);
  });

  test('no order is lost or made up by the spreading', () => {
    const series = new RateSeries();
    series.add(T, 0);
    let total = 0;
    for (let state = 1; state <= 40; state += 1) {
      total += state % 7;
      series.add(T + state * 730, total);
    }
    const sum = series.points(T + 31_000).reduce((all, point) => all + point.perSecond, 0);
    expect(sum).toBeCloseTo(total, 6);
  });

  test('the plot reaches back a fixed time however long the show is', () => {
    const series = new RateSeries();
    for (let state = 0; state < 5_000; state += 1) series.add(T + state * 1_000, state);
    expect(series.points(T + 5_000_000)).toHaveLength(SERIES_SECONDS);
  });
});
