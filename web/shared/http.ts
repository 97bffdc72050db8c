import { asProblem, type Problem } from './wire';

/** A request unanswered for this long is given up; orders are then tried again with the same key. */
export const REQUEST_MS = 12_000;

/** The longest wait a server's Retry-After is believed to mean. */
export const MAX_RETRY_AFTER_MS = 60_000;

export type Answer =
  | { readonly ok: true; readonly status: number; readonly body: unknown; readonly replayed: boolean }
  | { readonly ok: false; readonly problem: Problem; readonly retry_after_ms: number | null };

export interface Question {
  readonly method: 'DELETE' | 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly token?: string;
  readonly key?: string;
  /** Proves when the buyer came for what is ordered. */
  readonly ticket?: string | null;
  readonly body?: unknown;
}

/** Fetches, or a test's stand-in. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * One HTTP exchange with the server. Every answer it gives, refusals too, comes back as a value.
 *
 * Throws what fetch throws (TypeError, AbortError) when there was no answer: nothing is then known about what happened.
 */
export async function ask(fetch: Fetch, question: Question): Promise<Answer> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (question.body !== undefined) headers['Content-Type'] = 'application/json';
  if (question.token !== undefined) headers['Authorization'] = `Bearer ${question.token}`;
  if (question.key !== undefined) headers['Idempotency-Key'] = question.key;
  if (typeof question.ticket === 'string') headers['Arrival-Ticket'] = question.ticket;
  const response = await fetch(question.url, {
    method: question.method,
    headers,
    credentials: 'omit',
    cache: 'no-store',
    signal: AbortSignal.timeout(REQUEST_MS),
    ...(question.body === undefined ? {} : { body: JSON.stringify(question.body) }),
  });
  const text = await response.text();
  const body = parse(text);
  if (response.ok) {
    return { ok: true, status: response.status, body, replayed: response.headers.get('Idempotency-Replayed') === 'true' };
  }
  return { ok: false, problem: asProblem(body, response.status), retry_after_ms: retryAfterMs(response.headers.get('Retry-After')) };
}

/** Retry-After in its seconds form (RFC 9110, 10.2.3), bounded; null where absent or a date. */
export function retryAfterMs(header: string | null): number | null {
  if (header === null || !/^\d+(\.\d+)?$/u.test(header.trim())) return null;
  return Math.min(MAX_RETRY_AFTER_MS, Number(header) * 1000);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The server refused, and said why. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.title === '' ? `answered ${problem.status}` : problem.title);
    this.problem = problem;
  }
}
