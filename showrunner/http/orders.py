"""One-tap orders over HTTP and over the open WebSocket: the same desk behind both."""

import asyncio
from collections import OrderedDict

import msgspec
import structlog
from aiohttp import web

from broadcast.channels.adapters.feed_socket import Answering, Reply
from broadcast.channels.adapters.tokens import Viewer, ViewerTokens, bearer
from broadcast.checkout.decisions import Placed
from broadcast.checkout.port import LineNews, OrderDoor, TapAnswer, TapWay
from broadcast.errors import Refusal
from broadcast.ids import BuyerId, ChannelId, OrderId, ShowId, Sku
from broadcast.line_messages import LineMessage, LineState
from broadcast.messages import MAX_KEY_CHARS, OrderAnswer, OrderMessage, OrderRequest, ProblemMessage, Tap
from showrunner.http.bodies import read_json
from showrunner.http.problems import problem_response
from showrunner.refusal_log import WRONG, RefusalLog
from showrunner.suspects import Suspects
from showrunner.tap_pace import TapPace

MAX_WATCHED_ORDERS = 100_000
"""Orders whose news is pushed to the WebSocket that placed them; older ones are asked for over HTTP."""

MAX_WATCHED_IN_LINE = 100_000
"""People in line whose news is pushed to the WebSocket their tap came over; the others ask over HTTP."""

InLine = tuple[Sku, ChannelId, BuyerId]
"""Who stands in line for which SKU."""

NEW = "reserved"
FINAL = frozenset({"fulfilled", "released"})

_request = msgspec.json.Decoder(OrderRequest)
_json = msgspec.json.Encoder()
log = structlog.get_logger()


