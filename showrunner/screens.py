"""What consoles are shown: the rundown once, the state whenever it changes, gathered from every room."""

from collections.abc import Callable, Mapping

from broadcast.channel_messages import CardErrorView
from broadcast.channels.adapters.feed_hub import FeedHub
from broadcast.channels.cue_log import CueLog
from broadcast.checkout.port import StockBook
from broadcast.clock import Now
from broadcast.ids import ChannelId, Sku
from broadcast.messages import ChannelView, ConsoleRundown, ConsoleState, LookView, RundownEntry, StockLevel
from broadcast.overlay.scene import look_view
from broadcast.picture_messages import PictureState
from broadcast.show import Article, Look
from showrunner.control import Control
from showrunner.show_folder import LoadedShow


def rundown_view(
    show: LoadedShow, articles: Mapping[Sku, Article], level: Callable[[Sku], StockLevel | None]
) -> ConsoleRundown:
    """Return what a console shows of the rundown."""
    return ConsoleRundown(
        show=show.info.id,
        title=show.info.title,
        titles=show.info.titles,
        starts_at_ms=show.info.starts_at_ms,
        time_zone=show.info.time_zone,
        currency=show.info.currency,
        entries=tuple(_entry(look, look_view(look, articles, level), show) for look in show.looks),
        channels=tuple(
            ChannelView(id=channel.id, name=channel.name, names=channel.names, latency_ms=channel.latency_ms)
            for channel in show.channels
        ),
    )


def _entry(look: Look, view: LookView, show: LoadedShow) -> RundownEntry:
    limit = show.settings.limit_per_buyer
    return RundownEntry(
        look=look.id,
        cue=look.cue,
        number=look.number,
        title=look.title,
        titles=look.titles,
        brand=look.brand,
        notes=look.notes,
        planned_start_ms=look.planned_start_ms,
        planned_duration_ms=look.planned_duration_ms,
        offers=view.offers,
        skus_limit={sku: show.articles[sku].limit_per_buyer or limit for sku in look.skus},
    )


def state_view(
    control: Control,
    hub: FeedHub,
    cue_log: CueLog,
    checkout: StockBook,
    audience: Callable[[], Mapping[ChannelId, int]],
    card_errors: Callable[[], Mapping[ChannelId, CardErrorView]],
    picture: Callable[[], PictureState | None],
    now: Now,
) -> Callable[[tuple[str, ...]], ConsoleState]:
    """Return the function that gathers the state for the producers now connected."""

    def gather(producers: tuple[str, ...]) -> ConsoleState:
        state = control.state
        return ConsoleState(
            epoch=cue_log.epoch,
            seq=hub.seq,
            now_ms=now(),
            on_air=control.on_air(),
            armed=control.armed(),
            next=state.standby,
            hold=state.held,
            can_undo=state.can_undo,
            aired=control.aired(),
            stock=checkout.stock(),
            orders=checkout.counters(),
            audience={str(channel): viewers for channel, viewers in audience().items()},
            producers=producers,
            as_run=control.as_run(),
            correlations={str(channel): known for channel, known in control.correlations().items()},
            card_errors={str(channel): view for channel, view in card_errors().items()},
            picture=picture(),
        )

    return gather
