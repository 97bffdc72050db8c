import { showUrl } from '../shared/addresses';
import { backoffMs, type Backoff } from '../shared/backoff';
import { ask, type Fetch } from '../shared/http';
import type { JoinCodeAnswer } from '../shared/messages';
import { Signal } from '../shared/signal';

const AGAIN: Backoff = { firstMs: 1_000, capMs: 30_000 };

/** Every set asks for its next code within this long of the old one's end: not all of a channel's at once. */
export const SPREAD_MS = 20_000;

/** A code is asked for anew at least this often, whatever the clocks say. */
export const LONGEST_WAIT_MS = 900_000;

export interface JoinCodeOptions {
  readonly base: string;
  readonly show: string;
  readonly channel: string;
  readonly fetch: Fetch;
  /** The server's wall time. */
  readonly now: () => number;
  readonly random: () => number;
}

/**
 * The short code beside the QR code, renewed while the page is there. A code that could not be renewed stays for as long as
 * the server takes it, then there is none.
 */
export class JoinCode {
  /** Another code, or none. */
  readonly changes = new Signal<string | null>();
  readonly #options: JoinCodeOptions;
  #shown: JoinCodeAnswer | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = false;

  constructor(options: JoinCodeOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = true;
    void this.#renew(0);
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  async #renew(attempt: number): Promise<void> {
    const { now, random } = this.#options;
    const shown = await this.#ask();
    if (!this.#running) return;
    if (shown !== null) this.#show(shown);
    else if (this.#shown !== null && now() >= this.#shown.expires_ms) this.#show(null);
    const wait =
      shown === null
        ? AGAIN.firstMs + backoffMs(AGAIN, attempt, random())
        : Math.min(LONGEST_WAIT_MS, Math.max(AGAIN.firstMs, shown.next_ms - now()) + random() * SPREAD_MS);
    this.#timer = setTimeout(() => void this.#renew(shown === null ? attempt + 1 : 0), wait);
  }

  async #ask(): Promise<JoinCodeAnswer | null> {
    const { base, show, channel, fetch } = this.#options;
    try {
      const answer = await ask(fetch, { method: 'GET', url: `${showUrl(base, show)}/join-code?channel=${encodeURIComponent(channel)}` });
      return answer.ok ? (answer.body as JoinCodeAnswer) : null;
    } catch {
      // No answer: it is asked again.
      return null;
    }
  }

  #show(shown: JoinCodeAnswer | null): void {
    const before = this.#shown?.code ?? null;
    this.#shown = shown;
    const code = shown?.code ?? null;
    if (code !== before) this.changes.emit(code);
  }
}

/** A code as people read it aloud: in two halves. */
export function spoken(code: string): string {
  const half = Math.ceil(code.length / 2);
  return `${code.slice(0, half)} ${code.slice(half)}`;
}
