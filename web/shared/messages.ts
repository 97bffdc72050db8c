// Generated from broadcast/messages.py by `python -m showrunner.typescript`. Change it there.

export const MAX_CARD_ERROR_MS = 60000;

export const MAX_OFFSET_MS = 180000;

/**
 * How exact a channel's cards were at the newest takes, as its viewers report: programme time of shown less due.
 *
 * Attributes:
 *     reports: how many reports it rests on.
 *     p50_ms, p95_ms, p99_ms: so many percent of the cards were no further off than this, early or late.
 *     early: reports of a card before its frame.
 *     stated_ms: 95 % of the pages give their own reading a bound no wider than this; None where none does.
 *     alarm_ms: past this at the 95th percentile is an alarm.
 *     alarm: whether it is.
 */
export interface CardErrorView {
  readonly reports: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
  readonly early: number;
  readonly stated_ms: number | null;
  readonly alarm_ms: number;
  readonly alarm: boolean;
}

/**
 * A channel's correlation from now on. Every channel's feed carries it; viewers heed their own channel's.
 */
export interface ChannelNews {
  readonly type: 'channel';
  readonly seq: number;
  readonly channel: string;
  readonly correlation: Correlation;
}

/**
 * How far a channel's picture is behind the camera: a frame captured at t is seen there at t + ``offset_ms``.
 *
 * Attributes:
 *     offset_ms: 0 to ``MAX_OFFSET_MS``.
 *     error_ms: off by at most this, either way, as far as the source can say.
 *     source: measured by a probe, trimmed by hand, or the channel's usual delay.
 */
export interface Correlation {
  readonly offset_ms: number;
  readonly error_ms: number;
  readonly source: 'default' | 'manual' | 'probe';
}

export type CorrelationSource = 'default' | 'manual' | 'probe';

/**
 * A viewer's report that a take's card came on screen. Sampled and voluntary: nothing of the feed hangs on it.
 *
 * Attributes:
 *     cue: the take's.
 *     due_ms: its ``at_ms``.
 *     shown_ms: programme time of the frame on screen when the card became visible.
 *     source: how the page knows that time.
 *     error_ms: the page's own bound of it, or None where nobody can tell.
 */
export interface Shown {
  readonly type: 'shown';
  readonly cue: string;
  readonly due_ms: number;
  readonly shown_ms: number;
  readonly source: 'channel' | 'frames' | 'host' | 'playing-date' | 'start-date';
  readonly error_ms?: number | null;
}

export type ShownSource = 'channel' | 'frames' | 'host' | 'playing-date' | 'start-date';

export const MAX_JOIN_CODE_CHARS = 32;

/**
 * What is on the set that showed the code.
 */
export interface JoinAnswer {
  readonly show: string;
  readonly channel: string;
}

/**
 * The code a television on a channel shows until ``next_ms``; it is taken until ``expires_ms``. Both wall time.
 */
export interface JoinCodeAnswer {
  readonly code: string;
  readonly next_ms: number;
  readonly expires_ms: number;
}

/**
 * Body of ``POST /v1/join``: a code as it was typed.
 */
export interface JoinRequest {
  readonly code: string;
}

/**
 * How a buyer stands in line for a SKU that is held by others: answer to ``GET /v1/line/{ticket}``.
 *
 * - ``waiting``: ``place`` says how many people come before, plus one.
 * - ``offered``: pieces are set aside, see ``offer``.
 * - ``on_sale``: there are pieces for everybody again: tap.
 * - ``over``: as many people come before as pieces could still come back: there is nothing to wait for.
 */
export interface LineAnswer {
  readonly ticket: string;
  readonly sku: string;
  readonly quantity: number;
  readonly state: 'offered' | 'on_sale' | 'over' | 'waiting';
  readonly place: number | null;
  readonly could_win: boolean;
  readonly offer: LineOfferView | null;
}

/**
 * News of a place in line, under the ``id`` of the tap that was refused: see ``LineAnswer``.
 */
