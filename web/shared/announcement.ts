import type { Localizer } from './i18n';
import type { LookView } from './messages';
import type { words } from './words';

/** What a screen reader says of the look that came. */
export function announcement(look: LookView, text: Localizer<keyof typeof words.en>): string {
  return text.t('announce_look', { number: look.number, title: text.pick(look.titles, look.title), brand: look.brand });
}