class OrderDesk:
    """Takes taps from both doors, answers them, and tells the WebSocket that placed an order how it goes on.

    Args:
        show: whose orders.
        checkout: what is asked.
        tokens: tell who a viewer is.
        pace: how fast they may tap.
        tap: the way of a tap to the desk, where it is not straight.
        suspects: makes machines wait; None where nobody does.
        refusals: writes down what was wrong with taps.
    """

    def __init__(
        self,
        show: ShowId,
        checkout: OrderDoor,
        tokens: ViewerTokens,
        pace: TapPace,
        tap: TapWay | None = None,
        suspects: Suspects | None = None,
        refusals: RefusalLog | None = None,
    ) -> None:
        self._show = show
        self._checkout = checkout
        self._tap = tap
        self._tokens = tokens
        self._pace = pace
        self._suspects = suspects
        self._refusals = refusals or RefusalLog()
        checkout.on_line_news(self._line_changed)
        self._in_line: OrderedDict[InLine, tuple[str, Reply]] = OrderedDict()
        self._watched: OrderedDict[OrderId, _Watcher] = OrderedDict()

    # ------------------------------------------------------------ HTTP

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of orders."""
        return [
            web.post("/v1/orders", self._post),
            web.get("/v1/orders/{order}", self._get),
            web.post("/v1/orders/{order}/cancel", self._cancel),
            web.get("/v1/line/{ticket}", self._get_line),
            web.post("/v1/line/{ticket}/leave", self._leave_line),
        ]

    async def _post(self, request: web.Request) -> web.Response:
        key = request.headers.get("Idempotency-Key", "")
        viewer, often = self.admit(request.headers.get("Authorization"), key)
        ticket = request.headers.get("Arrival-Ticket")
        placed = await self._answered(viewer, key, await read_json(request, _request), ticket, often=often)
        if isinstance(placed, Refusal):
            self.note_early(viewer, placed)
            return problem_response(placed.problem())
        headers = {"Location": f"/v1/orders/{placed.answer.order}"}
        if placed.replayed:
            headers["Idempotency-Replayed"] = "true"
        return _answer(placed.answer, 201, headers)

    async def _get(self, request: web.Request) -> web.Response:
        viewer = self._viewer(request)
        order = await self._checkout.order(viewer.channel, viewer.buyer, OrderId(request.match_info["order"]))
        return _answer(order, 200, {"Cache-Control": "no-store"})

    async def _cancel(self, request: web.Request) -> web.Response:
        viewer = self._viewer(request)
        order = await self._checkout.cancel(viewer.channel, viewer.buyer, OrderId(request.match_info["order"]))
        return _answer(order, 200, {"Cache-Control": "no-store"})

    async def _get_line(self, request: web.Request) -> web.Response:
        viewer = self._viewer(request)
        answer = await self._checkout.line(viewer.channel, viewer.buyer, request.match_info["ticket"])
        return web.json_response(body=_json.encode(answer), headers={"Cache-Control": "no-store"})

    async def _leave_line(self, request: web.Request) -> web.Response:
        viewer = self._viewer(request)
        await self._checkout.leave_line(viewer.channel, viewer.buyer, request.match_info["ticket"])
        return web.Response(status=204)

    def admit(self, authorization: str | None, key: str) -> tuple[Viewer, bool]:
        """Return whose tap over HTTP this is, and whether they tap often.

        Raises:
            Refusal: ``unauthorized``, ``malformed`` (the key), or ``too-many-requests``.
        """
        viewer = self._tokens.verify(bearer(authorization))
        if not 1 <= len(key) <= MAX_KEY_CHARS:
            raise Refusal("malformed", f"send an Idempotency-Key of 1 to {MAX_KEY_CHARS} characters")
        return viewer, self._pace.take(viewer)

    def place(
        self, viewer: Viewer, key: str, request: OrderRequest, ticket: str | None, answer: TapAnswer, *, often: bool
    ) -> None:
        """Place an order; its answer is handed over, now or once it is durable.

        Raises:
            Refusal: ``no-such-show``.
        """
        self._refuse_other_shows(request)
        way = self._way(viewer, request) if often else self._tap or self._checkout.tap
        way(
            channel=viewer.channel,
            buyer=viewer.buyer,
            key=key,
            request=request,
            answer=answer,
            ticket=ticket,
            assurance=viewer.assurance,
        )

    def note_wrong(self, refusal: Refusal) -> None:
        """Write down what was wrong with an order over HTTP."""
        if refusal.name in WRONG:
            self._refusals.note("http", refusal.name, "/v1/orders")

    def note_early(self, viewer: Viewer, refusal: Refusal) -> None:
        """Let taps before a sale is open cost their buyer more."""
        if refusal.name == "not-on-sale" and "ended_at_ms" not in refusal.more:
            self._pace.early(viewer)
            if self._suspects is not None:
                self._suspects.refused(viewer, refusal)

    def _viewer(self, request: web.Request) -> Viewer:
        return self._tokens.verify(bearer(request.headers.get("Authorization")))

    # ------------------------------------------------------------ WebSocket

    def tap(self, tap: Tap, channel: ChannelId, reply: Reply) -> Answering:
        """Answer a tap that came over a viewer's open feed of ``channel``, now or once its order is durable."""
        asked = _Asked(self, tap, channel, reply)
        try:
            viewer = asked.viewer = self._on_feed(tap, channel)
            often = self._pace.take(viewer)
            request = OrderRequest(
                show=tap.show, sku=tap.sku, quantity=tap.quantity, look=tap.look, seen_price=tap.seen_price
            )
            self._refuse_other_shows(request)
            way = self._way(viewer, request) if often else self._tap or self._checkout.tap
            way(
                channel=viewer.channel,
                buyer=viewer.buyer,
                key=tap.key,
                request=request,
                answer=asked,
                ticket=tap.ticket,
                assurance=viewer.assurance,
            )
        except Refusal as refusal:
            asked(refusal)
        except Exception:
            log.exception("tap.fault")
            asked(Refusal("internal"))
        return asked

    def answer(self, asked: "_Asked", answered: Placed | Refusal) -> None:
        """Tell a viewer what became of their tap."""
        viewer, tap_id, reply = asked.viewer, asked.tap.id, asked.reply
        if isinstance(answered, Refusal):
            self._refused(asked, viewer, answered)
        elif viewer is not None:
            order = answered.answer
            reply(_json.encode(order_message(tap_id, order, replayed=answered.replayed)))
            self._watched[order.order] = _Watcher(tap_id, reply)
            if answered.replayed:
                self._watched.move_to_end(order.order)
            if len(self._watched) > MAX_WATCHED_ORDERS:
                self._watched.popitem(last=False)
            self._checkout.watch(viewer.channel, viewer.buyer, order)

    def _refused(self, asked: "_Asked", viewer: Viewer | None, refusal: Refusal) -> None:
        if refusal.name in WRONG:
            self._refusals.note("websocket", refusal.name, asked.channel)
        if viewer is not None:
            self.note_early(viewer, refusal)
            line = refusal.more.get("line", {})
            if line.get("could_win"):
                self._watch_line(viewer, asked.tap, line["ticket"], "waiting", asked.reply)
        asked.reply(_json.encode(ProblemMessage(id=asked.tap.id, problem=refusal.problem())))

    def watch_line(self, tap: Tap, channel: ChannelId, ticket: str, state: LineState, reply: Reply) -> None:
        """Tell a viewer of their place in line who made the tap at another door, and knows the place as ``state``."""
        try:
            self._watch_line(self._on_feed(tap, channel), tap, ticket, state, reply)
        except Refusal as refusal:
            reply(_json.encode(ProblemMessage(id=tap.id, problem=refusal.problem())))

    def _on_feed(self, tap: Tap, channel: ChannelId) -> Viewer:
        viewer = self._tokens.verify(tap.token)
        if viewer.channel != channel:
            raise Refusal("wrong-channel", f"this feed is {channel}'s")
        return viewer

    def changed(self, order: OrderAnswer) -> None:
        """Push an order's news to the WebSocket it was placed on, if that is still there."""
        watcher = self._watched.get(order.order)
        if watcher is None or order.status == NEW:  # its answer has said so
            return
        if order == watcher.told:  # it may come both from a desk of this process and over the link
            return
        watcher.told = order
        if not watcher.reply(_json.encode(order_message(watcher.tap_id, order))) or order.status in FINAL:
            self._watched.pop(order.order, None)

    def _watch_line(self, viewer: Viewer, tap: Tap, ticket: str, state: LineState, reply: Reply) -> None:
        who = (Sku(tap.sku), viewer.channel, viewer.buyer)
        self._in_line[who] = (tap.id, reply)
        self._in_line.move_to_end(who)
        if len(self._in_line) > MAX_WATCHED_IN_LINE:
            self._in_line.popitem(last=False)
        self._checkout.watch_line(viewer.channel, viewer.buyer, Sku(tap.sku), ticket, state)

    def _line_changed(self, news: LineNews) -> None:
        """Push news of a place in line to the WebSocket of its buyer, if that is still there."""
        who = (news.answer.sku, news.channel, news.buyer)
        watcher = self._in_line.get(who)
        if watcher is None:
            return
        tap_id, reply = watcher
        told = reply(_json.encode(LineMessage(id=tap_id, **msgspec.structs.asdict(news.answer))))
        if not told or news.answer.offer is None:  # an offer may still lapse
            self._in_line.pop(who, None)

    # ------------------------------------------------------------ both

    async def _answered(
        self, viewer: Viewer, key: str, request: OrderRequest, ticket: str | None, *, often: bool
    ) -> Placed | Refusal:
        """Place an order; a refusal is returned: raising one costs the refused crowd a traceback each."""
        answered = _Answered()
        self.place(viewer, key, request, ticket, answered, often=often)
        return answered.now or await answered.later()

    def _way(self, viewer: Viewer, request: OrderRequest) -> TapWay:
        """Return the way to the desk of somebody who taps often."""
        straight = self._tap or self._checkout.tap
        return straight if self._suspects is None else self._suspects.way(viewer, Sku(request.sku), straight)

    def _refuse_other_shows(self, request: OrderRequest) -> None:
        if request.show != self._show:
            raise Refusal("no-such-show", "that show is not on here")