export interface LineMessage {
  readonly type: 'line';
  readonly id: string;
  readonly ticket: string;
  readonly sku: string;
  readonly quantity: number;
  readonly state: 'offered' | 'on_sale' | 'over' | 'waiting';
  readonly place: number | null;
  readonly could_win: boolean;
  readonly offer: LineOfferView | null;
}

/**
 * Pieces set aside for one buyer in line, until a wall instant: an order takes them.
 */
export interface LineOfferView {
  readonly quantity: number;
  readonly until_ms: number;
}

export type LineState = 'offered' | 'on_sale' | 'over' | 'waiting';

/**
 * An amount.
 *
 * Attributes:
 *     value: minor units (fen, cents), never negative in an offer.
 *     currency: ISO 4217 code, e.g. ``CNY``.
 */
export interface Money {
  readonly value: number;
  readonly currency: string;
}

/**
 * Something that happened to the picture. ``name`` is stable; ``detail`` is for a person.
 */
export interface PictureEventView {
  readonly name: string;
  readonly at_ms: number;
  readonly severity: 'error' | 'info' | 'warning';
  readonly detail: string;
}

/**
 * How a live picture is.
 *
 * ``source`` is its address without secrets, ``wrong`` names what is wrong now (``no-input``, ``black``, ``frozen``,
 * ``silent``, ``low-bitrate``; ``process-lost`` where the process that has the picture cannot be reached,
 * ``clock-apart`` where its clock is not that of orders), ``error_ms`` bounds the error of its dates, ``end_ms`` is
 * the capture of the newest frame that is packaged, and ``events`` are the newest, oldest first. None stands for what
 * is not known yet.
 */
export interface PictureState {
  readonly source: string;
  readonly wrong: readonly string[];
  readonly bits_per_second: number | null;
  readonly error_ms: number | null;
  readonly end_ms: number | null;
  readonly events: readonly PictureEventView[];
}

/**
 * A channel as viewers' pages list it. ``playhead``: its players know the programme time they show.
 */
export interface PublicChannel {
  readonly id: string;
  readonly name: string;
  readonly names: Readonly<Record<string, string>>;
  readonly kind: 'app' | 'tv' | 'web';
  readonly latency_ms: number;
  readonly playhead: boolean;
  readonly guests: boolean;
}

/**
 * Where the picture is: the address of a live HLS playlist, or None.
 */
export interface PublicProgramme {
  readonly hls: string | null;
}

/**
 * Answer to ``GET /v1/shows/{show}``.
 */
export interface PublicShow {
  readonly show: string;
  readonly title: string;
  readonly titles: Readonly<Record<string, string>>;
  readonly starts_at_ms: number;
  readonly time_zone: string;
  readonly currency: string;
  readonly programme: PublicProgramme;
  readonly channels: readonly PublicChannel[];
}

/**
 * What one piece costs from one programme instant until another, the latter excluded.
 */
export interface TimedPrice {
  readonly from_ms: number;
  readonly until_ms: number;
  readonly price: Money;
}

export const MAX_QUANTITY = 99;

export const MAX_KEY_CHARS = 255;

export const MAX_NAME_CHARS = 64;

export const MAX_TOKEN_CHARS = 4096;

export const MAX_TICKET_CHARS = 2048;

export const MAX_TAP_ID_CHARS = 64;

export const MAX_COMMAND_NOTE_CHARS = 500;

export type OfferState = 'ended' | 'on_sale' | 'sold_out';

export type StockState = 'ended' | 'on_sale' | 'sold_out';

export type CueAction = 'clear' | 'correct' | 'take' | 'update';

export type OrderStatus = 'fulfilled' | 'paid' | 'released' | 'reserved';

export type ReleaseReason = 'cancelled' | 'hold-ran-out' | 'payment-failed';

/**
 * One SKU on the card. ``titles`` and ``options`` are for display; ``state`` is as of the message.
 *
 * A piece costs what ``prices`` say at the viewer's own playhead, else ``price``; a pre-order's payment is due later.
 */
