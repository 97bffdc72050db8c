import type { Dictionary } from '../shared/i18n';

const en = {
  masthead: 'The Lantern',
  section: 'Fashion',
  nav_culture: 'Culture',
  nav_film: 'Film',
  nav_city: 'City',
  kicker: 'Live tonight',
  standfirst: 'Twenty-seven houses, one runway. Watch with us — what walks past can be yours while it is still walking.',
  byline: 'From our fashion desk · on {channel}',
  play: 'Play the show',
  sound: 'Sound on',
  how: 'How this page does it',
  how_text:
    'This is a sample of a partner’s own site. The video is the partner’s player; the card beside it is one script and one element from the show. It keeps to itself in a shadow root, sets no globals and follows the partner’s own picture.',
  copy: 'Copy',
  copied: 'Copied',
  events: 'What the element tells this page',
  no_events: 'Nothing yet.',
  unavailable: 'The show cannot be reached right now. Trying again…',
  no_such_show: 'There is no such show.',
} as const;

export type PartnerWord = keyof typeof en;

const zh: Readonly<Record<PartnerWord, string>> = {
  masthead: '灯下',
  section: '时尚',
  nav_culture: '文化',
  nav_film: '电影',
  nav_city: '城市',
  kicker: '今晚直播',
  standfirst: '二十七个品牌，一条秀道。和我们一起看：走过眼前的，此刻就能拥有。',
  byline: '时尚编辑部 · {channel}',
  play: '播放',
  sound: '打开声音',
  how: '这个页面是怎么做的',
  how_text: '这是一个合作方网站的示例。视频是合作方自己的播放器；旁边的卡片只需一行脚本和一个元素。它在自己的影子根中，不留下任何全局变量，并跟随合作方自己的画面。',
  copy: '复制',
  copied: '已复制',
  events: '元素发给本页面的事件',
  no_events: '还没有事件。',
  unavailable: '暂时无法连接，正在重试…',
  no_such_show: '没有这场秀。',
};

export const partnerWords: Dictionary<PartnerWord> = { en, zh };
