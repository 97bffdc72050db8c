import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { backoffMs, RECONNECT } from './backoff';
import { ProblemError } from './http';

/** `unreachable`: no answer yet, and it is asked again; `missing`: the server says there is no such thing. */
export type AskingState = 'asking' | 'unreachable' | 'missing' | 'answered';

/**
 * What a page must learn from the server before it can show anything: asked for while the page is there, again and again
 * with backoff, until the server has answered or says that there is no such thing.
 */
export class Asking<T> implements ReactiveController {
  #answer: T | null = null;
  #state: AskingState = 'asking';
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts the times the page came and went, so that an answer to a page that left is dropped. */
  #visit = 0;
  readonly #host: ReactiveControllerHost;
  readonly #ask: () => Promise<T>;
  readonly #answered: (answer: T) => void;

  constructor(host: ReactiveControllerHost, ask: () => Promise<T>, answered: (answer: T) => void = () => undefined) {
    this.#host = host;
    this.#ask = ask;
    this.#answered = answered;
    host.addController(this);
  }

  get answer(): T | null {
    return this.#answer;
  }

  get state(): AskingState {
    return this.#state;
  }

  hostConnected(): void {
    this.#visit += 1;
    void this.#attempt(0, this.#visit);
  }

  hostDisconnected(): void {
    this.#visit += 1;
    clearTimeout(this.#timer);
  }

  async #attempt(attempt: number, visit: number): Promise<void> {
    // The page has drawn itself once, so that whoever hears of the answer finds its elements.
    await this.#host.updateComplete;
    let answer: T;
    try {
      answer = await this.#ask();
    } catch (error) {
      if (visit !== this.#visit) return;
      const missing = error instanceof ProblemError && error.problem.status === 404;
      this.#enter(missing ? 'missing' : 'unreachable');
      if (!missing) this.#timer = setTimeout(() => void this.#attempt(attempt + 1, visit), backoffMs(RECONNECT, attempt, Math.random()));
      return;
    }
    if (visit !== this.#visit) return;
    this.#answer = answer;
    this.#enter('answered');
    this.#answered(answer);
  }

  #enter(state: AskingState): void {
    this.#state = state;
    this.#host.requestUpdate();
  }
}
