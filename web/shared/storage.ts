/** A Storage that lives as long as the page: what a sandboxed frame without storage of its own gets instead. */
class PageStorage implements Storage {
  readonly #items = new Map<string, string>();

  get length(): number {
    return this.#items.size;
  }
  clear(): void {
    this.#items.clear();
  }
  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }
  key(index: number): string | null {
    return [...this.#items.keys()][index] ?? null;
  }
  removeItem(key: string): void {
    this.#items.delete(key);
  }
  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }
}

/** Writes that a full or forbidden store refuses are dropped: remembering is a comfort, never a condition. */
class ForgivingStorage implements Storage {
  readonly #inner: Storage;

  constructor(inner: Storage) {
    this.#inner = inner;
  }
  get length(): number {
    return this.#inner.length;
  }
  clear(): void {
    this.#inner.clear();
  }
  getItem(key: string): string | null {
    return this.#inner.getItem(key);
  }
  key(index: number): string | null {
    return this.#inner.key(index);
  }
  removeItem(key: string): void {
    this.#inner.removeItem(key);
  }
  setItem(key: string, value: string): void {
    try {
      this.#inner.setItem(key, value);
    } catch {
      this.#inner.removeItem(key);
    }
  }
}

/** The browser's storage where the page may use it, otherwise one that lasts as long as the page. */
export function openStorage(kind: 'local' | 'session', page: Window): Storage {
  try {
    const storage = kind === 'local' ? page.localStorage : page.sessionStorage;
    storage.getItem('snbn.probe');
    return new ForgivingStorage(storage);
  } catch {
    return new PageStorage();
  }
}

/** Reads a JSON value written earlier; undefined when there is none or it is not readable. */
export function readJson(store: Storage, key: string): unknown {
  const text = store.getItem(key);
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
