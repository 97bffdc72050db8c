import { describe, expect, test } from 'vitest';
import { dropToken, findToken } from './token';
import type { TokenPlace } from './token';

function place(hash: string): TokenPlace & { address: string; kept: Map<string, string> } {
  const kept = new Map<string, string>();
  const here = {
    address: '',
    kept,
    location: { hash, pathname: '/console/night', search: '?lang=zh' },
    history: {
      replaceState: (_data: unknown, _unused: string, url: string) => {
        here.address = url;
      },
    },
    storage: {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => {
        kept.set(name, value);
      },
      removeItem: (name: string) => {
        kept.delete(name);
      },
    },
  };
  return here;
}

describe("the producer's token", () => {
  test('leaves the address bar and stays for the tab', () => {
    const here = place('#token=abc.def&tab=log');
    expect(findToken('night', here)).toBe('abc.def');
    expect(here.address).toBe('/console/night?lang=zh#tab=log');
    const reloaded = { ...here, location: { ...here.location, hash: '' } };
    expect(findToken('night', reloaded)).toBe('abc.def');
  });

  test('of one show does not open another', () => {
    const here = place('#token=abc');
    findToken('night', here);
    expect(findToken('day', { ...here, location: { ...here.location, hash: '' } })).toBeNull();
  });

  test('that was refused is forgotten', () => {
    const here = place('#token=abc');
    findToken('night', here);
    dropToken('night', here.storage);
    expect(here.kept.size).toBe(0);
  });

  test('with a blank in it is no token', () => {
    expect(findToken('night', place('#token=a%20b'))).toBeNull();
  });
});
