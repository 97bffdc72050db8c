import type { Localizer } from './i18n';
import type { BuyerOrder, PlaceInLine } from './order-book';
import { moneyOf, numberOf, problemName, textOf, type Problem } from './wire';
import { problemWord, type Word } from './words';

export interface StatusText {
  readonly title: string;
  readonly detail: string;
}

/** What an order's state means to its buyer, in their language. */
export function statusText(order: BuyerOrder, text: Localizer<Word>, now_ms: number): StatusText {
  switch (order.phase) {
    case 'agreeing':
      return { title: text.t('agreeing'), detail: text.t('agreeing_detail') };
    case 'sending':
      return { title: text.t('sending'), detail: '' };
    case 'in_line':
      return { title: text.t('in_line'), detail: waiting(order, text, now_ms) };
    case 'opening':
      return { title: text.t('opening'), detail: text.t('opening_detail', { time: countdown((order.again_ms ?? now_ms) - now_ms) }) };
    case 'confirming':
      return { title: text.t('confirming'), detail: confirming(order, text) };
    case 'unanswered':
      return { title: text.t('unanswered'), detail: text.t('unanswered_detail') };
    case 'queued':
      return inLine(order.line, order.problem, text, now_ms);
    case 'refused':
      return { title: text.t('refused'), detail: refusal(order.problem, text) };
    case 'reserved':
      return reserved(order, text, now_ms);
    case 'paid':
      return { title: text.t('paid'), detail: text.t('paid_detail') };
    case 'fulfilled':
      return { title: text.t('fulfilled'), detail: '' };
    case 'released':
      return { title: text.t('released'), detail: text.t(`released_${order.released ?? 'payment-failed'}`) };
  }
}

function reserved(order: BuyerOrder, text: Localizer<Word>, now_ms: number): StatusText {
  const due_ms = order.payment_due_ms;
  const title = text.t(due_ms === null ? 'reserved' : 'pre_order_reserved');
  if (order.problem !== null) return { title, detail: refusal(order.problem, text) };
  if (due_ms !== null && due_ms > now_ms) return { title, detail: text.t('pre_order_detail', { date: text.date(due_ms) }) };
  return { title, detail: text.t('reserved_detail', { time: countdown((order.hold_until_ms ?? now_ms) - now_ms) }) };
}

function waiting(order: BuyerOrder, text: Localizer<Word>, now_ms: number): string {
  if (order.problem === null || order.again_ms === null) return '';
  const paced = problemName(order.problem) === 'too-many-requests';
  return text.t(paced ? 'in_line_paced' : 'in_line_busy', { time: countdown(order.again_ms - now_ms) });
}

function confirming(order: BuyerOrder, text: Localizer<Word>): string {
  const limit = order.problem === null ? null : moneyOf(order.problem, 'limit');
  return limit === null ? text.t('confirming_detail') : text.t('confirming_limit', { limit: text.money(limit) });
}

function inLine(line: PlaceInLine | null, problem: Problem | null, text: Localizer<Word>, now_ms: number): StatusText {
  const detail = problem === null ? null : refusal(problem, text);
  switch (line?.state) {
    case 'offered':
      return { title: text.t('offered'), detail: detail ?? text.t('offered_detail', { time: countdown((line.offer?.until_ms ?? now_ms) - now_ms) }) };
    case 'on_sale':
      return { title: text.t('on_sale_again'), detail: detail ?? text.t('on_sale_again_detail') };
    case 'over':
      return { title: text.t('over'), detail: detail ?? text.t('over_detail') };
    case 'waiting':
    case undefined: {
      const place = line?.place ?? null;
      const title = place === null ? text.t('queued') : text.t('queued_place', { place: text.number(place) });
      return { title, detail: detail ?? text.t(place === 1 ? 'queued_next' : 'queued_detail') };
    }
  }
}

/** Why not, in plain words and with the figures the server gave. */
function refusal(problem: Problem | null, text: Localizer<Word>): string {
  if (problem === null) return text.t('problem_other');
  const name = problemName(problem);
  const price = moneyOf(problem, 'price');
  if (name === 'price-changed' && price !== null) return text.t('problem_price_now', { price: text.money(price) });
  if (name === 'not-on-sale' && numberOf(problem, 'ended_at_ms') !== null) return text.t('problem_sale_ended');
  const opens_ms = numberOf(problem, 'opens_at_ms');
  if (name === 'not-on-sale' && opens_ms !== null) return text.t('problem_opens_at', { date: text.date(opens_ms) });
  const limit = numberOf(problem, 'limit');
  const kept = numberOf(problem, 'kept');
  if (name === 'limit-reached' && limit !== null && kept !== null) {
    return text.t(textOf(problem, 'of') === 'product' ? 'problem_limit_product' : 'problem_limit_of', { limit, kept });
  }
  return text.t(problemWord(name));
}

/** Minutes and seconds left, never negative: 4:07. */
export function countdown(left_ms: number): string {
  const seconds = Math.max(0, Math.ceil(left_ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
