/** Where the server is and what it calls things. `base` is an origin, or an origin and a path prefix, without a final slash. */

export function showUrl(base: string, show: string): string {
  return `${base}/v1/shows/${encodeURIComponent(show)}`;
}

export function showsUrl(base: string): string {
  return `${base}/v1/shows`;
}

export function guestsUrl(base: string, show: string): string {
  return `${showUrl(base, show)}/guests`;
}

export function ordersUrl(base: string): string {
  return `${base}/v1/orders`;
}

export function orderUrl(base: string, order: string): string {
  return `${ordersUrl(base)}/${encodeURIComponent(order)}`;
}

export function cancelUrl(base: string, order: string): string {
  return `${orderUrl(base, order)}/cancel`;
}

export function lineUrl(base: string, ticket: string): string {
  return `${base}/v1/line/${encodeURIComponent(ticket)}`;
}

export function leaveLineUrl(base: string, ticket: string): string {
  return `${lineUrl(base, ticket)}/leave`;
}

export function consentUrl(base: string): string {
  return `${base}/v1/me/consent`;
}

/** A point in the cue log to go on from exactly. */
export interface ResumePoint {
  readonly epoch: string;
  readonly seq: number;
}

/** The cue feed's address; http becomes ws for the WebSocket, and stays for Server-Sent Events. */
export function feedUrl(
  base: string,
  show: string,
  channel: string,
  transport: 'websocket' | 'sse',
  resume: ResumePoint | null,
): string {
  const url = new URL(`${showUrl(base, show)}/feed`);
  url.searchParams.set('channel', channel);
  if (resume !== null) {
    url.searchParams.set('epoch', resume.epoch);
    url.searchParams.set('after', String(resume.seq));
  }
  if (transport === 'websocket') url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/** What a page's address says: /watch/{show}?channel=youku#token=… */
export interface PageAddress {
  readonly base: string;
  readonly show: string;
  readonly channel: string;
  /** A viewer token given by whoever made the link, or null. Never sent in a request line: it is in the fragment. */
  readonly token: string | null;
}

/** Reads a page's own address. The show is the last path segment; empty on the front door. */
export function pageAddress(location: Location, defaultChannel: string): PageAddress {
  const segments = location.pathname.split('/').filter((segment) => segment !== '');
  const last = segments.at(-1) ?? '';
  return {
    base: location.origin,
    show: decode(last),
    channel: new URLSearchParams(location.search).get('channel') ?? defaultChannel,
    token: new URLSearchParams(location.hash.replace(/^#/u, '')).get('token'),
  };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** A link of a channel is followed only where it cannot run script in this page. */
export function isSafeLink(address: string): boolean {
  const scheme = /^([a-z][a-z0-9+.-]*):/iu.exec(address)?.[1]?.toLowerCase();
  return scheme !== undefined && !['javascript', 'data', 'vbscript', 'blob', 'file'].includes(scheme);
}
