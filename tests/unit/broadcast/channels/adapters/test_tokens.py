import pytest
from tokens import jwt, unsigned

from broadcast.channels.adapters.tokens import (
    MAX_REMEMBERED_TOKENS,
    Producer,
    ProducerTokens,
    Viewer,
    ViewerTokens,
    bearer,
)
from broadcast.clock import WallMs
from broadcast.errors import Refusal
from broadcast.ids import BuyerId, ChannelId, ShowId

NOW_S = 1_509_451_200
KEYS = {ChannelId("youku"): b"y" * 32, ChannelId("web"): b"w" * 32}
PRODUCERS_KEY = b"p" * 32


class Clock:
    def __init__(self) -> None:
        self.now_ms = NOW_S * 1000

    def __call__(self) -> WallMs:
        return WallMs(self.now_ms)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def viewers(clock: Clock) -> ViewerTokens:
    return ViewerTokens(KEYS, clock)


@pytest.fixture
def producers(clock: Clock) -> ProducerTokens:
    return ProducerTokens(PRODUCERS_KEY, clock)


def refused(call: object, *arguments: object) -> str:
    with pytest.raises(Refusal) as refusal:
        call(*arguments)  # type: ignore[operator]
    return refusal.value.name


def test_a_token_speaks_for_its_buyer_on_its_channel(viewers: ViewerTokens) -> None:
    token = viewers.issue(ChannelId("youku"), BuyerId("mei"), 60_000)
    assert viewers.verify(token) == Viewer(ChannelId("youku"), BuyerId("mei"), (NOW_S + 60) * 1000)


def test_a_partners_own_token_is_as_good(viewers: ViewerTokens) -> None:
    token = jwt({"iss": "web", "sub": "mei", "exp": NOW_S + 1.5}, "w" * 32)
    assert viewers.verify(token).expires_ms == NOW_S * 1000 + 1500


def test_a_token_verified_once_is_refused_all_the_same_when_it_expires(viewers: ViewerTokens, clock: Clock) -> None:
    token = viewers.issue(ChannelId("web"), BuyerId("mei"), 60_000)
    viewers.verify(token)
    clock.now_ms += 59_999
    viewers.verify(token)
    clock.now_ms += 1
    assert refused(viewers.verify, token) == "unauthorized"


@pytest.mark.parametrize(
    "token",
    [
        jwt({"iss": "web", "sub": "mei", "exp": NOW_S}, "w" * 32),
        jwt({"iss": "web", "sub": "mei", "exp": NOW_S + 60}, "y" * 32),
        jwt({"iss": "web", "sub": "mei", "exp": NOW_S + 60, "nbf": NOW_S + 1}, "w" * 32),
        jwt({"iss": "tiktok", "sub": "mei", "exp": NOW_S + 60}, "w" * 32),
        jwt({"iss": "web", "sub": "", "exp": NOW_S + 60}, "w" * 32),
        jwt({"iss": "web", "sub": "mei"}, "w" * 32),
        jwt({"iss": "web", "sub": "mei", "exp": True}, "w" * 32),
        jwt({"iss": "web", "sub": "mei", "exp": NOW_S + 60}, "w" * 32, {"alg": "HS384"}),
        unsigned({"iss": "web", "sub": "mei", "exp": NOW_S + 60}),
        "",
        "a",
        "a.b",
        "....",
        "\x00.\x00.\x00",
    ],
)
def test_what_is_no_good_token_is_refused(viewers: ViewerTokens, token: str) -> None:
    assert refused(viewers.verify, token) == "unauthorized"


def test_a_token_changed_in_any_place_is_refused(viewers: ViewerTokens) -> None:
    token = viewers.issue(ChannelId("web"), BuyerId("mei"), 60_000)
    for place, letter in enumerate(token[:-1]):
        changed = token[:place] + ("A" if letter != "A" else "B") + token[place + 1 :]
        assert refused(viewers.verify, changed) == "unauthorized"


def test_no_more_tokens_are_remembered_than_bounded(viewers: ViewerTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_REMEMBERED_TOKENS >= 1
    monkeypatch.setattr("broadcast.channels.adapters.tokens.MAX_REMEMBERED_TOKENS", 2)
    for buyer in range(5):
        viewers.verify(viewers.issue(ChannelId("web"), BuyerId(f"b{buyer}"), 60_000))
    assert len(viewers._verified) == 2


def test_a_key_shorter_than_the_hash_is_no_key(clock: Clock) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        ViewerTokens({ChannelId("web"): b"short"}, clock)
    with pytest.raises(ValueError, match="32 bytes"):
        ProducerTokens(b"short", clock)


def test_no_token_is_made_for_a_channel_without_a_key(viewers: ViewerTokens) -> None:
    with pytest.raises(KeyError):
        viewers.issue(ChannelId("tiktok"), BuyerId("mei"), 1)


def test_a_producers_token_speaks_for_one_show(producers: ProducerTokens) -> None:
    token = producers.issue("lin", ShowId("gala"), 60_000)
    assert producers.verify(token, ShowId("gala")) == Producer("lin", ShowId("gala"), (NOW_S + 60) * 1000)
    assert refused(producers.verify, token, ShowId("finale")) == "forbidden"


def test_a_viewers_token_is_no_producers(producers: ProducerTokens, viewers: ViewerTokens) -> None:
    token = viewers.issue(ChannelId("web"), BuyerId("mei"), 60_000)
    assert refused(producers.verify, token, ShowId("gala")) == "forbidden"


def test_a_channel_cannot_make_producers(producers: ProducerTokens) -> None:
    token = jwt({"iss": "producers", "sub": "lin", "show": "gala", "exp": NOW_S + 60}, "w" * 32)
    assert refused(producers.verify, token, ShowId("gala")) == "unauthorized"


def test_a_producers_token_expires(producers: ProducerTokens, clock: Clock) -> None:
    token = producers.issue("lin", ShowId("gala"), 60_000)
    clock.now_ms += 60_000
    assert refused(producers.verify, token, ShowId("gala")) == "unauthorized"


@pytest.mark.parametrize("header", ["Bearer a.b.c", "bearer a.b.c", "BEARER  a.b.c "])
def test_a_token_comes_as_bearer(header: str) -> None:
    assert bearer(header) == "a.b.c"


@pytest.mark.parametrize("header", [None, "", "a.b.c", "Bearer", "Bearer ", "Basic a.b.c"])
def test_nothing_else_is_a_token(header: str | None) -> None:
    assert refused(bearer, header) == "unauthorized"
