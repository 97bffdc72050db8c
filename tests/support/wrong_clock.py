"""A viewer's device whose clock is wrong: everything a page can read a time of day from says another one."""

A_DAY_MS = 86_400_000

_SCRIPT = """(() => {
  const off_ms = %d;
  const RightDate = Date;
  globalThis.Date = class extends RightDate {
    constructor(...given) { super(...(given.length === 0 ? [RightDate.now() + off_ms] : given)); }
    static now() { return RightDate.now() + off_ms; }
  };
  const origin = performance.timeOrigin;
  Object.defineProperty(performance, 'timeOrigin', { get: () => origin + off_ms });
})()"""


def wrong_clock(off_ms: int) -> str:
    """Return the script that, run before a page's own, sets its clock forward by so much."""
    return _SCRIPT % off_ms
