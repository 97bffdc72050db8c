/** One producer's session: the link, the commands on their way, and the board as last told. No rendering here. */

import { newKey } from '../shared/keys';
import type { CommandName, ConsoleRundown, ConsoleState } from '../shared/messages';
import type { Problem } from '../shared/wire';
import { makeBoard, mergeAsRun, type Board } from './board';
import { CommandQueue, type Intent, type Outcome, type Trim } from './commands';
import { ConsoleLink } from './link';
import { PushedClock } from './pushed-clock';
import { RateSeries } from './rates';
import type { PlanZero } from './schedule';
import type { LinkState } from './top-bar';
import type { GoState } from './transport';

/** After GO the button rests this long, so that a double press cannot take the look after as well. */
export const GO_REST_MS = 600;
/** When another producer changed the standby this recently, GO asks to look again. */
export const STANDBY_SETTLES_MS = 300;

/** A change of the standby this soon after a press here is taken for the press's own effect. */
const OWN_EFFECT_MS = 3_000;

/** The server pushes a state every two seconds at least; without one for this long the link is dead, whatever it says. */
export const SILENCE_MS = 8_000;

/** What the session tells its page. */
export interface SessionEvents {
  changed(): void;
  settled(intent: Intent, outcome: Outcome): void;
  refused(problem: Problem): void;
}

/** Why a press did nothing. */
export type NotSent = 'offline' | 'full' | 'standby-changed' | 'resting' | 'on-hold' | 'nothing-next';

export class ConsoleSession {
  board: Board | null = null;
  link: LinkState = 'connecting';
  readonly rates = new RateSeries();
  readonly clock = new PushedClock();
  readonly queue: CommandQueue;
  private readonly socket: ConsoleLink;
  private rundown: ConsoleRundown | null = null;
  private lastState: ConsoleState | null = null;
  private zero: PlanZero | null = null;
  private heardAt: number;
  private restsUntil = 0;
  private standbyChangedAt = Number.NEGATIVE_INFINITY;
  private pressedAt = Number.NEGATIVE_INFINITY;
  private silenceTimer: ReturnType<typeof setTimeout> | undefined;
  private restTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    base: string,
    auth: { readonly token: string; readonly show: string },
    private readonly events: SessionEvents,
  ) {
    this.heardAt = performance.now();
    this.queue = new CommandQueue({
      newKey,
      now: () => performance.now(),
      send: (request, answered) => {
        this.socket.send(request, answered);
      },
      later: (delayMs, call) => {
        const timer = setTimeout(call, delayMs);
        return () => {
          clearTimeout(timer);
        };
      },
      settled: (intent, outcome) => {
        this.events.settled(intent, outcome);
      },
      changed: () => {
        this.events.changed();
      },
    });
    this.socket = new ConsoleLink(base, auth, {
      rundown: (rundown) => {
        this.rundown = rundown;
        this.remake();
      },
      state: (state) => {
        this.takeState(state);
      },
      lost: () => {
        this.lost();
      },
      refused: (problem) => {
        this.events.refused(problem);
      },
    });
  }

  /** Server wall time now. */
  get nowMs(): number {
    return this.clock.at(Date.now());
  }

  /** How long ago the server was last heard, in milliseconds. */
  get silentMs(): number {
    return performance.now() - this.heardAt;
  }

  /** What GO would do if it were pressed now. */
  get go(): GoState {
    if (this.link !== 'live' || this.board === null) return 'offline';
    if (this.queue.isPending('take') || performance.now() < this.restsUntil) return 'armed';
    if (this.board.state.hold) return 'hold';
    return this.board.state.next === null ? 'nothing' : 'ready';
  }

  /** Carries out a press; null when it was sent. `look` of a take is the look the button displayed. */
  press(command: CommandName, look: string | null, trim: Trim | null = null): NotSent | null {
    if (command === 'take') {
      const refusal = this.mayTake();
      if (refusal !== null) return refusal;
      this.restsUntil = performance.now() + GO_REST_MS;
      clearTimeout(this.restTimer);
      this.restTimer = setTimeout(() => {
        this.events.changed();
      }, GO_REST_MS + 1);
    }
    this.pressedAt = performance.now();
    const sent = this.queue.submit(command, look, trim);
    return typeof sent === 'string' ? sent : null;
  }

  /** Switches the plan's zero between the clock and the first take. */
  switchZero(): void {
    this.zero = this.board?.zero === 'clock' ? 'first-take' : 'clock';
    this.remake();
  }

  close(): void {
    clearTimeout(this.restTimer);
    clearTimeout(this.silenceTimer);
    this.socket.close();
    this.queue.close();
  }

  private lost(): void {
    clearTimeout(this.silenceTimer);
    this.link = 'lost';
    this.queue.linkLost();
    this.events.changed();
  }

  private mayTake(): NotSent | null {
    const { go } = this;
    if (go === 'offline') return 'offline';
    if (go === 'armed') return 'resting';
    if (go === 'hold') return 'on-hold';
    if (go === 'nothing') return 'nothing-next';
    return performance.now() - this.standbyChangedAt < STANDBY_SETTLES_MS ? 'standby-changed' : null;
  }

  private takeState(state: ConsoleState): void {
    const before = this.lastState;
    this.lastState = state;
    this.heardAt = performance.now();
    clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => {
      this.lost();
    }, SILENCE_MS);
    this.clock.observe(state.now_ms, Date.now());
    this.rates.add(state.now_ms, state.orders.placed);
    const byUs = performance.now() - this.pressedAt < OWN_EFFECT_MS;
    if (before !== null && before.next !== state.next && this.link === 'live' && !byUs) {
      this.standbyChangedAt = performance.now();
    }
    this.link = 'live';
    this.remake();
    this.queue.observe(state);
  }

  private remake(): void {
    const { rundown, lastState } = this;
    if (rundown === null || lastState === null) return;
    const known = this.board?.state.epoch === lastState.epoch ? this.board.asRun : [];
    this.board = makeBoard(rundown, lastState, mergeAsRun(known, lastState.as_run), this.zero);
    this.events.changed();
  }
}
