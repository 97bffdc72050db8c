import { describe, expect, test } from 'vitest';
import { actionOf } from './keyboard';
import type { KeyPress } from './keyboard';

function press(key: string, more: Partial<KeyPress> = {}): KeyPress {
  return { key, ctrlKey: false, metaKey: false, altKey: false, repeat: false, ...more };
}

describe('the keys', () => {
  test('space and enter take', () => {
    expect(actionOf(press(' '), 'page')).toBe('take');
    expect(actionOf(press('Enter'), 'page')).toBe('take');
  });

  test('a key held down takes once', () => {
    expect(actionOf(press(' ', { repeat: true }), 'page')).toBeNull();
    expect(actionOf(press('ArrowDown', { repeat: true }), 'page')).toBe('next');
  });

  test('nothing goes on air while the producer types', () => {
    for (const key of [' ', 'Enter', 'h', 'c', 'ArrowDown', '?']) {
      expect(actionOf(press(key), 'typing')).toBeNull();
      expect(actionOf(press(key), 'dialog')).toBeNull();
    }
  });

  test('a focused button keeps space for itself', () => {
    expect(actionOf(press(' '), 'control')).toBeNull();
    expect(actionOf(press('H'), 'control')).toBe('hold');
  });

  test('only control and z together undo, and only once', () => {
    expect(actionOf(press('z', { ctrlKey: true }), 'page')).toBe('undo');
    expect(actionOf(press('z', { metaKey: true }), 'page')).toBe('undo');
    expect(actionOf(press('z', { ctrlKey: true, repeat: true }), 'page')).toBeNull();
    expect(actionOf(press('z'), 'page')).toBeNull();
    expect(actionOf(press('c', { ctrlKey: true }), 'page')).toBeNull();
  });

  test('escape closes, wherever the focus is', () => {
    expect(actionOf(press('Escape'), 'typing')).toBe('close');
  });
});
