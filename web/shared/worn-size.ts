import type { ReactiveControllerHost } from 'lit';
import { openStorage } from './storage';

const STORAGE_KEY = 'snbn.size';

/** The size this viewer wears, kept for every page of this server. */
export class WornSize {
  readonly #host: ReactiveControllerHost;
  readonly #store = openStorage('local', window);
  #size = this.#store.getItem(STORAGE_KEY);

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
  }

  get size(): string | null {
    return this.#size;
  }

  readonly wears = (size: string): void => {
    this.#size = size;
    this.#store.setItem(STORAGE_KEY, size);
    this.#host.requestUpdate();
  };
}
