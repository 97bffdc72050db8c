import { monotonicClock, ServerClock } from './clock';
import { Consent } from './consent';
import { FeedClient, type Sockets } from './feed';
import type { Fetch } from './http';
import { newKey } from './keys';
import { NowShowing } from './now-showing';
import { OrderBook } from './order-book';
import { OrderClient } from './orders';
import { channelReading, LatencyPlayhead, type Reading } from './playhead';
import { ViewerSession } from './session';
import { ShownReports } from './shown-reports';
import { SizeMemory } from './sizes';
import { StepUpDesk } from './step-up';
import { openStorage } from './storage';

/** Guests get their token some time after arriving, spread over this long, and not all at the first look. */
export const TOKEN_SPREAD_MS = 15_000;

export interface ViewingOptions {
  readonly base: string;
  readonly show: string;
  readonly channel: string;
  readonly token: string | null;
  readonly page: Window;
  readonly fetch?: Fetch;
  readonly sockets?: Sockets;
}

/** One viewer of one channel: everything between the server and what is on screen. Call `start` once and `stop` when done. */
export class Viewing {
  readonly clock: ServerClock;
  readonly feed: FeedClient;
  readonly session: ViewerSession;
  readonly orders: OrderClient;
  readonly showing: NowShowing;
  readonly consent: Consent;
  readonly sizes: SizeMemory;
  readonly stepUp: StepUpDesk;

  readonly #reports: ShownReports;

  /** How far the channel's picture is behind, for players that cannot tell; set it once the show is known. */
  latency_ms = 0;
  #early: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ViewingOptions) {
    const { base, show, channel, page } = options;
    const fetch: Fetch = options.fetch ?? ((url, init) => page.fetch(url, init));
    const random = (): number => Math.random();
    this.clock = new ServerClock(monotonicClock(page.performance));
    this.feed = new FeedClient({
      base,
      show,
      channel,
      clock: this.clock,
      random,
      page,
      ...(options.sockets === undefined ? {} : { sockets: options.sockets }),
    });
    const browser = openStorage('local', page);
    this.session = new ViewerSession({
      base,
      show,
      channel,
      given: options.token,
      store: browser,
      fetch,
      now: () => this.clock.now(),
    });
    this.sizes = new SizeMemory(browser);
    this.consent = new Consent({ base, show, channel, session: this.session, store: browser, fetch, newKey });
    this.orders = new OrderClient({
      base,
      show,
      feed: this.feed,
      clock: this.clock,
      session: this.session,
      book: new OrderBook(show, channel, openStorage('session', page), browser),
      fetch,
      random,
      newKey,
      ready: (wish) => this.consent.ready(wish.seen_price?.currency ?? null),
    });
    this.stepUp = new StepUpDesk(this.orders, this.session, page);
    this.showing = new NowShowing(this.feed);
    this.#reports = new ShownReports({ feed: this.feed, showing: this.showing, page, random });
  }

  /** The programme time by the channel's offset: as trimmed during the show, or else its usual delay. */
  readonly latencyTime = (): Reading => channelReading(this.clock, this.feed.correlation, this.latency_ms);

  /** Calls after everything a page draws anew for, but for the look itself, which `showing` tells. */
  listen(changed: () => void): void {
    this.feed.changes.listen(changed);
    this.feed.states.listen(changed);
    this.orders.changes.listen(changed);
    this.consent.changes.listen(changed);
    this.sizes.changes.listen(changed);
  }

  start(): void {
    this.feed.start();
    this.#reports.start();
    this.orders.resume();
    this.#early = setTimeout(() => {
      // A refusal is shown when the buyer taps; here it only means there is nothing to prepare.
      void this.consent.learn();
    }, Math.random() * TOKEN_SPREAD_MS);
  }

  /** Follows the channel's usual delay: there is no picture on this page that could be asked. */
  followLatency(): void {
    this.showing.follow(new LatencyPlayhead(this.latencyTime));
  }

  stop(): void {
    clearTimeout(this.#early);
    this.#reports.stop();
    this.showing.follow(null);
    this.stepUp.stop();
    this.orders.stop();
    this.feed.stop();
  }
}