class _Answered:
    """Hears a tap's answer for a request that waits for it; most refusals come before anybody has to wait."""

    __slots__ = ("_waiting", "now")

    def __init__(self) -> None:
        self.now: Placed | Refusal | None = None
        self._waiting: asyncio.Future[Placed | Refusal] | None = None

    def __call__(self, answer: Placed | Refusal) -> None:
        self.now = answer
        if self._waiting is not None and not self._waiting.done():  # whoever hung up has its tap decided all the same
            self._waiting.set_result(answer)

    def later(self) -> "asyncio.Future[Placed | Refusal]":
        """Return the future of an answer that is not there yet."""
        self._waiting = asyncio.get_running_loop().create_future()
        return self._waiting


class _Asked(Answering):
    """A tap that came over a viewer's open feed, and waits for its answer: it is called with it.

    A drop's crowd waits all at once, so this is one small object and no closure over six.

    Attributes:
        viewer: whose tap it is, once their token was verified.
    """

    __slots__ = ("_desk", "channel", "reply", "tap", "viewer")

    def __init__(self, desk: OrderDesk, tap: Tap, channel: ChannelId, reply: Reply) -> None:
        super().__init__()
        self._desk = desk
        self.tap = tap
        self.channel = channel
        self.reply = reply
        self.viewer: Viewer | None = None

    def __call__(self, answered: Placed | Refusal) -> None:
        """Hand over the answer."""
        try:
            self._desk.answer(self, answered)
        finally:
            self.given()


class _Watcher:
    """The WebSocket that hears of an order, and what it was told last."""

    __slots__ = ("reply", "tap_id", "told")

    def __init__(self, tap_id: str, reply: Reply) -> None:
        self.tap_id = tap_id
        self.reply = reply
        self.told: OrderAnswer | None = None


def order_message(tap_id: str, order: OrderAnswer, *, replayed: bool = False) -> OrderMessage:
    """Return an order as the WebSocket tells it."""
    return OrderMessage(
        id=tap_id,
        order=order.order,
        status=order.status,
        sku=order.sku,
        quantity=order.quantity,
        amount=order.amount,
        hold_until_ms=order.hold_until_ms,
        release_reason=order.release_reason,
        payment_due_ms=order.payment_due_ms,
        replayed=replayed,
    )


def _answer(order: OrderAnswer, status: int, headers: dict[str, str]) -> web.Response:
    return web.Response(body=_json.encode(order), status=status, content_type="application/json", headers=headers)
