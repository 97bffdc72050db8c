/**
 * The producer's commands on their way to the server: one key per intent, one effect per key.
 *
 * A command that was sent but never answered may or may not have happened. It is sent again with the same key, so
 * the server does it at most once; but when the as-run record shows that the show has meanwhile moved on without it,
 * sending it again would put an old decision on air, so it is given up and the producer is told.
 */

import type { AsRunEntry, CommandAnswer, CommandName, CommandRequest, ConsoleState } from '../shared/messages';
import { asProblem, type Problem } from '../shared/wire';
import { asRunMark } from './schedule';

/** Commands that may wait for an answer at the same time. */
export const MAX_PENDING = 16;
/** How often one command is sent, the first time included. */
export const MAX_ATTEMPTS = 4;
/** How long an answer may take before the command is sent again. */
export const ANSWER_TIMEOUT_MS = 4_000;
/** A command older than this is not sent again: a take that comes late is worse than one that does not come. */
export const MAX_RESEND_AGE_MS = 20_000;

/** How an intent ended. */
export type Outcome =
  | { readonly kind: 'done'; readonly answer: CommandAnswer }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | { readonly kind: 'given-up'; readonly reason: 'show-moved-on' | 'no-answer' };

/** A channel and how far its picture is behind. */
export interface Trim {
  readonly channel: string;
  readonly offset_ms: number;
}

/** What one press of a button means. */
export interface Intent {
  readonly key: string;
  readonly command: CommandName;
  readonly look: string | null;
  /** Which channel is how far behind; of a trim only. */
  readonly trim: Trim | null;
  readonly madeAt: number;
}

/** What the queue needs from outside. Times are monotonic milliseconds. */
export interface QueueWorld {
  newKey(): string;
  now(): number;
  send(request: CommandRequest, answered: (answer: unknown) => void): void;
  /** Calls back after `delayMs`; the returned function cancels. */
  later(delayMs: number, call: () => void): () => void;
  settled(intent: Intent, outcome: Outcome): void;
  changed(): void;
}

interface Waiting {
  readonly intent: Intent;
  readonly knownAsRun: ReadonlySet<string>;
  attempts: number;
  cancelTimer: () => void;
}

const RELATIVE: ReadonlySet<CommandName> = new Set(['next', 'back']);

function nothing(): void {
  return;
}

function isTrace(entry: AsRunEntry, intent: Intent): boolean {
  const { look, trim } = intent;
  if (entry.command !== intent.command || (look !== null && entry.look !== look)) return false;
  return trim === null || (entry.channel === trim.channel && entry.offset_ms === trim.offset_ms);
}

/** Reads whatever the server acknowledged a command with. What cannot be read is a refusal, never a success. */
export function readAnswer(answer: unknown): Outcome {
  if (typeof answer === 'object' && answer !== null && 'seq' in answer && typeof answer.seq === 'number') {
    return { kind: 'done', answer: answer as CommandAnswer };
  }
  return { kind: 'refused', problem: asProblem(answer, 0) };
}

/** Commands between press and answer. One per console; `close` when the console goes away. */
export class CommandQueue {
  private readonly waiting: Waiting[] = [];
  private state: ConsoleState | null = null;
  private up = false;

  constructor(private readonly world: QueueWorld) {}

  /** The intents without an answer yet, oldest first. */
  get pending(): readonly Intent[] {
    return this.waiting.map((one) => one.intent);
  }

  /** Whether such a command waits for its answer. */
  isPending(command: CommandName): boolean {
    return this.waiting.some((one) => one.intent.command === command);
  }

  /**
   * Sends a command. The same absolute command while one is still unanswered is the same intent and is not sent twice.
   *
   * Returns the intent, or why there is none: no link, or too many unanswered commands.
   */
  submit(command: CommandName, look: string | null = null, trim: Trim | null = null): Intent | 'offline' | 'full' {
    if (!this.up) return 'offline';
    const same = this.waiting.find((one) => one.intent.command === command && one.intent.look === look && one.intent.trim?.channel === trim?.channel && one.intent.trim?.offset_ms === trim?.offset_ms);
    if (same !== undefined && !RELATIVE.has(command)) return same.intent;
    if (this.waiting.length >= MAX_PENDING) return 'full';
    const intent: Intent = { key: this.world.newKey(), command, look, trim, madeAt: this.world.now() };
    const entry: Waiting = {
      intent,
      knownAsRun: new Set((this.state?.as_run ?? []).map(asRunMark)),
      attempts: 0,
      cancelTimer: nothing,
    };
    this.waiting.push(entry);
    this.attempt(entry);
    this.world.changed();
    return intent;
  }

  /** The newest state the server sent. The first one after a lost link decides about the unanswered commands. */
  observe(state: ConsoleState): void {
    this.state = state;
    if (this.up) return;
    this.up = true;
    for (const entry of [...this.waiting]) this.retry(entry);
    this.world.changed();
  }

  /** The link is gone: nothing is sent until a state arrives over a new one. */
  linkLost(): void {
    this.up = false;
    for (const entry of this.waiting) this.stopTimer(entry);
    this.world.changed();
  }

  /** Forgets everything unanswered and stops all timers. */
  close(): void {
    this.linkLost();
    this.waiting.length = 0;
  }

  private attempt(entry: Waiting): void {
    const { intent } = entry;
    entry.attempts += 1;
    entry.cancelTimer = this.world.later(ANSWER_TIMEOUT_MS, () => {
      this.retry(entry);
    });
    const request: CommandRequest = {
      command: intent.command,
      key: intent.key,
      ...(intent.look === null ? {} : { look: intent.look }),
      ...intent.trim,
    };
    this.world.send(request, (answer) => {
      this.settle(entry, readAnswer(answer));
    });
  }

  private retry(entry: Waiting): void {
    this.stopTimer(entry);
    const { intent } = entry;
    const tooOld = this.world.now() - intent.madeAt > MAX_RESEND_AGE_MS;
    if (tooOld || entry.attempts >= MAX_ATTEMPTS) {
      this.settle(entry, { kind: 'given-up', reason: 'no-answer' });
    } else if (this.movedOnWithout(entry)) {
      this.settle(entry, { kind: 'given-up', reason: 'show-moved-on' });
    } else {
      this.attempt(entry);
    }
  }

  /**
   * Whether the record grew by something that is none of our unanswered commands, while ours is not in it. An undo
   * in the record may be anybody's, and a second one would take back a second thing, so it never counts as ours.
   */
  private movedOnWithout(entry: Waiting): boolean {
    const since = (this.state?.as_run ?? []).filter((one) => !entry.knownAsRun.has(asRunMark(one)));
    if (entry.intent.command !== 'undo' && since.some((one) => isTrace(one, entry.intent))) return false;
    return since.some((one) => one.command === 'undo' || !this.waiting.some(({ intent }) => isTrace(one, intent)));
  }

  private stopTimer(entry: Waiting): void {
    entry.cancelTimer();
    entry.cancelTimer = nothing;
  }

  private settle(entry: Waiting, outcome: Outcome): void {
    const index = this.waiting.indexOf(entry);
    if (index < 0) return;
    this.stopTimer(entry);
    this.waiting.splice(index, 1);
    this.world.settled(entry.intent, outcome);
    this.world.changed();
  }
}
