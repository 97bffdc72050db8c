/** Numbers and times as producers read them: fixed width, no surprises at midnight. */

/** `m:ss` or `h:mm:ss`; the part of a second is cut off, as on every stopwatch. */
export function duration(ms: number): string {
  const total = Math.floor(Math.abs(ms) / 1000);
  const seconds = String(total % 60).padStart(2, '0');
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  return hours > 0 ? `${String(hours)}:${String(minutes).padStart(2, '0')}:${seconds}` : `${String(minutes)}:${seconds}`;
}

/** Over with a plus, under with a minus, less than a second either way with ±. */
export function signed(ms: number): string {
  if (Math.abs(ms) < 1000) return '±0:00';
  return (ms > 0 ? '+' : '−') + duration(ms);
}

/** Over, under or on time: the class that colours it. */
export function side(ms: number | null): 'over' | 'under' | 'even' | 'none' {
  if (ms === null) return 'none';
  if (Math.abs(ms) < 1000) return 'even';
  return ms > 0 ? 'over' : 'under';
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** `HH:MM:SS` in a time zone; an unknown zone name falls back to UTC. */
export function clock(ms: number, timeZone: string): string {
  let format = clocks.get(timeZone);
  if (format === undefined) {
    format = clockFormat(timeZone);
    clocks.set(timeZone, format);
  }
  return format.format(ms);
}

function clockFormat(timeZone: string): Intl.DateTimeFormat {
  const options = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
  try {
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });
  }
}
