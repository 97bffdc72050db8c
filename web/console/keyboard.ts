/** The console's keys. Nothing here fires while the producer is typing, and a held-down key never repeats a take. */

import type { CommandName } from '../shared/messages';

/** What a key press asks for. */
export type KeyAction = Exclude<CommandName, 'trim'> | 'help' | 'search' | 'close';

/** The part of a keyboard event that counts. */
export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly repeat: boolean;
}

/** Where the focus is. */
export type Focus = 'page' | 'control' | 'typing' | 'dialog';

/** The legend, in the order it is shown. */
export const LEGEND: readonly { readonly keys: readonly string[]; readonly action: KeyAction }[] = [
  { keys: ['Space', 'Enter'], action: 'take' },
  { keys: ['↓', '→'], action: 'next' },
  { keys: ['↑', '←'], action: 'back' },
  { keys: ['H'], action: 'hold' },
  { keys: ['C'], action: 'clear' },
  { keys: ['X'], action: 'correct' },
  { keys: ['Ctrl', 'Z'], action: 'undo' },
  { keys: ['/'], action: 'search' },
  { keys: ['?'], action: 'help' },
  { keys: ['Esc'], action: 'close' },
];

const PLAIN: Readonly<Record<string, KeyAction>> = {
  ' ': 'take',
  enter: 'take',
  arrowdown: 'next',
  arrowright: 'next',
  arrowup: 'back',
  arrowleft: 'back',
  h: 'hold',
  c: 'clear',
  x: 'correct',
  '/': 'search',
  '?': 'help',
};

const REPEATABLE: ReadonlySet<KeyAction> = new Set<KeyAction>(['next', 'back']);

/**
 * The action of a key press, or null.
 *
 * A control that has the focus keeps Space, Enter and the arrows for itself: pressing Space on the Hold button holds,
 * it does not also take.
 */
export function actionOf(press: KeyPress, focus: Focus): KeyAction | null {
  if (press.key === 'Escape') return 'close';
  if (focus === 'typing' || focus === 'dialog') return null;
  const key = press.key.toLowerCase();
  if ((press.ctrlKey || press.metaKey) && !press.altKey) {
    return key === 'z' && !press.repeat ? 'undo' : null;
  }
  if (press.altKey) return null;
  const action = PLAIN[key] ?? null;
  if (action === null) return null;
  if (press.repeat && !REPEATABLE.has(action)) return null;
  if (focus === 'control' && action === 'take') return null;
  return action;
}

/** Tells where the focus is, looking through shadow roots. */
export function focusOf(event: Event): Focus {
  for (const node of event.composedPath()) {
    if (!(node instanceof HTMLElement)) continue;
    if (node instanceof HTMLTextAreaElement || node instanceof HTMLSelectElement || node.isContentEditable) {
      return 'typing';
    }
    if (node instanceof HTMLInputElement) {
      return ['button', 'checkbox', 'radio'].includes(node.type) ? 'control' : 'typing';
    }
    if (node instanceof HTMLDialogElement) return 'dialog';
    if (node instanceof HTMLButtonElement || node instanceof HTMLAnchorElement) return 'control';
  }
  return 'page';
}
