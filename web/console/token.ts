/** The producer's token: it comes in the address's fragment, is kept for this tab, and leaves the address bar. */

const STORED = 'showrunner.producer-token:';
/** As long as the server accepts one (`MAX_TOKEN_CHARS`). */
export const MAX_TOKEN_CHARS = 4096;

/** The part of the browser that is needed. */
export interface TokenPlace {
  readonly location: { readonly hash: string; readonly pathname: string; readonly search: string };
  readonly history: { replaceState(data: unknown, unused: string, url: string): void };
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

/** Finds the token for a show: a new one in the fragment goes before the stored one. Null when there is none. */
export function findToken(show: string, place: TokenPlace): string | null {
  const fragment = new URLSearchParams(place.location.hash.replace(/^#/, ''));
  const fresh = fragment.get('token');
  if (fresh !== null) {
    fragment.delete('token');
    const rest = fragment.toString();
    const { pathname, search } = place.location;
    place.history.replaceState(null, '', pathname + search + (rest === '' ? '' : `#${rest}`));
    if (isToken(fresh)) keepToken(show, fresh, place.storage);
  }
  return place.storage.getItem(STORED + show);
}

/** Keeps a token for this tab. */
export function keepToken(show: string, token: string, storage: TokenPlace['storage']): void {
  storage.setItem(STORED + show, token);
}

/** Forgets the token: it was refused. */
export function dropToken(show: string, storage: TokenPlace['storage']): void {
  storage.removeItem(STORED + show);
}

/** Whether the text can be a token at all. */
export function isToken(text: string): boolean {
  return text.length > 0 && text.length <= MAX_TOKEN_CHARS && !/\s/.test(text);
}
