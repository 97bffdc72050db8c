import type { Dictionary } from '../shared/i18n';

const en = {
  programme: 'Programme',
  scan: 'Scan to buy',
  scan_before: 'Scan to join',
  scan_hint: 'with your phone’s camera',
  number: 'or at {address}',
  qr: 'QR code: opens {address} on your phone',
  more: '+{count} more on your phone',
  only: 'Only {left} left',
  menu: 'Menu',
  menu_hint: 'Arrow keys: menu',
  sound_on: 'Sound on',
  sound_off: 'Sound off',
  big_code: 'Larger code',
  small_code: 'Smaller code',
  fullscreen: 'Full screen',
  leave_fullscreen: 'Leave full screen',
  language: '中文',
  no_picture: 'The picture is on its way',
  from: 'from {price}',
} as const;

export type TvWord = keyof typeof en;

const zh: Record<TvWord, string> = {
  programme: '节目',
  scan: '扫码即买',
  scan_before: '扫码加入',
  scan_hint: '请用手机扫一扫',
  number: '或在 {address} 输入',
  qr: '二维码：用手机打开 {address}',
  more: '另有 {count} 件，请看手机',
  only: '仅剩 {left} 件',
  menu: '菜单',
  menu_hint: '方向键打开菜单',
  sound_on: '打开声音',
  sound_off: '关闭声音',
  big_code: '放大二维码',
  small_code: '缩小二维码',
  fullscreen: '全屏',
  leave_fullscreen: '退出全屏',
  language: 'English',
  no_picture: '画面即将到来',
  from: '{price} 起',
};

export const tvWords: Dictionary<TvWord> = { en, zh };
