import { expect, test } from 'vitest';
import { menuAfter, remoteKey } from './remote';

test('the first key opens the menu and does nothing else', () => {
  for (const key of ['left', 'right', 'up', 'down', 'ok'] as const) expect(menuAfter(null, key, 4)).toBe(0);
});

test('left and right walk the menu and stop at its ends', () => {
  expect(menuAfter(0, 'right', 3)).toBe(1);
  expect(menuAfter(2, 'right', 3)).toBe(2);
  expect(menuAfter(1, 'left', 3)).toBe(0);
  expect(menuAfter(0, 'left', 3)).toBe(0);
});

test('down and back close it', () => {
  expect(menuAfter(1, 'down', 3)).toBeNull();
  expect(menuAfter(1, 'back', 3)).toBeNull();
  expect(menuAfter(null, 'back', 3)).toBeNull();
});

test('back is known by every name remotes give it, and letters are nothing', () => {
  expect(['Escape', 'Backspace', 'GoBack', 'XF86Back'].map(remoteKey)).toEqual(['back', 'back', 'back', 'back']);
  expect(remoteKey('a')).toBeNull();
});
