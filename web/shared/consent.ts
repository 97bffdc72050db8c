import { consentUrl } from './addresses';
import { ask, ProblemError, type Fetch } from './http';
import type { ViewerSession } from './session';
import { Signal } from './signal';
import { ownProblem, type Problem } from './wire';

/** Where a tap must hear whether its buyer has agreed how to pay, it waits no longer than this. */
export const LEARN_MS = 2_500;

export type Provider = 'alipay' | 'sandbox' | 'stripe' | 'wechat_pay';

/** A standing agreement as its buyer sees it: references, of which the last characters are shown. */
export interface ConsentView {
  readonly provider: Provider;
  readonly ends_with: string;
  readonly currency: string;
  readonly limit: number | null;
  readonly address: string;
}

/** An agreement that the buyer signed with the gateway, by reference, and the channel's proof that it is theirs. */
export interface Agreement {
  readonly provider: Provider;
  readonly reference: string;
  readonly customer?: string;
  readonly currency: string;
  readonly limit?: number;
  readonly proof?: string;
}

/** Lets the buyer sign with a gateway, where that happens: in the channel's app or its page. Null: they did not. */
export type Signing = (wanted: { readonly provider: Provider; readonly currency: string }) => Promise<Agreement | null>;

/** The buyer may choose among the addresses the channel keeps for them; only these names of them come here. */
export const ADDRESSES = ['home', 'work'] as const;
export type AddressName = (typeof ADDRESSES)[number];

/** With the sandbox there is nothing to sign: its buyers have agreed from the start, until they take it back. */
const PRETENDED: ConsentView = { provider: 'sandbox', ends_with: '', currency: '', limit: null, address: 'home' };

export interface ConsentOptions {
  readonly base: string;
  readonly show: string;
  readonly channel: string;
  /** Where this browser remembers that its buyer took a pretended agreement back. */
  readonly store: Storage;
  readonly session: ViewerSession;
  readonly fetch: Fetch;
  readonly newKey: () => string;
}

interface Known {
  /** The gateway that takes this channel's orders; null where the server tells none. */
  readonly provider: Provider | null;
  readonly consents: readonly ConsentView[];
}

/**
 * The buyer's standing consent to pay by one tap, on this show and channel. The agreement is the server's; kept here is only
 * that the buyer took a pretended one back.
 */
export class Consent {
  readonly changes = new Signal<void>();
  /** Set by a host page whose buyers sign with a real gateway. */
  signing: Signing | null = null;

  readonly #options: ConsentOptions;
  readonly #place: string;
  #known: Known | null = null;
  #learning: Promise<void> | null = null;
  #storing: Promise<void> | null = null;

  constructor(options: ConsentOptions) {
    this.#options = options;
    this.#place = `snbn.taken-back.${options.show}.${options.channel}`;
  }

  /** The consent an order here would be paid by, or null. */
  get given(): ConsentView | null {
    return this.#stored ?? (this.provider === 'sandbox' && !this.#takenBack ? PRETENDED : null);
  }

  /** The gateway that takes this channel's orders, once known. */
  get provider(): Provider | null {
    return this.#known?.provider ?? null;
  }

  /** Whether a buyer can agree on this page: the sandbox's agreement is pretended, others are signed where the host says. */
  get possible(): boolean {
    const { provider } = this;
    return provider === 'sandbox' || (provider !== null && this.signing !== null);
  }

  /**
   * Whether a tap may go now: its buyer has agreed, or cannot here. Only a buyer who may have to be asked waits to hear: on a
   * page that can have agreements signed, or after taking one back. `currency`: of the order; null where it is not known.
   */
  ready(currency: string | null): boolean | Promise<boolean> {
    if (this.#known !== null || (this.signing === null && !this.#takenBack)) return this.#goes(currency);
    const late = new Promise<void>((resolve) => setTimeout(resolve, LEARN_MS));
    return Promise.race([this.learn(), late]).then(() => this.#goes(currency));
  }

  /** Asks the server what it knows; where it does not answer, nothing is known. */
  learn(): Promise<void> {
    this.#learning ??= this.#ask({ method: 'GET' })
      .catch(() => undefined)
      .finally(() => {
        this.#learning = null;
      });
    return this.#learning;
  }

  /** Keeps an agreement. Null: done; otherwise why not, or that the buyer did not sign. */
  async agree(address: AddressName, currency: string): Promise<Problem | null> {
    if (this.#known === null) await this.learn();
    const { provider } = this;
    if (provider === null) return ownProblem('unreachable');
    try {
      const signed = provider === 'sandbox' ? this.#pretended(currency) : await this.signing?.({ provider, currency });
      if (signed === null || signed === undefined) return ownProblem('not-confirmed');
      await this.#ask({ method: 'PUT', body: { ...signed, address } });
      this.#options.store.removeItem(this.#place);
      return null;
    } catch (error) {
      return error instanceof ProblemError ? error.problem : ownProblem('unreachable');
    }
  }

  /** Forgets all agreements, at the server too. Null: done; otherwise why not. */
  async revoke(): Promise<Problem | null> {
    const before = this.#takenBack;
    // First, so that no tap from now on takes it for given; then what is being stored must arrive before it is deleted.
    this.#options.store.setItem(this.#place, '1');
    await this.#storing;
    try {
      await this.#ask({ method: 'DELETE' });
      return null;
    } catch (error) {
      if (!before) this.#options.store.removeItem(this.#place);
      this.changes.emit();
      return error instanceof ProblemError ? error.problem : ownProblem('unreachable');
    }
  }

  get #stored(): ConsentView | null {
    return this.#known?.consents.find((consent) => consent.provider === this.#known?.provider) ?? null;
  }

  get #takenBack(): boolean {
    return this.#options.store.getItem(this.#place) !== null;
  }

  #goes(currency: string | null): boolean {
    const goes = this.#known === null ? !this.#takenBack : this.given !== null || !this.possible;
    if (goes && currency !== null && this.#stored === null) {
      this.#storing ??= this.#storePretended(currency)
        // The tap went without it and is paid without it; the next tap stores it.
        .catch(() => undefined)
        .finally(() => {
          this.#storing = null;
        });
    }
    return goes;
  }

  async #storePretended(currency: string): Promise<void> {
    if (this.#known === null) await this.learn();
    if (this.given !== PRETENDED) return;
    await this.#ask({ method: 'PUT', body: { ...this.#pretended(currency), address: PRETENDED.address } });
  }

  #pretended(currency: string): Agreement {
    return { provider: 'sandbox', reference: `sandbox-${this.#options.newKey()}`, currency };
  }

  async #ask(question: { readonly method: 'DELETE' | 'GET' | 'PUT'; readonly body?: unknown }): Promise<void> {
    const { base, session, fetch } = this.#options;
    const answer = await ask(fetch, { ...question, url: consentUrl(base), token: await session.token() });
    if (!answer.ok) throw new ProblemError(answer.problem);
    this.#known = question.method === 'DELETE' ? { provider: this.#known?.provider ?? null, consents: [] } : asKnown(answer.body);
    this.changes.emit();
  }
}

function asKnown(body: unknown): Known {
  const answer = body as { readonly provider?: Provider; readonly consents?: readonly ConsentView[] } | undefined;
  return { provider: answer?.provider ?? null, consents: Array.isArray(answer?.consents) ? answer.consents : [] };
}
