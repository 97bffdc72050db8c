"""Control: a producer's command becomes a stored entry, then cues in the log, and opens the look's articles for sale.

Stored before announced. Whatever was stored but not announced, because the process died or the log was away, is
announced before anything else happens.
"""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from broadcast.channel_messages import MANUAL_ERROR_MS, ChannelNews, Correlation
from broadcast.channels.adapters.feed_hub import FeedHub
from broadcast.channels.cue_log import MAX_APPEND, CueLog, LogLostError, LogMessage
from broadcast.checkout.port import StockBook
from broadcast.clock import Now, ProgrammeMs
from broadcast.errors import FieldError, Refusal, invalid
from broadcast.ids import ChannelId, CueId, LookId, NewId, Sku
from broadcast.messages import AsRunEntry, CommandAnswer, CommandCue, CommandRequest, Cue, LookView, OnAirView
from broadcast.timeline.adapters.sql_store import TimelineConflictError, TimelineStore, TimelineUnreachableError
from broadcast.timeline.as_run import as_run
from broadcast.timeline.cues import Command, Decision, TimelineState, decide, opening, rebuild
from broadcast.timeline.entries import DecidedCue, Entry
from broadcast.timeline.rundown import Rundown

ANNOUNCE_TIMEOUT_S = 5.0
"""How long a command waits for the cue log before its producer is told that viewers do not have the cue yet."""

MAX_AS_RUN_SHOWN = 200
"""Entries of the as-run record a console is sent."""

log = structlog.get_logger()


