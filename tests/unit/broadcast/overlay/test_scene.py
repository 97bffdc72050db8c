import itertools

import pytest

from broadcast.clock import ProgrammeMs
from broadcast.ids import CueId, Epoch, LookId, ShowId, Sku
from broadcast.messages import Cue, LookView, Stock
from broadcast.money import Money
from broadcast.overlay.scene import MAX_SCENE_CUES, Scene, look_view
from broadcast.show import Article, Look, ShowInfo

SHOW = ShowInfo(
    id=ShowId("gala"),
    title="Gala",
    titles={"en": "Gala"},
    starts_at_ms=1,
    time_zone="Asia/Shanghai",
    currency="CNY",
)


def article(sku: str, stock: int = 5) -> Article:
    return Article(
        sku=Sku(sku),
        handle=sku.lower(),
        title=sku,
        titles={"en": sku},
        brand="House",
        options={"Size": "M"},
        price=Money(100, "CNY"),
        compare_at=None,
        stock=stock,
    )


def shown(name: str) -> LookView:
    return LookView(id=LookId(name), number=name, title=name, titles={}, brand="b", offers=(), links={})


class Telling:
    """Tells a scene cues, numbered as they come."""

    def __init__(self) -> None:
        self.scene = Scene(SHOW, [article("COAT"), article("GONE", stock=0)])
        self._seq = itertools.count(1)

    def cue(self, name: str, at_ms: int, look: str | None = "", replaces: tuple[str, ...] = ()) -> None:
        seq = next(self._seq)
        self.scene.apply(
            Cue(
                seq=seq,
                epoch=Epoch("e"),
                id=CueId(name),
                at_ms=at_ms,
                sent_ms=0,
                action="clear" if look is None else "take",
                look=None if look is None else shown(look or name),
                replaces=tuple(CueId(each) for each in replaces),
            )
        )

    def at(self, at_ms: int) -> str | None:
        found = self.scene.at(ProgrammeMs(at_ms))
        return None if found is None else str(found.id)


@pytest.fixture
def tell() -> Telling:
    return Telling()


def test_before_the_first_cue_nothing_is_shown(tell: Telling) -> None:
    tell.cue("one", 1_000)
    assert tell.at(999) is None
    assert tell.at(1_000) == "one"


def test_a_viewer_behind_sees_what_was_on_screen_then(tell: Telling) -> None:
    for name, at_ms in (("one", 1_000), ("two", 2_000), ("three", 3_000)):
        tell.cue(name, at_ms)
    assert [tell.at(at_ms) for at_ms in (1_500, 2_000, 2_999, 9_000)] == ["one", "two", "two", "three"]


def test_a_cue_told_early_counts_from_its_own_frame_on(tell: Telling) -> None:
    tell.cue("later", 9_000)
    tell.cue("now", 1_000)
    assert (tell.at(1_000), tell.at(8_999), tell.at(9_000)) == ("now", "now", "later")


def test_of_two_cues_on_one_frame_the_later_told_counts(tell: Telling) -> None:
    tell.cue("first", 1_000)
    tell.cue("second", 1_000)
    assert tell.at(1_000) == "second"


def test_a_replaced_cue_never_was(tell: Telling) -> None:
    tell.cue("one", 1_000)
    tell.cue("mistake", 2_000)
    tell.cue("right", 2_000, replaces=("mistake",))
    assert tell.at(2_500) == "right"
    assert [cue.id for cue in tell.scene.cues] == ["one", "right"]


def test_a_cleared_screen_is_a_cue_without_a_look(tell: Telling) -> None:
    tell.cue("one", 1_000)
    tell.cue("dark", 2_000, look=None)
    state = tell.scene.state(ProgrammeMs(2_500))
    assert state.on_air is not None
    assert state.on_air.look is None


def test_the_state_says_what_is_on_air_at_the_live_edge_and_what_is_armed(tell: Telling) -> None:
    tell.cue("one", 1_000)
    tell.cue("armed", 9_000)
    state = tell.scene.state(ProgrammeMs(2_000))
    assert state.on_air is not None
    assert state.on_air.id == "one"
    assert [cue.id for cue in state.cues] == ["one", "armed"]
    assert state.phase == "live"


def test_stock_is_the_catalogues_until_it_is_told_otherwise(tell: Telling) -> None:
    state = tell.scene.state(ProgrammeMs(0))
    assert (state.stock[Sku("COAT")].left, state.stock[Sku("COAT")].state) == (5, "on_sale")
    assert (state.stock[Sku("GONE")].left, state.stock[Sku("GONE")].state) == (0, "sold_out")
    assert state.phase == "before"
    tell.scene.apply(Stock(seq=1, sku=Sku("COAT"), left=0, state="sold_out"))
    level = tell.scene.level(Sku("COAT"))
    assert level is not None
    assert (level.left, level.state) == (0, "sold_out")
    assert tell.scene.level(Sku("UNKNOWN")) is None
    assert tell.scene.state(ProgrammeMs(0)).phase == "before", "stock news takes no look on air"


def test_a_scene_keeps_the_newest_cues_only(tell: Telling) -> None:
    for number in range(MAX_SCENE_CUES + 3):
        tell.cue(f"c{number}", number * 1_000)
    assert [cue.id for cue in tell.scene.cues] == [f"c{number}" for number in range(3, MAX_SCENE_CUES + 3)]


def test_a_state_once_given_does_not_change_with_the_scene(tell: Telling) -> None:
    state = tell.scene.state(ProgrammeMs(0))
    tell.scene.apply(Stock(seq=1, sku=Sku("COAT"), left=1, state="on_sale"))
    assert state.stock[Sku("COAT")].left == 5


def test_a_card_shows_its_skus_in_order_with_the_stock_last_told(tell: Telling) -> None:
    look = Look(
        id=LookId("l1"),
        cue="1",
        number="1",
        title="Opening",
        titles={"zh": "开场"},
        brand="House",
        skus=(Sku("GONE"), Sku("COAT")),
    )
    articles = {Sku(sku): article(sku) for sku in ("COAT", "GONE")}
    tell.scene.apply(Stock(seq=1, sku=Sku("COAT"), left=0, state="ended"))
    view = look_view(look, articles, tell.scene.level)
    assert [(offer.sku, offer.state) for offer in view.offers] == [("GONE", "sold_out"), ("COAT", "ended")]
    assert view.offers[0].options == {"Size": "M"}
    assert view.links == {}


def test_a_card_without_stock_news_shows_the_catalogues() -> None:
    look = Look(id=LookId("l"), cue="1", number="1", title="t", titles={}, brand="b", skus=(Sku("COAT"),))
    view = look_view(look, {Sku("COAT"): article("COAT", stock=0)}, lambda _sku: None)
    assert view.offers[0].state == "sold_out"
