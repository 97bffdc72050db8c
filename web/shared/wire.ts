import type { ChannelNews, ClockAnswer, Cue, LineAnswer, LineMessage, Money, OrderMessage, ProblemMessage, Resumed, Snapshot, Stock } from './messages';

/** Everything the server says on a feed. */
export type FeedMessage = Snapshot | Resumed | Cue | Stock | ChannelNews | ClockAnswer | OrderMessage | LineMessage | ProblemMessage;

/** A problem object (RFC 9457) as the server answers it. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly [extension: string]: unknown;
}

/** Frames longer than this are not the contract's; the connection is dropped rather than parsed. */
export const MAX_FRAME_CHARS = 8_000_000;

export type Fields = Readonly<Record<string, unknown>>;

export const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields of each message that this page's state depends on; what is new and unknown passes. */
const CHECKS: Readonly<Record<FeedMessage['type'], (message: Fields) => boolean>> = {
  snapshot: (m) => isText(m['epoch']) && isNumber(m['seq']) && isNumber(m['now_ms']) && isState(m['state']),
  resumed: (m) => isText(m['epoch']) && isNumber(m['seq']),
  cue: (m) => isNumber(m['seq']) && isCue(m),
  stock: (m) => isNumber(m['seq']) && isText(m['sku']) && isNumber(m['left']) && isText(m['state']),
  channel: (m) => isNumber(m['seq']) && isText(m['channel']) && isCorrelation(m['correlation']),
  clock: (m) => isNumber(m['t0_ms']) && isNumber(m['t1_ms']) && isNumber(m['t2_ms']),
  order: (m) => isText(m['id']) && isText(m['order']) && isText(m['status']),
  line: (m) => isText(m['id']) && isText(m['ticket']) && isPlace(m),
  problem: (m) => (m['id'] === null || isText(m['id'])) && isFields(m['problem']),
};

function isCue(value: unknown): boolean {
  if (!isFields(value)) return false;
  const look = value['look'];
  return isText(value['id']) && isNumber(value['at_ms']) && (look === null || (isFields(look) && isText(look['id'])));
}

const LINE_STATES = ['waiting', 'offered', 'on_sale', 'over'];

function isPlace(value: Fields): boolean {
  const { state, place, offer } = value;
  return (
    isText(state) &&
    LINE_STATES.includes(state) &&
    (place === null || isNumber(place)) &&
    (offer === null || (isFields(offer) && isNumber(offer['quantity']) && isNumber(offer['until_ms'])))
  );
}

/** A place in line as the server answers it; undefined where the body is none. */
export function asLine(body: unknown): LineAnswer | undefined {
  return isFields(body) && isText(body['ticket']) && isPlace(body) ? (body as unknown as LineAnswer) : undefined;
}

/** The place in line that a refusal tells of; undefined where it tells of none. */
export function lineOf(problem: Problem): { readonly ticket: string; readonly place: number | null; readonly could_win: boolean } | undefined {
  const line = problem['line'];
  if (!isFields(line) || !isText(line['ticket']) || typeof line['could_win'] !== 'boolean') return undefined;
  return { ticket: line['ticket'], place: isNumber(line['place']) ? line['place'] : null, could_win: line['could_win'] };
}

/** The amount of money under this name in a problem, or null. */
export function moneyOf(problem: Problem, name: string): Money | null {
  const money = problem[name];
  return isFields(money) && isNumber(money['value']) && isText(money['currency']) ? { value: money['value'], currency: money['currency'] } : null;
}

/** The text, or the number, under this name in a problem, or null. */
export function textOf(problem: Problem, name: string): string | null {
  const text = problem[name];
  return isText(text) ? text : null;
}

export function numberOf(problem: Problem, name: string): number | null {
  const number = problem[name];
  return isNumber(number) ? number : null;
}

function isCorrelation(value: unknown): boolean {
  return isFields(value) && isNumber(value['offset_ms']) && isNumber(value['error_ms']);
}

function areCorrelations(value: unknown): boolean {
  return isFields(value) && Object.values(value).every(isCorrelation);
}

function isState(value: unknown): boolean {
  return isFields(value) && (value['correlations'] === undefined || areCorrelations(value['correlations'])) && Array.isArray(value['cues']) && value['cues'].every(isCue) && isFields(value['stock']);
}

/** Parses one frame. Undefined: not a message this page knows (a later version's), or not one at all. */
export function parseFeedMessage(text: string): FeedMessage | undefined {
  if (text.length > MAX_FRAME_CHARS) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isFields(value)) return undefined;
  const type = value['type'];
  if (!isText(type) || !Object.hasOwn(CHECKS, type)) return undefined;
  return CHECKS[type as FeedMessage['type']](value) ? (value as unknown as FeedMessage) : undefined;
}

/** The last part of a problem's type: `sold-out`, `busy`, … */
export function problemName(problem: Problem): string {
  return /[^/]*$/u.exec(problem.type)?.[0] ?? '';
}

/** A problem this page found by itself, under a name no server uses. */
export function ownProblem(name: 'left-line' | 'not-confirmed' | 'too-many-open' | 'unreachable'): Problem {
  return { type: `page/${name}`, title: '', status: 0 };
}

/** Reads a problem from an answer's body; makes one up from the status where the body is none. */
export function asProblem(body: unknown, status: number): Problem {
  if (isFields(body) && isText(body['type'])) {
    const title = body['title'];
    return { ...body, type: body['type'], title: isText(title) ? title : '', status: isNumber(body['status']) ? body['status'] : status };
  }
  return { type: 'about:blank', title: '', status };
}
