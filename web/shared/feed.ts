import { feedUrl, type ResumePoint } from './addresses';
import { backoffMs, RECONNECT } from './backoff';
import type { ServerClock } from './clock';
import type { ClientMessage, ClockAnswer, Correlation, Cue, LineMessage, OrderMessage, ProblemMessage } from './messages';
import { Probes } from './probes';
import { Signal } from './signal';
import { Timeline } from './timeline';
import { parseFeedMessage, type FeedMessage } from './wire';

export const SUBPROTOCOL = 'cues.v1';

/** Close codes the server sends for good: another try would be answered the same. The rest are tried again. */
export const FINAL_CODES = { from: 4500, to: 4999 } as const;

/** What a server with no room for now says in its close reason: when to come again. */
const RETRY_HINT = /retry in (\d{1,9}) ms/;

/** No server keeps a viewer away for longer, whatever it says. */
export const MAX_HINT_MS = 60_000;

/** WebSocket attempts that never opened before Server-Sent Events are tried. */
export const FAILURES_BEFORE_SSE = 2;

/** A connection must say its first message within this time. */
export const FIRST_MESSAGE_MS = 10_000;

/** While on Server-Sent Events, how long before the WebSocket is tried again if it ever worked. */
export const UPGRADE_MS = 30_000;

/** Bytes waiting in the socket above which nothing more is put there. */
export const MAX_BUFFERED_BYTES = 65_536;

export type Transport = 'websocket' | 'sse';

export type ConnectionState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly attempt: number }
  | { readonly kind: 'live'; readonly transport: Transport }
  | { readonly kind: 'waiting'; readonly attempt: number; readonly wait_ms: number }
  | { readonly kind: 'offline' }
  | { readonly kind: 'final'; readonly code: number; readonly reason: string };

export type ShowPhase = 'before' | 'live' | 'hold';

/** How connections are opened: the browser's own classes, or a test's. */
export interface Sockets {
  webSocket(url: string, protocol: string): WebSocket;
  eventSource(url: string): EventSource;
}

export interface FeedOptions {
  readonly base: string;
  readonly show: string;
  readonly channel: string;
  readonly clock: ServerClock;
  readonly random: () => number;
  readonly page: Window;
  readonly sockets?: Sockets;
}

const BROWSER_SOCKETS: Sockets = {
  webSocket: (url, protocol) => new WebSocket(url, protocol),
  eventSource: (url) => new EventSource(url),
};

/**
 * The cue feed of one channel: connects, resumes exactly by (epoch, seq), and comes back by itself.
 *
 * A missing seq is never skipped over: the connection is dropped and resumed after the last message that was in order, so
 * the timeline is always what the log says up to some point. Call `start` once, `stop` when done.
 */
export class FeedClient {
  readonly timeline = new Timeline();
  /** The timeline or the stock changed. */
  readonly changes = new Signal<void>();
  /** The connection's state changed. */
  readonly states = new Signal<ConnectionState>();
  /** An order's news, a place in line, or a problem with a tap. */
  readonly answers = new Signal<OrderMessage | LineMessage | ProblemMessage>();

  readonly #options: FeedOptions;
  readonly #sockets: Sockets;
  readonly #probes: Probes;
  #state: ConnectionState = { kind: 'idle' };
  #phase: ShowPhase = 'before';
  #resume: ResumePoint | null = null;
  #attempt = 0;
  #correlation: Correlation | null = null;
  #reportShare = 1;
  #unopened = 0;
  #webSocketWorked = false;
  #webSocket: WebSocket | null = null;
  #eventSource: EventSource | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unlisten: (() => void)[] = [];

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#sockets = options.sockets ?? BROWSER_SOCKETS;
    this.#probes = new Probes(options.clock, options.random, {
      send: (request) => this.send(request),
      lost: () => {
        this.#reconnect();
      },
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** How far the channel's picture is behind, as the server last told; null where it never did. */
  get correlation(): Correlation | null {
    return this.#correlation;
  }

  /** The share of viewers who are asked to report shown takes. */
  get reportShare(): number {
    return this.#reportShare;
  }

  get phase(): ShowPhase {
    return this.#phase;
  }

