import { describe, expect, it } from 'vitest';
import { chooseLang, Localizer } from './i18n';
import { words } from './words';

const en = new Localizer('en', words);
const zh = new Localizer('zh', words);

describe('the language of a page', () => {
  it.each([
    ['?lang=zh', 'en', ['en-US'], 'zh'],
    ['', 'zh', ['en-US'], 'zh'],
    ['', null, ['fr-FR', 'zh-Hant-TW', 'en'], 'zh'],
    ['', null, ['en-GB', 'zh'], 'en'],
    ['?lang=xx', 'xx', ['de'], 'en'],
    ['', null, [], 'en'],
  ] as const)('asked %s, chosen before %s, browser %s: %s', (search, stored, preferred, lang) => {
    expect(chooseLang(search, stored, preferred)).toBe(lang);
  });
});

describe('texts', () => {
  it('are filled in', () => {
    expect(en.t('left', { left: 3 })).toBe('Only 3 left');
    expect(zh.t('left', { left: 3 })).toBe('仅剩 3 件');
  });

  it('keep a place nobody filled, so that it is noticed', () => {
    expect(en.t('left')).toBe('Only {left} left');
  });

  it('exist in both languages with the same places', () => {
    const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/gu)].map(([place]) => place).sort();
    for (const [key, text] of Object.entries(words.en)) {
      expect(places(words.zh[key as keyof typeof words.zh]), key).toEqual(places(text));
    }
  });

  it('of a show are picked by language, else in the show’s first', () => {
    expect(zh.pick({ 'zh-CN': '羊毛大衣', en: 'Coat' }, 'Coat')).toBe('羊毛大衣');
    expect(zh.pick({ 'zh-Hans': '羊毛大衣' }, 'Coat')).toBe('羊毛大衣');
    expect(en.pick({ zh: '羊毛大衣' }, '羊毛大衣')).toBe('羊毛大衣');
  });
});

describe('money', () => {
  it.each([
    [129_900, 'CNY', '¥1,299'],
    [129_950, 'CNY', '¥1,299.50'],
    [1_299, 'JPY', '¥1,299'],
    [12_999, 'BHD', 'BHD 12.999'],
  ])('%i minor units of %s are written %s', (value, currency, written) => {
    expect(en.money({ value, currency }).replace(/\s/gu, ' ')).toBe(written);
  });
});

it('times are the show’s, not the viewer’s', () => {
  expect(en.time(Date.UTC(2017, 9, 31, 12, 0), 'Asia/Shanghai')).toBe('20:00');
});
