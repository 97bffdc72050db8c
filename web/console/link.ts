/** The console's one connection: Socket.IO, namespace /console. */

import { io, type Socket } from 'socket.io-client';
import type { CommandRequest, ConsoleRundown, ConsoleState } from '../shared/messages';
import { asProblem, type Problem } from '../shared/wire';

const FIRST_DELAY_MS = 400;
const MAX_DELAY_MS = 4_000;
const CONNECT_TIMEOUT_MS = 8_000;
/** The wait before trying again after the server itself ended the connection or was not ready. */
const AFTER_REFUSAL_MS = 1_500;

/** A server on this very machine stays reachable when the machine's network goes. */
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/u;

/** What the link reports. */
export interface LinkEvents {
  rundown(rundown: ConsoleRundown): void;
  state(state: ConsoleState): void;
  lost(): void;
  /** The server refuses this token or show for good; the link does not try again. */
  refused(problem: Problem): void;
}

export class ConsoleLink {
  private readonly socket: Socket;
  private retryTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    base: string,
    auth: { readonly token: string; readonly show: string },
    private readonly events: LinkEvents,
  ) {
    this.socket = io(`${base}/console`, {
      auth,
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      reconnectionDelay: FIRST_DELAY_MS,
      reconnectionDelayMax: MAX_DELAY_MS,
      randomizationFactor: 0.5,
      timeout: CONNECT_TIMEOUT_MS,
      forceNew: true,
    });
    this.socket.on('rundown', (rundown: ConsoleRundown) => {
      events.rundown(rundown);
    });
    this.socket.on('state', (state: ConsoleState) => {
      events.state(state);
    });
    this.socket.on('disconnect', (reason) => {
      events.lost();
      // The library goes on by itself after every loss but this one: the server ended the session on purpose.
      if (reason === 'io server disconnect') this.retryLater();
    });
    this.socket.on('connect_error', (error: Error & { data?: unknown }) => {
      events.lost();
      if (this.socket.active) return;
      const problem = asProblem(error.data, 0);
      if (problem.status >= 500) this.retryLater();
      else events.refused(problem.title === '' ? { ...problem, title: error.message } : problem);
    });
    if (!LOOPBACK.test(new URL(base).hostname)) {
      window.addEventListener('offline', this.onOffline);
      window.addEventListener('online', this.onOnline);
    }
  }

  /** Sends one command. Nothing is buffered: without a connection it is simply not sent. */
  send(request: CommandRequest, answered: (answer: unknown) => void): void {
    if (this.socket.connected) this.socket.emit('command', request, answered);
  }

  close(): void {
    window.removeEventListener('offline', this.onOffline);
    window.removeEventListener('online', this.onOnline);
    if (this.retryTimer !== null) clearTimeout(this.retryTimer);
    this.socket.removeAllListeners();
    this.socket.disconnect();
  }

  /** The machine knows its network is gone long before a missed heartbeat shows it. */
  private readonly onOffline = (): void => {
    this.socket.disconnect();
    this.events.lost();
  };

  private readonly onOnline = (): void => {
    this.socket.connect();
  };

  private retryLater(): void {
    if (this.retryTimer !== null) clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.socket.connect(), AFTER_REFUSAL_MS);
  }
}