export interface OfferView {
  readonly sku: string;
  readonly title: string;
  readonly titles: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
  readonly price: Money;
  readonly compare_at: Money | null;
  readonly image: string | null;
  readonly state: 'ended' | 'on_sale' | 'sold_out';
  readonly prices?: readonly TimedPrice[];
  readonly payment_due_ms?: number | null;
}

/**
 * This channel's own addresses for one SKU: ``app`` opens the channel's app, ``web`` is the fallback.
 */
export interface SkuLinks {
  readonly app: string | null;
  readonly web: string | null;
}

/**
 * A look as one channel's viewers see it. ``links`` maps each SKU to that channel's deep links.
 */
export interface LookView {
  readonly id: string;
  readonly number: string;
  readonly title: string;
  readonly titles: Readonly<Record<string, string>>;
  readonly brand: string;
  readonly offers: readonly OfferView[];
  readonly links: Readonly<Record<string, SkuLinks>>;
}

/**
 * What is on screen from programme time ``at_ms`` on.
 *
 * A viewer shows the look of the cue with the greatest ``at_ms`` not after its own playhead; of cues with the same
 * ``at_ms`` the one with the greatest ``seq`` counts. ``look`` is None when nothing is to be shown. A ``correct``
 * cue carries the ``at_ms`` of the cue it replaces, so a viewer behind it never sees the mistake.
 * ``replaces`` names the cues that no longer count at all (an undone take).
 */
export interface Cue {
  readonly type: 'cue';
  readonly seq: number;
  readonly epoch: string;
  readonly id: string;
  readonly at_ms: number;
  readonly sent_ms: number;
  readonly action: 'clear' | 'correct' | 'take' | 'update';
  readonly look: LookView | null;
  readonly replaces?: readonly string[];
}

/**
 * How many pieces of a SKU are left to reserve. Coalesced: at most two a second a SKU.
 */
export interface Stock {
  readonly type: 'stock';
  readonly seq: number;
  readonly sku: string;
  readonly left: number;
  readonly state: 'ended' | 'on_sale' | 'sold_out';
}

/**
 * A SKU's stock inside a snapshot.
 */
export interface StockLevel {
  readonly left: number;
  readonly state: 'ended' | 'on_sale' | 'sold_out';
}

/**
 * The whole current state.
 *
 * Attributes:
 *     title, titles, starts_at_ms: the show.
 *     on_air: the cue in force at the live edge, or None.
 *     cues: the newest cues that still count, oldest first, for viewers whose playhead is behind the live edge.
 *     stock: SKU → level, for every SKU of the show.
 *     phase: ``before`` the first take, ``live`` after it.
 *     correlations: channel → how far its picture is behind, where that was measured or trimmed during the show.
 */
export interface FeedState {
  readonly title: string;
  readonly titles: Readonly<Record<string, string>>;
  readonly starts_at_ms: number;
  readonly on_air: Cue | null;
  readonly cues: readonly Cue[];
  readonly stock: Readonly<Record<string, StockLevel>>;
  readonly phase: 'before' | 'live';
  readonly correlations?: Readonly<Record<string, Correlation>>;
}

/**
 * First message of a feed that starts afresh. ``report_share``: the share of viewers who report shown takes.
 */
export interface Snapshot {
  readonly type: 'snapshot';
  readonly show: string;
  readonly epoch: string;
  readonly seq: number;
  readonly now_ms: number;
  readonly state: FeedState;
  readonly report_share?: number;
}

/**
 * First message of a feed that goes on exactly after ``seq``; every missed message follows in order.
 */
export interface Resumed {
  readonly type: 'resumed';
  readonly epoch: string;
  readonly seq: number;
}

/**
 * Answer to a clock request: ``t1_ms`` received, ``t2_ms`` answered, both server wall time.
 */
export interface ClockAnswer {
  readonly type: 'clock';
  readonly t0_ms: number;
  readonly t1_ms: number;
  readonly t2_ms: number;
}

/**
 * Answer to a tap, and later news of that order (paid, released), under the tap's ``id``.
 */
