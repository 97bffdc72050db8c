/** Languages of the pages. Chinese first where the browser prefers any Chinese, English for everyone else. */
export type Lang = 'en' | 'zh';

export const LANGS: readonly Lang[] = ['zh', 'en'];

/** The words of one page or component: language → key → text; `{name}` in a text is filled from the parameters. */
export type Dictionary<K extends string> = Readonly<Record<Lang, Readonly<Record<K, string>>>>;

/** An amount in minor units, as on the wire. */
export interface Amount {
  readonly value: number;
  readonly currency: string;
}

const TAGS: Readonly<Record<Lang, string>> = { en: 'en', zh: 'zh-CN' };
const STORAGE_KEY = 'snbn.lang';

/** Says things in one language: texts of a dictionary, and figures, money and times the way readers of it write them. */
export class Localizer<K extends string> {
  readonly lang: Lang;
  /** BCP 47 tag for `lang` attributes and Intl. */
  readonly tag: string;
  readonly #words: Readonly<Record<K, string>>;

  constructor(lang: Lang, dictionary: Dictionary<K>) {
    this.lang = lang;
    this.tag = TAGS[lang];
    this.#words = dictionary[lang];
  }

  t(key: K, params: Readonly<Record<string, string | number>> = {}): string {
    return this.#words[key].replace(/\{(\w+)\}/gu, (whole, name: string) => {
      const value = params[name];
      return value === undefined ? whole : String(value);
    });
  }

  /** The text in this language, or the given one (the show's first language) where it has none. */
  pick(titles: Readonly<Record<string, string>>, fallback: string): string {
    const exact = titles[this.lang] ?? titles[this.tag];
    if (exact !== undefined) return exact;
    const related = Object.keys(titles).find((tag) => tag.toLowerCase().startsWith(`${this.lang}-`));
    return (related === undefined ? undefined : titles[related]) ?? fallback;
  }

  /** An amount, without decimals where they are zero, as prices are written on a card. */
  money(amount: Amount): string {
    const format = new Intl.NumberFormat(this.tag, {
      style: 'currency',
      currency: amount.currency,
      currencyDisplay: 'narrowSymbol',
      trailingZeroDisplay: 'stripIfInteger',
    });
    const decimals = format.resolvedOptions().maximumFractionDigits ?? 2;
    return format.format(amount.value / 10 ** decimals);
  }

  number(value: number): string {
    return new Intl.NumberFormat(this.tag).format(value);
  }

  /** A time of day in the given IANA zone, e.g. 20:00. */
  time(instantMs: number, timeZone?: string): string {
    return new Intl.DateTimeFormat(this.tag, {
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      ...(timeZone === undefined ? {} : { timeZone }),
    }).format(instantMs);
  }

  /** A date and time in the given IANA zone. */
  date(instantMs: number, timeZone?: string): string {
    return new Intl.DateTimeFormat(this.tag, {
      dateStyle: 'long',
      timeStyle: 'short',
      ...(timeZone === undefined ? {} : { timeZone }),
    }).format(instantMs);
  }
}

export function isLang(value: unknown): value is Lang {
  return value === 'en' || value === 'zh';
}

/** The language to start in: the address's `?lang=`, then what this viewer chose before, then the browser's own. */
export function chooseLang(search: string, stored: string | null, preferred: readonly string[]): Lang {
  const asked = new URLSearchParams(search).get('lang');
  if (isLang(asked)) return asked;
  if (isLang(stored)) return stored;
  for (const tag of preferred) {
    const primary = tag.toLowerCase().split('-')[0];
    if (isLang(primary)) return primary;
  }
  return 'en';
}

/** The language this page opens in. */
export function pageLang(page: Window, store: Storage): Lang {
  return chooseLang(page.location.search, store.getItem(STORAGE_KEY), page.navigator.languages);
}

/** Remembers a viewer's choice and tells the document, so that screen readers pronounce it. */
export function rememberLang(lang: Lang, page: Document, store: Storage): void {
  store.setItem(STORAGE_KEY, lang);
  page.documentElement.lang = TAGS[lang];
}
