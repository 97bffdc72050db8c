import { render } from 'lit';
import { describe, expect, it } from 'vitest';
import { Localizer } from '../shared/i18n';
import type { CardErrorView } from '../shared/messages';
import { cardErrorPlot } from './card-error-plot';
import { TEXTS } from './texts';

function view(change: Partial<CardErrorView> = {}): CardErrorView {
  return { reports: 40, p50_ms: 20, p95_ms: 40, p99_ms: 90, early: 1, stated_ms: 40, alarm_ms: 250, alarm: false, ...change };
}

function drawn(shown: CardErrorView | undefined, lang: 'en' | 'zh' = 'en'): HTMLElement {
  const place = document.createElement('div');
  render(cardErrorPlot(shown, new Localizer(lang, TEXTS)), place);
  return place;
}

const x = (place: HTMLElement, name: string): number => Number(place.querySelector(`.${name}`)?.getAttribute('x'));

describe('how exact a channel is', () => {
  it('is not drawn before anybody reported', () => {
    expect(drawn(undefined).textContent).toBe('');
  });

  it('is drawn on one scale: the percentiles and the bound of the alarm', () => {
    const place = drawn(view());
    expect(x(place, 'spread')).toBeLessThan(x(place, 'p95'));
    expect(x(place, 'p95')).toBeLessThan(x(place, 'bound'));
    expect(place.querySelector('svg')?.getAttribute('aria-label')).toContain('95% within 40 ms');
    expect(place.querySelector('[role=alert]')).toBeNull();
  });

  it('warns past the bound, in words', () => {
    const place = drawn(view({ p95_ms: 400, p99_ms: 90_000, alarm: true }));
    expect(x(place, 'p95')).toBeGreaterThan(x(place, 'bound'));
    expect(place.querySelector('[role=alert]')?.textContent).toBe('Cards off');
    expect(Number(place.querySelector('.spread')?.getAttribute('width')) + x(place, 'spread')).toBeLessThanOrEqual(100);
  });

  it('is told in Chinese too', () => {
    expect(drawn(view({ alarm: true }), 'zh').textContent).toContain('卡片偏离画面');
  });
});