export interface OrderMessage {
  readonly type: 'order';
  readonly id: string;
  readonly order: string;
  readonly status: 'fulfilled' | 'paid' | 'released' | 'reserved';
  readonly sku: string;
  readonly quantity: number;
  readonly amount: Money;
  readonly hold_until_ms: number;
  readonly release_reason?: 'cancelled' | 'hold-ran-out' | 'payment-failed' | null;
  readonly payment_due_ms?: number | null;
  readonly replayed?: boolean;
}

/**
 * A refusal on an open WebSocket. ``problem`` is the RFC 9457 object the HTTP answer would have carried.
 */
export interface ProblemMessage {
  readonly type: 'problem';
  readonly id: string | null;
  readonly problem: Readonly<Record<string, unknown>>;
}

/**
 * A clock probe; ``t0_ms`` is echoed.
 */
export interface ClockRequest {
  readonly type: 'clock';
  readonly t0_ms: number;
}

/**
 * A one-tap order over the open WebSocket: the fields of an order plus token, key and an id to match by.
 */
export interface Tap {
  readonly type: 'tap';
  readonly id: string;
  readonly show: string;
  readonly sku: string;
  readonly quantity: number;
  readonly token: string;
  readonly key: string;
  readonly look?: string | null;
  readonly seen_price?: Money | null;
  readonly ticket?: string | null;
}

export type ClientMessage = ClockRequest | Tap | Shown;

/**
 * Body of ``POST /v1/orders``. ``seen_price`` is the price of one piece the buyer saw.
 */
export interface OrderRequest {
  readonly show: string;
  readonly sku: string;
  readonly quantity: number;
  readonly look?: string | null;
  readonly seen_price?: Money | null;
}

/**
 * An order as its buyer sees it. ``amount`` is the price of the whole order.
 *
 * ``release_reason`` is there once the order is released. ``payment_due_ms`` is there for a pre-order: nothing is
 * charged before that wall instant, and the hold outlasts it.
 */
export interface OrderAnswer {
  readonly order: string;
  readonly status: 'fulfilled' | 'paid' | 'released' | 'reserved';
  readonly sku: string;
  readonly quantity: number;
  readonly amount: Money;
  readonly hold_until_ms: number;
  readonly release_reason?: 'cancelled' | 'hold-ran-out' | 'payment-failed' | null;
  readonly payment_due_ms?: number | null;
}

export type CommandName = 'back' | 'clear' | 'correct' | 'hold' | 'jump' | 'next' | 'resume' | 'take' | 'trim' | 'undo';

/**
 * A producer's command.
 *
 * - ``take``: put ``look``, or the look standing by, on air at ``at_ms`` (default: now); the one after it stands by.
 * - ``next`` / ``back``: the look after / before the one standing by stands by. Nothing changes on air.
 * - ``jump``: ``look`` stands by.
 * - ``hold`` / ``resume``: no take until resumed; the card stays.
 * - ``clear``: nothing on air.
 * - ``correct``: the look on air was the wrong one: ``look`` replaces it from the same frame on.
 * - ``undo``: the last command that still counts never happened. A trim is not taken back but trimmed again.
 * - ``trim``: ``channel``'s picture is ``offset_ms`` behind the camera, give or take ``error_ms``, as seen by a person
 *   or (``source``) by a probe. Its viewers without a playhead and its orders follow at once.
 */
export interface CommandRequest {
  readonly command: 'back' | 'clear' | 'correct' | 'hold' | 'jump' | 'next' | 'resume' | 'take' | 'trim' | 'undo';
  readonly key: string;
  readonly look?: string | null;
  readonly at_ms?: number | null;
  readonly note?: string;
  readonly channel?: string | null;
  readonly offset_ms?: number | null;
  readonly error_ms?: number | null;
  readonly source?: 'manual' | 'probe';
}

/**
 * The cue a command made, as its producer sees it.
 */
export interface CommandCue {
  readonly id: string;
  readonly at_ms: number;
  readonly action: 'clear' | 'correct' | 'take' | 'update';
  readonly look: string | null;
}

