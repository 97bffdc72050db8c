import type { ServerClock } from './clock';
import type { ClockAnswer, ClockRequest } from './messages';

/** Probes right after connecting, close together, so that the offset is good within two seconds. */
export const BURST = 6;
export const BURST_SPACING_MS = 300;

/** Afterwards one now and then: it keeps the offset fresh and notices a connection that died without a word. */
export const STEADY_MS = 30_000;

/** A probe unanswered for this long means the connection is dead. */
export const ANSWER_MS = 10_000;

export interface ProbePort {
  send(request: ClockRequest): boolean;
  /** The connection did not answer. */
  lost(): void;
}

/** Asks the server for its time over an open connection: a burst, then steadily. At most one question is open. */
export class Probes {
  readonly #clock: ServerClock;
  readonly #random: () => number;
  readonly #port: ProbePort;
  #open_t0_ms: number | null = null;
  #sent = 0;
  #next: ReturnType<typeof setTimeout> | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(clock: ServerClock, random: () => number, port: ProbePort) {
    this.#clock = clock;
    this.#random = random;
    this.#port = port;
  }

  start(): void {
    this.stop();
    this.#sent = 0;
    this.#ask();
  }

  /** Asks at once: the page was asleep, and the connection may be gone. */
  now(): void {
    if (this.#open_t0_ms !== null) return;
    clearTimeout(this.#next);
    this.#ask();
  }

  stop(): void {
    clearTimeout(this.#next);
    clearTimeout(this.#deadline);
    this.#open_t0_ms = null;
  }

  answered(answer: ClockAnswer): void {
    if (answer.t0_ms !== this.#open_t0_ms) return;
    const t3_ms = this.#clock.localNow();
    clearTimeout(this.#deadline);
    this.#open_t0_ms = null;
    this.#clock.add({ t0_ms: answer.t0_ms, t1_ms: answer.t1_ms, t2_ms: answer.t2_ms, t3_ms });
    this.#schedule();
  }

  #ask(): void {
    const t0_ms = this.#clock.localNow();
    if (!this.#port.send({ type: 'clock', t0_ms })) {
      this.#schedule();
      return;
    }
    this.#sent += 1;
    this.#open_t0_ms = t0_ms;
    this.#deadline = setTimeout(() => {
      this.stop();
      this.#port.lost();
    }, ANSWER_MS);
  }

  #schedule(): void {
    // Spread over half a period either way, so that an audience that came together does not ask together.
    const wait = this.#sent < BURST ? BURST_SPACING_MS : STEADY_MS * (0.5 + this.#random());
    this.#next = setTimeout(() => {
      this.#ask();
    }, wait);
  }
}
