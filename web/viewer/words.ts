import type { Dictionary } from '../shared/i18n';

const en = {
  programme: 'Live programme',
  sound_on: 'Turn the sound on',
  mute: 'Mute',
  unmute: 'Sound on',
  play: 'Play',
  pause: 'Pause',
  back: 'Back 30 seconds',
  go_live: 'Go to live',
  at_live: 'Live',
  behind: '{seconds} s behind the stage',
  fullscreen: 'Full screen',
  leave_fullscreen: 'Leave full screen',
  opening: 'Opening the picture…',
  waiting: 'Waiting for the picture…',
  broken: 'This browser cannot play the programme. The looks below follow the show.',
} as const;

export type ViewerWord = keyof typeof en;

const zh: Readonly<Record<ViewerWord, string>> = {
  programme: '直播画面',
  sound_on: '打开声音',
  mute: '静音',
  unmute: '打开声音',
  play: '播放',
  pause: '暂停',
  back: '后退 30 秒',
  go_live: '回到直播',
  at_live: '直播',
  behind: '比现场晚 {seconds} 秒',
  fullscreen: '全屏',
  leave_fullscreen: '退出全屏',
  opening: '正在打开画面…',
  waiting: '正在等待画面…',
  broken: '此浏览器无法播放画面，造型仍会随秀更新。',
};

export const viewerWords: Dictionary<ViewerWord> = { en, zh };