class Control:
    """The one place where commands of a show are decided, one at a time."""

    def __init__(  # noqa: PLR0913 - everything a command touches, by name
        self,
        *,
        rundown: Rundown,
        view: Callable[[LookId], LookView | None],
        store: TimelineStore,
        cue_log: CueLog,
        hub: FeedHub,
        checkout: StockBook,
        skus: Mapping[LookId, tuple[Sku, ...]],
        usual: Mapping[ChannelId, Correlation],
        now: Now,
        live: Callable[[], ProgrammeMs],
        new_id: NewId,
        on_changed: Callable[[], None],
    ) -> None:
        self._rundown = rundown
        self._view = view
        self._store = store
        self._log = cue_log
        self._hub = hub
        self._checkout = checkout
        self._skus = skus
        self._usual = usual
        self._told: dict[str, Correlation] = {}
        self._fenced: dict[ChannelId, Correlation] = {}
        self._now = now
        self._live = live
        self._new_id = new_id
        self._on_changed = on_changed
        self._state: TimelineState = opening(rundown)
        self._entries: list[Entry] = []
        self._seqs: dict[CueId, int] = {}
        self._unannounced: list[DecidedCue] = []
        self._open: dict[LookId, ProgrammeMs] = {}
        self._unsure = False
        self._deciding = asyncio.Lock()
        self._in_hand: set[asyncio.Future[CommandAnswer]] = set()

    @property
    def state(self) -> TimelineState:
        """The timeline as decided so far."""
        return self._state

    async def start(self) -> None:
        """Rebuild the timeline from the record, announce what never was, and open again what was on sale."""
        self._entries = await self._store.load()
        self._state = rebuild(self._entries, self._rundown)
        self._offer()
        await self.restore()

    async def restore(self) -> None:
        """Append every cue of the record that the log does not hold: what never was announced, or what the log lost.

        Raises:
            LogLostError, LogUnreachableError: the log could not be told; what is missing is kept for the next try.
        """
        async with self._deciding:
            self._unannounced = [cue for entry in self._entries for cue in entry.cues if cue.id not in self._seqs]
            await self._announce()

    def forget_places(self) -> None:
        """Forget where cues stand in the feed: the log was opened anew, and is about to say what it holds."""
        self._seqs.clear()
        self._told.clear()

    def heard(self, message: LogMessage) -> None:
        """Note where in the feed a cue stands; the hub tells of every message it learns."""
        if isinstance(message, Cue):
            self._seqs[message.id] = message.seq
        elif isinstance(message, ChannelNews):
            self._told[message.channel] = message.correlation

    async def command(self, request: CommandRequest, by: str) -> CommandAnswer:
        """Carry out one command. A caller that gives up does not stop it half way.

        Raises:
            Refusal: the timeline refuses, or ``not-ready`` when the command is stored but viewers cannot be told yet,
                or when the record does not say whether it is. The same again, with the same key, is then safe.
        """
        work = asyncio.ensure_future(self._carry_out(request, by))
        self._in_hand.add(work)
        work.add_done_callback(self._in_hand.discard)
        return await asyncio.shield(work)

    async def stop(self) -> None:
        """Finish the commands in hand, whose callers may be gone; then their databases may be closed."""
        await asyncio.gather(*self._in_hand, return_exceptions=True)

    async def _carry_out(self, request: CommandRequest, by: str) -> CommandAnswer:
        command = Command(
            name=request.command,
            key=request.key,
            look=LookId(request.look) if request.look is not None else None,
            at_ms=ProgrammeMs(request.at_ms) if request.at_ms is not None else None,
            by=by,
            note=request.note,
            channel=ChannelId(request.channel) if request.channel is not None else None,
            correlation=_correlation(request),
        )
        if command.channel is not None and command.channel not in self._usual:
            raise invalid(FieldError("/channel", "the show is not on this channel"))
        async with self._deciding:
            try:
                await self._look_again()
                decision = decide(command, self._state, self._rundown, self._now(), CueId(self._new_id()), self._live())
                if decision.entry is not None:
                    await self._record(decision, decision.entry)
            except (TimelineConflictError, TimelineUnreachableError) as failed:
                log.error("timeline.unreachable", reason=str(failed))  # noqa: TRY400 - no fault of ours to trace
                detail = "whether the command is stored is not known: give it again with the same key"
                raise Refusal("not-ready", detail, retry_after_ms=1000) from failed
            if self._unannounced or self._untold():
                await self._announce_in_time()
            # whoever taps once the producer knows must not be told that it is not on sale yet
            await self._checkout.openings_known()
            self._on_changed()
            return self._answer(decision)

    async def _look_again(self) -> None:
        """Learn from the record what became of an entry when storing it failed."""
        if not self._unsure:
            return
        entries = await self._store.load()
        self._unannounced += [cue for entry in entries[len(self._entries) :] for cue in entry.cues]
        self._entries = entries
        self._state = rebuild(entries, self._rundown)
        self._unsure = False
        self._offer()

    async def _record(self, decision: Decision, entry: Entry) -> None:
        self._unsure = True  # until the answer is here: what fails may be stored all the same
        await self._store.append(entry)
        self._unsure = False
        self._entries.append(entry)
        self._state = decision.state
        self._unannounced += entry.cues
        self._offer()
        log.info("command", command=entry.command, look=entry.look, number=entry.number, by=entry.by)

    async def _announce_in_time(self) -> None:
        try:
            async with asyncio.timeout(ANNOUNCE_TIMEOUT_S):
                await self._announce()
        except (OSError, TimeoutError, LogLostError) as unreachable:
            log.error("cue_log.unreachable", waiting=len(self._unannounced))  # noqa: TRY400 - no fault of ours to trace
            detail = "the command is stored; viewers get it as soon as the cue log answers"
            raise Refusal("not-ready", detail, retry_after_ms=1000) from unreachable

    async def _announce(self) -> None:
        while self._unannounced:
            batch = self._unannounced[:MAX_APPEND]
            for record in await self._log.append([self._neutral(cue) for cue in batch], self._now()):
                self.heard(record.message)
            del self._unannounced[: len(batch)]
        untold = self._untold()
        if untold:
            for record in await self._log.append(untold, self._now()):
                self.heard(record.message)

    def correlations(self) -> dict[ChannelId, Correlation]:
        """Return how far each channel is behind: as trimmed or measured, or else as usual."""
        return {channel: self._state.correlations.get(channel, usual) for channel, usual in self._usual.items()}

    def _untold(self) -> list[LogMessage]:
        """Return what viewers have not heard of their channels; a channel the show has left needs nothing."""
        return [
            ChannelNews(seq=0, channel=channel, correlation=correlation)
            for channel, correlation in self._state.correlations.items()
            if channel in self._usual and self._told.get(channel) != correlation
        ]

    def _fence(self) -> None:
        """Let each trimmed channel's orders open once its first viewers have the frame."""
        for channel, correlation in self._state.correlations.items():
            if channel in self._usual and self._fenced.get(channel) != correlation:
                self._checkout.set_fence(channel, correlation.earliest_ms)
                self._fenced[channel] = correlation

    def _neutral(self, cue: DecidedCue) -> Cue:
        return Cue(
            seq=0,
            epoch=self._log.epoch,
            id=cue.id,
            at_ms=cue.at_ms,
            sent_ms=0,
            action=cue.action,
            look=self._view(cue.look) if cue.look is not None else None,
            replaces=cue.replaces,
        )

    def _offer(self) -> None:
        """Put on sale what the timeline has shown and nothing else: an undone take never opened its look."""
        self._fence()
        opens: dict[LookId, ProgrammeMs] = {}
        for placed in self._state.standing:
            look = placed.cue.look
            if look is not None:
                opens[look] = min(placed.cue.at_ms, opens.get(look, placed.cue.at_ms))
        still = {sku for look in opens for sku in self._skus.get(look, ())}
        gone = {sku for look in self._open if look not in opens for sku in self._skus.get(look, ())} - still
        if gone:
            self._checkout.withdraw(gone)
        for look, at_ms in opens.items():
            if self._open.get(look) != at_ms:
                self._checkout.open_for_sale(self._skus.get(look, ()), at_ms)
        self._open = opens

    def _answer(self, decision: Decision) -> CommandAnswer:
        cue = decision.cue
        if cue is None:
            return CommandAnswer(seq=self._hub.seq, repeated=decision.repeated)
        made = CommandCue(id=cue.id, at_ms=cue.at_ms, action=cue.action, look=cue.look)
        return CommandAnswer(seq=self._seqs[cue.id], cue=made, repeated=decision.repeated)

    # ------------------------------------------------------------ what the console shows

    def on_air(self) -> OnAirView | None:
        """Return what is on air now."""
        return _view(self._state.on_air(self._live()))

    def armed(self) -> tuple[OnAirView, ...]:
        """Return the takes that wait for their time."""
        views = (_view(cue) for cue in self._state.armed(self._live()))
        return tuple(view for view in views if view is not None)

    def aired(self) -> tuple[LookId, ...]:
        """Return the looks that have been on air, in the order they first were."""
        live = self._live()
        looks = (placed.cue.look for placed in self._state.standing if placed.cue.at_ms <= live)
        return tuple(dict.fromkeys(look for look in looks if look is not None))

    def as_run(self) -> tuple[AsRunEntry, ...]:
        """Return the newest entries of the as-run record, oldest first."""
        return as_run(self._entries, self._seq_of)[-MAX_AS_RUN_SHOWN:]

    def _seq_of(self, entry: Entry) -> int:
        return self._seqs.get(entry.cue.id, 0) if entry.cue is not None else 0


def _correlation(request: CommandRequest) -> Correlation | None:
    if request.offset_ms is None:
        return None
    error_ms = MANUAL_ERROR_MS if request.error_ms is None else request.error_ms
    return Correlation(offset_ms=request.offset_ms, error_ms=error_ms, source=request.source)


def _view(cue: DecidedCue | None) -> OnAirView | None:
    if cue is None or cue.look is None:
        return None
    return OnAirView(look=cue.look, cue=cue.id, at_ms=cue.at_ms)
