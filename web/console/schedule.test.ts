import { describe, expect, test } from 'vitest';
import type { AsRunEntry, CommandName, RundownEntry } from '../shared/messages';
import { airings, fittingZero, latestByLook, lookAt, phase, standing, startOffset, zeroMs } from './schedule';

const STARTS = 1_700_000_000_000;
const MINUTE = 60_000;

function entry(look: string, plannedStart: number | null, plannedDuration: number | null = MINUTE): RundownEntry {
  return {
    look,
    cue: look,
    number: look,
    title: look,
    titles: {},
    brand: 'Brand',
    notes: '',
    planned_start_ms: plannedStart,
    planned_duration_ms: plannedDuration,
    offers: [],
    skus_limit: {},
  };
}

let seq = 0;
function ran(command: CommandName, look: string | null, atMs: number, undone = false): AsRunEntry {
  seq += 1;
  return { seq, command, look, at_ms: atMs, by: 'p', undone };
}

const RUNDOWN = [entry('1', 0), entry('2', MINUTE), entry('3', 2 * MINUTE)];

describe('the stays on air', () => {
  test('a take ends the look before it', () => {
    expect(airings([ran('take', '1', 100), ran('take', '2', 200)])).toEqual([
      { look: '1', startMs: 100, endMs: 200 },
      { look: '2', startMs: 200, endMs: null },
    ]);
  });

  test('an undone take never happened', () => {
    const stays = airings([ran('take', '1', 100), ran('take', '2', 200, true), ran('undo', null, 210)]);
    expect(stays).toEqual([{ look: '1', startMs: 100, endMs: null }]);
  });

  test('a correction keeps the start of the wrong look', () => {
    expect(airings([ran('take', '1', 100), ran('correct', '2', 150)])).toEqual([
      { look: '2', startMs: 100, endMs: null },
    ]);
  });

  test('a clear leaves the air empty, and moving the standby changes nothing', () => {
    const stays = airings([ran('take', '1', 100), ran('next', '2', 120), ran('clear', null, 180)]);
    expect(stays).toEqual([{ look: '1', startMs: 100, endMs: 180 }]);
    expect(lookAt(stays, 179)).toBe('1');
    expect(lookAt(stays, 180)).toBeNull();
    expect(lookAt(stays, 99)).toBeNull();
  });

  test('are the same while the feed has numbered none of it', () => {
    const log = [ran('take', '1', 100), ran('take', '2', 200), ran('clear', null, 300)].map((one) => ({ ...one, seq: 0 }));
    expect(airings(log).map((stay) => stay.endMs)).toEqual([200, 300]);
  });

  test('taking the look on air again does not restart it', () => {
    expect(airings([ran('take', '1', 100), ran('take', '1', 300)])).toEqual([{ look: '1', startMs: 100, endMs: null }]);
  });
});

describe('over and under', () => {
  test('a look taken ten seconds late is ten seconds over, an early one under', () => {
    const stays = latestByLook(airings([ran('take', '1', STARTS - 5_000), ran('take', '2', STARTS + MINUTE + 10_000)]));
    expect(startOffset(RUNDOWN[0] ?? entry('', 0), stays.get('1'), STARTS)).toBe(-5_000);
    expect(startOffset(RUNDOWN[1] ?? entry('', 0), stays.get('2'), STARTS)).toBe(10_000);
  });

  test('within its planned time the look on air does not add to the offset', () => {
    const now = STARTS + 30_000;
    expect(standing(RUNDOWN, airings([ran('take', '1', STARTS + 2_000)]), '2', STARTS, now).offsetMs).toBe(2_000);
  });

  test('a look that stays too long pushes the expected end', () => {
    const now = STARTS + MINUTE + 20_000;
    const stands = standing(RUNDOWN, airings([ran('take', '1', STARTS)]), '2', STARTS, now);
    expect(stands).toEqual({
      offsetMs: 20_000,
      plannedEndMs: STARTS + 3 * MINUTE,
      expectedEndMs: STARTS + 3 * MINUTE + 20_000,
    });
  });

  test('an empty air grows over once the next look is due', () => {
    const stays = airings([ran('take', '1', STARTS), ran('clear', null, STARTS + 50_000)]);
    expect(standing(RUNDOWN, stays, '2', STARTS, STARTS + 55_000).offsetMs).toBe(0);
    expect(standing(RUNDOWN, stays, '2', STARTS, STARTS + MINUTE + 7_000).offsetMs).toBe(7_000);
  });

  test('before the first take nothing is over until its time has come', () => {
    expect(standing(RUNDOWN, [], '1', STARTS, STARTS - 1_000).offsetMs).toBeNull();
    expect(standing(RUNDOWN, [], '1', STARTS, STARTS + 4_000).offsetMs).toBe(4_000);
  });

  test('a rundown without times has no standing', () => {
    const unplanned = [entry('1', null, null)];
    expect(standing(unplanned, airings([ran('take', '1', STARTS)]), null, STARTS, STARTS + 9)).toEqual({
      offsetMs: null,
      plannedEndMs: null,
      expectedEndMs: null,
    });
  });

  test('a plan of another day counts from the first take instead', () => {
    const today = STARTS + 400 * 24 * 60 * MINUTE;
    const stays = airings([ran('take', '2', today)]);
    expect(fittingZero(RUNDOWN, stays, STARTS, today)).toBe('first-take');
    expect(zeroMs('first-take', RUNDOWN, stays, STARTS)).toBe(today - MINUTE);
    expect(fittingZero(RUNDOWN, airings([ran('take', '1', STARTS + 5_000)]), STARTS, STARTS + 9_000)).toBe('clock');
  });

  test('a show past midnight stays one plan', () => {
    const beforeMidnight = Date.UTC(2017, 9, 31, 23, 59, 30);
    const stays = airings([ran('take', '1', beforeMidnight), ran('take', '2', beforeMidnight + MINUTE + 3_000)]);
    expect(standing(RUNDOWN, stays, '3', beforeMidnight, beforeMidnight + MINUTE + 9_000).offsetMs).toBe(3_000);
  });

  test('the time on air goes from normal through a warning to over', () => {
    expect(phase(MINUTE, 10_000)).toBe('normal');
    expect(phase(MINUTE, MINUTE - 4_000)).toBe('warning');
    expect(phase(MINUTE, MINUTE + 1)).toBe('over');
    expect(phase(null, MINUTE)).toBe('free');
  });
});
