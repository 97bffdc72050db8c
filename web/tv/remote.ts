/** The TV's remote control: which element of the menu has the focus next. Pure. */

export type RemoteKey = 'left' | 'right' | 'up' | 'down' | 'ok' | 'back';

/** The remote's keys as browsers on TVs and desktops name them. */
const KEYS: Readonly<Record<string, RemoteKey>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  Enter: 'ok',
  Escape: 'back',
  Backspace: 'back',
  GoBack: 'back',
  BrowserBack: 'back',
  XF86Back: 'back',
};

export function remoteKey(key: string): RemoteKey | null {
  return KEYS[key] ?? null;
}

/** What a key does to the menu: its focused item, or null for closed. The first key only opens it. */
export function menuAfter(focused: number | null, key: RemoteKey, items: number): number | null {
  if (key === 'back' || items === 0) return null;
  if (focused === null) return 0;
  if (key === 'left') return Math.max(0, focused - 1);
  if (key === 'right') return Math.min(items - 1, focused + 1);
  return key === 'down' ? null : focused;
}
