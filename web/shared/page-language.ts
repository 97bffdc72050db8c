import type { ReactiveControllerHost } from 'lit';
import { pageLang, rememberLang, type Lang } from './i18n';
import { openStorage } from './storage';

/** The language one page speaks: chosen at the start, switched by the viewer, remembered for every page of this server. */
export class PageLanguage {
  readonly #host: ReactiveControllerHost;
  readonly #store = openStorage('local', window);
  #current: Lang;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    this.#current = pageLang(window, this.#store);
    rememberLang(this.#current, document, this.#store);
  }

  get current(): Lang {
    return this.#current;
  }

  switchTo(lang: Lang): void {
    this.#current = lang;
    rememberLang(lang, document, this.#store);
    this.#host.requestUpdate();
  }

  /** Listener for `lang-chosen`. */
  readonly chosen = (event: CustomEvent<Lang>): void => {
    this.switchTo(event.detail);
  };
}
