import { isFields, isText } from './wire';
import type { Cue, CueAction, LookView, OfferView } from './messages';

/** The class of the playlist's date ranges that are cues. */
const CUE_CLASS = 'snbn.look';

/** Cues read from one playlist at most. */
export const MAX_IN_BAND = 500;

/** The part of a playlist's EXT-X-DATERANGE, as hls.js reads it, that tells a cue. */
export interface DateRangeTag {
  readonly id: string;
  readonly class: string;
  readonly attr: Readonly<Record<string, unknown>>;
}

/**
 * The cues that a playlist carries itself: the same cues with the same ids as the feed's, for a page that has no feed. They
 * tell a look's articles and prices, and no links or pictures. What is no cue of ours is left out.
 */
export function inBandCues(tags: Readonly<Record<string, DateRangeTag | undefined>>): Cue[] {
  const cues: Cue[] = [];
  for (const tag of Object.values(tags).slice(-MAX_IN_BAND)) {
    const cue = tag?.class === CUE_CLASS ? cueOf(tag) : null;
    if (cue !== null) cues.push(cue);
  }
  return cues;
}

function cueOf(tag: DateRangeTag): Cue | null {
  const data = dataOf(tag.attr['X-SNBN-DATA']);
  if (data?.['id'] !== tag.id) return null;
  const { at_ms, seq, action, look } = data;
  if (!Number.isSafeInteger(at_ms) || !Number.isSafeInteger(seq) || !isText(action)) return null;
  const shown = look === null ? null : lookOf(look);
  if (shown === undefined) return null;
  const replaces = tag.attr['X-SNBN-REPLACES'];
  return {
    type: 'cue',
    seq: seq as number,
    epoch: '',
    id: tag.id,
    at_ms: at_ms as number,
    sent_ms: at_ms as number,
    action: action as CueAction,
    look: shown,
    replaces: isText(replaces) ? replaces.split(' ') : [],
  };
}

/** JSON in base64url, UTF-8; null where it is none. */
function dataOf(coded: unknown): Readonly<Record<string, unknown>> | null {
  if (!isText(coded)) return null;
  try {
    const bytes = Uint8Array.from(atob(coded.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
    const data: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return isFields(data) ? data : null;
  } catch {
    return null;
  }
}

function lookOf(told: unknown): LookView | undefined {
  if (!isFields(told)) return undefined;
  const { id, number, title, brand, offers } = told;
  if (!isText(id) || !isText(number) || !isText(title) || !isText(brand)) return undefined;
  const articles = Array.isArray(offers) ? offers.map(offerOf).filter((offer) => offer !== null) : [];
  return { id, number, title, titles: {}, brand, offers: articles, links: {} };
}

function offerOf(told: unknown): OfferView | null {
  if (!isFields(told)) return null;
  const { sku, title, price, state } = told;
  if (!isText(sku) || !isText(title) || !isFields(price) || !isText(state)) return null;
  const { value, currency } = price;
  if (!Number.isSafeInteger(value) || !isText(currency)) return null;
  return {
    sku,
    title,
    titles: {},
    options: {},
    price: { value: value as number, currency },
    compare_at: null,
    image: null,
    state: state === 'sold_out' || state === 'ended' ? state : 'on_sale',
  };
}
