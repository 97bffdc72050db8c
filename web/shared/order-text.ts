import type { Localizer } from './i18n';
import type { BuyerOrder } from './order-book';
import { problemName } from './wire';
import { problemWord, type Word } from './words';

export interface StatusText {
  readonly title: string;
  readonly detail: string;
}

/** What an order's state means to its buyer, in their language. */
export function statusText(order: BuyerOrder, text: Localizer<Word>, now_ms: number): StatusText {
  switch (order.phase) {
    case 'sending':
      return { title: text.t('sending'), detail: '' };
    case 'in_line':
      return { title: text.t('in_line'), detail: '' };
    case 'unanswered':
      return { title: text.t('unanswered'), detail: text.t('unanswered_detail') };
    case 'refused':
      return { title: text.t('refused'), detail: refusal(order, text) };
    case 'reserved':
      if (order.problem !== null) return { title: text.t('reserved'), detail: refusal(order, text) };
      return { title: text.t('reserved'), detail: text.t('reserved_detail', { time: countdown((order.hold_until_ms ?? now_ms) - now_ms) }) };
    case 'paid':
      return { title: text.t('paid'), detail: text.t('paid_detail') };
    case 'fulfilled':
      return { title: text.t('fulfilled'), detail: '' };
    case 'released':
      return { title: text.t('released'), detail: text.t(`released_${order.released ?? 'payment-failed'}`) };
  }
}

function refusal(order: BuyerOrder, text: Localizer<Word>): string {
  return order.problem === null ? text.t('problem_other') : text.t(problemWord(problemName(order.problem)));
}

/** Minutes and seconds left, never negative: 4:07. */
export function countdown(left_ms: number): string {
  const seconds = Math.max(0, Math.ceil(left_ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
