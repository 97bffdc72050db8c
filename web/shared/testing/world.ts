import type { Sockets } from '../feed';
import type { Fetch } from '../http';

/** A WebSocket whose other end is the test. */
export class FakeWebSocket {
  readyState: number = WebSocket.CONNECTING;
  bufferedAmount = 0;
  readonly sent: unknown[] = [];
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  closedByPage = false;

  constructor(
    readonly url: string,
    readonly protocol: string,
  ) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.closedByPage = true;
    this.readyState = WebSocket.CLOSED;
  }

  says(message: unknown): void {
    this.readyState = WebSocket.OPEN;
    this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }

  closes(code: number, reason = ''): void {
    this.readyState = WebSocket.CLOSED;
    this.onclose?.({ code, reason });
  }
}

/** An EventSource whose other end is the test. */
export class FakeEventSource {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: (() => void) | null = null;
  closedByPage = false;

  constructor(readonly url: string) {}

  close(): void {
    this.closedByPage = true;
  }

  says(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

/** Hands out fake connections and remembers them. */
export class FakeSockets implements Sockets {
  readonly webSockets: FakeWebSocket[] = [];
  readonly eventSources: FakeEventSource[] = [];

  webSocket(url: string, protocol: string): WebSocket {
    const socket = new FakeWebSocket(url, protocol);
    this.webSockets.push(socket);
    return socket as unknown as WebSocket;
  }

  eventSource(url: string): EventSource {
    const source = new FakeEventSource(url);
    this.eventSources.push(source);
    return source as unknown as EventSource;
  }

  get last(): FakeWebSocket {
    const socket = this.webSockets.at(-1);
    if (socket === undefined) throw new Error('no WebSocket was opened');
    return socket;
  }

  get lastEventSource(): FakeEventSource {
    const source = this.eventSources.at(-1);
    if (source === undefined) throw new Error('no EventSource was opened');
    return source;
  }
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers requests with a function of the test's; an Error is a network that does not answer. Remembers what was asked. */
export class FakeServer {
  readonly asked: Asked[] = [];
  constructor(public answer: (asked: Asked) => Reply | Error) {}

  readonly fetch: Fetch = (url, init) => {
    const asked: Asked = {
      method: init.method ?? 'GET',
      path: new URL(url).pathname,
      headers: init.headers as Record<string, string>,
      body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
    };
    this.asked.push(asked);
    const reply = this.answer(asked);
    if (reply instanceof Error) return Promise.reject(reply);
    return Promise.resolve(
      new Response(reply.body === undefined ? null : JSON.stringify(reply.body), { status: reply.status, headers: reply.headers ?? {} }),
    );
  };

  to(path: string): Asked[] {
    return this.asked.filter((asked) => asked.path === path);
  }
}

export function problem(name: string, status: number): { type: string; title: string; status: number } {
  return { type: `tag:seenowbuynow.example,2026:problems/${name}`, title: name, status };
}
