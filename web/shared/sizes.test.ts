import { beforeEach, describe, expect, it } from 'vitest';
import { SizeMemory, sizeKind } from './sizes';

describe('the scale of a product’s sizes', () => {
  it.each([
    [['S', 'M', 'L'], 'letters'],
    [['34', '36', '38'], 'dresses'],
    [['46', '48', '50'], 'suits'],
    [['37', '39', '41'], 'shoes'],
  ] as const)('%s is %s', (sizes, kind) => {
    expect(sizeKind(sizes)).toBe(kind);
  });

  it.each([[['38', '40', '42', '44']], [['50 ml']], [['Onyx', 'Cognac']], [[]]] as const)('of %s is not guessed', (sizes) => {
    expect(sizeKind(sizes)).toBeNull();
  });
});

describe('a viewer’s sizes', () => {
  beforeEach(() => {
    localStorage.clear();
  });

  it('are known to the next page, each in its own scale', () => {
    const memory = new SizeMemory(localStorage);
    memory.wears({ kind: 'letters', label: 'M' });
    memory.wears({ kind: 'shoes', label: '38' });
    expect(new SizeMemory(localStorage).worn).toEqual({ letters: 'M', shoes: '38' });
  });

  it('can be forgotten', () => {
    const memory = new SizeMemory(localStorage);
    memory.wears({ kind: 'letters', label: 'M' });
    memory.wears({ kind: 'letters', label: null });
    expect(new SizeMemory(localStorage).worn).toEqual({});
  });

  it.each(['M', '{"letters":"<b>"}', '[1]', '{'])('written by something else as %s are none', (stored) => {
    localStorage.setItem('snbn.sizes', stored);
    expect(new SizeMemory(localStorage).worn).toEqual({});
  });
});