/**
 * ``seq`` is the feed's sequence number that holds the command's effect. ``cue`` is absent where none was made.
 */
export interface CommandAnswer {
  readonly seq: number;
  readonly cue?: CommandCue | null;
  readonly repeated?: boolean;
}

/**
 * One line of the console's rundown.
 */
export interface RundownEntry {
  readonly look: string;
  readonly cue: string;
  readonly number: string;
  readonly title: string;
  readonly titles: Readonly<Record<string, string>>;
  readonly brand: string;
  readonly notes: string;
  readonly planned_start_ms: number | null;
  readonly planned_duration_ms: number | null;
  readonly offers: readonly OfferView[];
  readonly skus_limit: Readonly<Record<string, number>>;
}

/**
 * A channel as the console lists it.
 */
export interface ChannelView {
  readonly id: string;
  readonly name: string;
  readonly names: Readonly<Record<string, string>>;
  readonly latency_ms: number;
}

/**
 * Sent to a console once, when it connects: what does not change during the show.
 */
export interface ConsoleRundown {
  readonly show: string;
  readonly title: string;
  readonly titles: Readonly<Record<string, string>>;
  readonly starts_at_ms: number;
  readonly time_zone: string;
  readonly currency: string;
  readonly entries: readonly RundownEntry[];
  readonly channels: readonly ChannelView[];
}

/**
 * What is on air, for the console.
 */
export interface OnAirView {
  readonly look: string;
  readonly cue: string;
  readonly at_ms: number;
}

/**
 * One SKU's pieces: ``left + reserved + sold == initial``, always.
 */
export interface SkuCounter {
  readonly initial: number;
  readonly left: number;
  readonly reserved: number;
  readonly sold: number;
  readonly state: 'ended' | 'on_sale' | 'sold_out';
}

/**
 * Orders of the show by status, since the show began. Money is minor units of the show's currency.
 */
export interface OrderCounters {
  readonly placed: number;
  readonly reserved: number;
  readonly paid: number;
  readonly fulfilled: number;
  readonly released: number;
  readonly refused: number;
  readonly paid_value: number;
  readonly reserved_value: number;
}

/**
 * One command as it happened: the as-run record. ``undone`` is true once an undo took it back.
 *
 * ``channel`` and ``offset_ms`` are there for a trim, ``cue`` for what put something on screen.
 */
export interface AsRunEntry {
  readonly seq: number;
  readonly command: 'back' | 'clear' | 'correct' | 'hold' | 'jump' | 'next' | 'resume' | 'take' | 'trim' | 'undo';
  readonly look: string | null;
  readonly at_ms: number;
  readonly by: string;
  readonly undone: boolean;
  readonly channel?: string | null;
  readonly offset_ms?: number | null;
  readonly cue?: string | null;
}

/**
 * What changes during the show; pushed to every console when it does, at most a few times a second.
 */
export interface ConsoleState {
  readonly epoch: string;
  readonly seq: number;
  readonly now_ms: number;
  readonly on_air: OnAirView | null;
  readonly armed: readonly OnAirView[];
  readonly next: string | null;
  readonly hold: boolean;
  readonly can_undo: boolean;
  readonly aired: readonly string[];
  readonly stock: Readonly<Record<string, SkuCounter>>;
  readonly orders: OrderCounters;
  readonly audience: Readonly<Record<string, number>>;
  readonly producers: readonly string[];
  readonly as_run: readonly AsRunEntry[];
  readonly correlations?: Readonly<Record<string, Correlation>>;
  readonly card_errors?: Readonly<Record<string, CardErrorView>>;
  readonly picture?: PictureState | null;
}

/**
 * Body of ``POST /v1/shows/{show}/guests``: a viewer of a channel that has no accounts of its own.
 */
export interface GuestRequest {
  readonly channel: string;
}

/**
 * A viewer token for a guest; ``expires_ms`` is wall time.
 */
export interface GuestAnswer {
  readonly token: string;
  readonly expires_ms: number;
}
