import type { Dictionary } from '../shared/i18n';

const en = {
  name: 'See now, buy now',
  tagline: 'The card appears with the look in your picture. One tap, and it is yours.',
  watch: 'Watch',
  watch_note: 'The show as each channel’s viewers see it',
  produce: 'Produce',
  console: 'Console',
  console_note: 'The producers’ desk: rundown, GO, stock and orders',
  screens: 'Other screens',
  tv: '{station}, the screen',
  tv_note: 'Ten-foot screen with a code to join by phone',
  companion: '{station}, the phone',
  companion_note: 'The phone beside the television',
  partner: 'Partner page',
  partner_note: 'A partner’s own site with the embed',
  delay: '{seconds} s behind the stage',
  no_shows: 'No show is loaded.',
  unavailable: 'The server cannot be reached. Trying again…',
} as const;

export type FrontWord = keyof typeof en;

const zh: Readonly<Record<FrontWord, string>> = {
  name: '即看即买',
  tagline: '造型走进画面，卡片随之出现。轻点一下，即刻拥有。',
  watch: '观看',
  watch_note: '各频道观众看到的画面',
  produce: '制作',
  console: '导播台',
  console_note: '制作人员的工作台：流程、开始、库存与订单',
  screens: '其他屏幕',
  tv: '{station} · 大屏',
  tv_note: '客厅大屏，扫码用手机加入',
  companion: '{station} · 手机',
  companion_note: '电视旁边的那部手机',
  partner: '合作方页面',
  partner_note: '嵌入了卡片的合作方网站',
  delay: '比现场晚 {seconds} 秒',
  no_shows: '还没有载入任何一场秀。',
  unavailable: '无法连接服务器，正在重试…',
};

export const frontWords: Dictionary<FrontWord> = { en, zh };