  start(): void {
    if (this.#state.kind !== 'idle') return;
    const { page } = this.#options;
    this.#unlisten = [
      on(page, 'online', () => {
        if (this.#state.kind === 'offline' || this.#state.kind === 'waiting') this.#connect();
      }),
      on(page, 'offline', () => {
        if (this.#state.kind === 'final') return;
        this.#drop();
        this.#enter({ kind: 'offline' });
      }),
      on(page.document, 'visibilitychange', () => {
        if (page.document.visibilityState !== 'visible') return;
        if (this.#state.kind === 'waiting') this.#connect();
        else if (this.#webSocket !== null) this.#probes.now();
      }),
    ];
    this.#connect();
  }

  stop(): void {
    for (const unlisten of this.#unlisten) unlisten();
    this.#unlisten = [];
    this.#drop();
    this.#enter({ kind: 'idle' });
  }

  /**
   * Takes in cues that came with the picture while there is no feed. One cue has one id, whichever way it comes: the feed, once it
   * is there, tells it again in full, and what the feed has told already stays as told.
   */
  hearInBand(cues: readonly Cue[]): void {
    if (this.#state.kind === 'live' || this.#state.kind === 'idle') return;
    const known = new Set(this.timeline.cues().map((cue) => cue.id));
    const news = cues.filter((cue) => !known.has(cue.id));
    if (news.length === 0) return;
    for (const cue of news) this.timeline.addCue(cue);
    this.#phase = 'live';
    this.changes.emit();
  }

  /** Sends over the open WebSocket. False: there is none that can take it now, use HTTP. */
  send(message: ClientMessage): boolean {
    const socket = this.#webSocket;
    if (socket === null || this.#state.kind !== 'live' || socket.readyState !== WebSocket.OPEN) return false;
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) return false;
    socket.send(JSON.stringify(message));
    return true;
  }

  #connect(): void {
    this.#drop();
    const { base, show, channel } = this.#options;
    const transport: Transport = this.#unopened > 0 && this.#unopened % (FAILURES_BEFORE_SSE + 1) === FAILURES_BEFORE_SSE ? 'sse' : 'websocket';
    this.#enter({ kind: 'connecting', attempt: this.#attempt });
    this.#timer = setTimeout(() => {
      this.#unopened += 1;
      this.#reconnect();
    }, FIRST_MESSAGE_MS);
    const url = feedUrl(base, show, channel, transport, this.#resume);
    if (transport === 'websocket') this.#openWebSocket(url);
    else this.#openEventSource(url);
  }

  #openWebSocket(url: string): void {
    const socket = this.#sockets.webSocket(url, SUBPROTOCOL);
    this.#webSocket = socket;
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (socket === this.#webSocket && typeof event.data === 'string') this.#receive(event.data, 'websocket');
    };
    socket.onclose = (event) => {
      if (socket !== this.#webSocket) return;
      if (event.code >= FINAL_CODES.from && event.code <= FINAL_CODES.to) {
        this.#drop();
        this.#enter({ kind: 'final', code: event.code, reason: event.reason });
        return;
      }
      // Only a connection that never spoke says that this network may not carry WebSockets.
      if (this.#state.kind === 'connecting' && event.code < 4000) this.#unopened += 1;
      this.#reconnect(hintMs(event.reason));
    };
  }

  #openEventSource(url: string): void {
    const source = this.#sockets.eventSource(url);
    this.#eventSource = source;
    source.onmessage = (event: MessageEvent<unknown>) => {
      if (source === this.#eventSource && typeof event.data === 'string') this.#receive(event.data, 'sse');
    };
    source.onerror = () => {
      if (source !== this.#eventSource) return;
      // Our own reconnect, with jitter and the exact point, instead of the browser's fixed one.
      this.#unopened += 1;
      this.#reconnect();
    };
  }

  #receive(text: string, transport: Transport): void {
    const message = parseFeedMessage(text);
    if (message === undefined) return;
    switch (message.type) {
      case 'snapshot':
        this.#resume = { epoch: message.epoch, seq: message.seq };
        this.#phase = message.state.phase;
        this.timeline.reset(message.state);
        this.#correlation = message.state.correlations?.[this.#options.channel] ?? null;
        this.#reportShare = message.report_share ?? 1;
        this.#options.clock.addSnapshot(message.now_ms);
        this.#settled(transport);
        this.changes.emit();
        break;
      case 'resumed':
        if (message.epoch === this.#resume?.epoch && message.seq === this.#resume.seq) {
          this.#settled(transport);
        } else {
          this.#resume = null;
          this.#reconnect();
        }
        break;
      case 'cue':
      case 'stock':
      case 'channel':
        this.#follow(message);
        break;
      case 'clock':
        this.#clockAnswer(message);
        break;
      case 'order':
      case 'line':
      case 'problem':
        this.answers.emit(message);
        break;
    }
  }

  #follow(message: Extract<FeedMessage, { type: 'cue' | 'stock' | 'channel' }>): void {
    if (this.#resume === null || this.#state.kind !== 'live') return;
    if (message.seq <= this.#resume.seq) return;
    if (message.seq !== this.#resume.seq + 1) {
      this.#reconnect();
      return;
    }
    this.#resume = { epoch: this.#resume.epoch, seq: message.seq };
    if (message.type === 'cue') {
      this.timeline.addCue(message);
      if (this.#phase === 'before') this.#phase = 'live';
    } else if (message.type === 'stock') {
      this.timeline.addStock(message);
    } else if (message.channel === this.#options.channel) {
      this.#correlation = message.correlation;
    }
    this.changes.emit();
  }

  #clockAnswer(answer: ClockAnswer): void {
    this.#probes.answered(answer);
  }

  /** The first message arrived: the connection is good. */
  #settled(transport: Transport): void {
    clearTimeout(this.#timer);
    this.#attempt = 0;
    this.#unopened = 0;
    this.#enter({ kind: 'live', transport });
    if (transport === 'websocket') {
      this.#webSocketWorked = true;
      this.#probes.start();
    } else if (this.#webSocketWorked) {
      this.#timer = setTimeout(() => {
        this.#connect();
      }, UPGRADE_MS);
    }
  }

  /** `hint_ms`: when the server said to come again, each viewer another time; else a random wait. */
  #reconnect(hint_ms: number | null = null): void {
    this.#drop();
    if (!this.#options.page.navigator.onLine) {
      this.#enter({ kind: 'offline' });
      return;
    }
    const wait_ms = hint_ms ?? backoffMs(RECONNECT, this.#attempt, this.#options.random());
    this.#attempt += 1;
    this.#enter({ kind: 'waiting', attempt: this.#attempt, wait_ms });
    this.#timer = setTimeout(() => {
      this.#connect();
    }, wait_ms);
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#probes.stop();
    const socket = this.#webSocket;
    this.#webSocket = null;
    socket?.close(1000);
    this.#eventSource?.close();
    this.#eventSource = null;
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    this.states.emit(state);
  }
}

function hintMs(reason: string): number | null {
  const said = RETRY_HINT.exec(reason);
  return said === null ? null : Math.min(MAX_HINT_MS, Number(said[1]));
}

function on(target: EventTarget, type: string, listener: () => void): () => void {
  target.addEventListener(type, listener);
  return () => {
    target.removeEventListener(type, listener);
  };
}
