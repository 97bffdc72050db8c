import { describe, expect, test } from 'vitest';
import { Localizer } from '../shared/i18n';
import type { AsRunEntry, CommandName, ConsoleRundown, ConsoleState, RundownEntry, SkuCounter } from '../shared/messages';
import { explain, isLow, makeBoard, mergeAsRun, undoable } from './board';
import { haystacks, rowStatuses, visibleRows } from './rundown-filter';
import { TEXTS } from './texts';

const NOW = 1_700_000_000_000;

function ran(command: CommandName, look: string | null, atMs: number, undone = false): AsRunEntry {
  return { seq: 0, command, look, at_ms: atMs, by: 'lin', undone };
}

function entry(number: string, brand: string, sku: string): RundownEntry {
  return {
    look: `look-${number}`,
    cue: number,
    number,
    title: `Title ${number}`,
    titles: { zh: `标题${number}` },
    brand,
    notes: '',
    planned_start_ms: null,
    planned_duration_ms: null,
    offers: [
      {
        sku,
        title: 'Coat',
        titles: { zh: '大衣' },
        options: { Size: 'M' },
        price: { value: 100, currency: 'CNY' },
        compare_at: null,
        image: null,
        state: 'on_sale',
      },
    ],
    skus_limit: {},
  };
}

function counter(initial: number, left: number): SkuCounter {
  return { initial, left, reserved: 0, sold: initial - left, state: left === 0 ? 'sold_out' : 'on_sale' };
}

const RUNDOWN: ConsoleRundown = {
  show: 'night',
  title: 'Night',
  titles: {},
  starts_at_ms: NOW,
  time_zone: 'Asia/Shanghai',
  currency: 'CNY',
  entries: [entry('1', 'Furla', 'A-1'), entry('2', 'Guess', 'B-1'), entry('3', 'Furla', 'C-1')],
  channels: [],
};

function state(more: Partial<ConsoleState>): ConsoleState {
  return {
    epoch: 'e',
    seq: 1,
    now_ms: NOW,
    on_air: null,
    armed: [],
    next: null,
    hold: false,
    can_undo: false,
    aired: [],
    stock: { 'A-1': counter(20, 20), 'B-1': counter(20, 2), 'C-1': counter(20, 0) },
    orders: { placed: 0, reserved: 0, paid: 0, fulfilled: 0, released: 0, refused: 0, paid_value: 0, reserved_value: 0 },
    audience: {},
    producers: [],
    as_run: [],
    ...more,
  };
}

describe('the as-run record', () => {
  test('keeps what the server no longer sends, and takes over what was undone', () => {
    const first = ran('take', 'look-1', NOW);
    const second = ran('take', 'look-2', NOW + 5);
    const merged = mergeAsRun([first, second], [{ ...second, undone: true }, ran('undo', null, NOW + 9)]);
    expect(merged.map((one) => [one.command, one.undone])).toEqual([
      ['take', false],
      ['take', true],
      ['undo', false],
    ]);
  });

  test('shows an entry once, also while the feed has not numbered it yet', () => {
    const known = [ran('take', 'look-1', NOW), ran('next', null, NOW + 5)];
    const numbered = [{ ...ran('take', 'look-1', NOW), seq: 7 }, ran('next', null, NOW + 5)];
    expect(mergeAsRun(known, numbered)).toEqual(numbered);
  });

  test('says what an undo would take back', () => {
    const log = [ran('take', 'look-1', NOW), ran('hold', null, NOW + 5, true), ran('undo', null, NOW + 9)];
    expect(undoable(log)?.look).toBe('look-1');
    expect(undoable([])).toBeNull();
  });
});

describe('the board', () => {
  test('knows since when a look is on air even when the record no longer holds its take', () => {
    const board = makeBoard(RUNDOWN, state({ on_air: { look: 'look-2', cue: 'c', at_ms: NOW - 9 } }), [], null);
    expect(board.latest.get('look-2')).toEqual({ look: 'look-2', startMs: NOW - 9, endMs: null });
  });

  test('counts a take armed for later as not on air', () => {
    const log = [ran('take', 'look-1', NOW - 50), ran('take', 'look-2', NOW + 5_000)];
    const board = makeBoard(RUNDOWN, state({ on_air: { look: 'look-1', cue: 'c', at_ms: NOW - 50 } }), log, null);
    expect(board.stays).toEqual([{ look: 'look-1', startMs: NOW - 50, endMs: null }]);
  });
});

describe('the rows', () => {
  const board = makeBoard(RUNDOWN, state({ on_air: { look: 'look-1', cue: 'c', at_ms: NOW }, next: 'look-2', aired: ['look-1'] }), [], null);
  const texts = haystacks(RUNDOWN.entries);
  const shown = (query: string, kind: 'all' | 'ahead' | 'aired' | 'low'): string[] =>
    visibleRows(board, texts, query, kind).map((row) => row.number);

  test('are found by brand, Chinese title and SKU, every word of it', () => {
    expect(shown('furla', 'all')).toEqual(['1', '3']);
    expect(shown('标题2', 'all')).toEqual(['2']);
    expect(shown('furla c-1', 'all')).toEqual(['3']);
    expect(shown('furla nothing', 'all')).toEqual([]);
  });

  test('can be those still ahead, or those running out', () => {
    expect(shown('', 'ahead')).toEqual(['2', '3']);
    expect(shown('', 'low')).toEqual(['2', '3']);
    expect(isLow(counter(20, 4))).toBe(false);
  });

  test('are on air before they are aired, and skipped once the show stands by further down', () => {
    expect([...rowStatuses(board).values()]).toEqual(['on-air', 'next', 'ahead']);
    const jumped = makeBoard(RUNDOWN, state({ on_air: { look: 'look-1', cue: 'c', at_ms: NOW }, next: 'look-3' }), [], null);
    expect([...rowStatuses(jumped).values()]).toEqual(['on-air', 'skipped', 'next']);
  });
});

test('a refusal is told in the producer’s language, an unknown one in the server’s words', () => {
  const say = new Localizer('zh', TEXTS);
  expect(explain(say, { type: 'tag:x:problems/on-hold', title: 'The show is on hold', status: 409 })).toBe('演出处于暂停状态。');
  expect(explain(say, { type: 'tag:x:problems/new', title: 'Something new', status: 409, detail: 'Why.' })).toBe('Something new Why.');
});
