import resource

import pytest

from showrunner.failures import UsageError
from showrunner.rehearsal.plan import MAX_TAPS, MAX_VIEWERS, Plan, checked_url, make_room_for


def plan(**more: object) -> Plan:
    return Plan(**{"url": "http://127.0.0.1:8080", "viewers": 10, "taps": 10, **more})  # type: ignore[arg-type] # one dict for many kinds of field


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost", "https://[::1]:9", "http://127.8.0.1/"])
def test_this_machine_may_be_rehearsed_on(url: str) -> None:
    assert checked_url(url, own_server=False) == url.rstrip("/")


@pytest.mark.parametrize(
    "url", ["http://show.example", "http://192.0.2.1:8080", "http://localhost.show.example", "http://0.0.0.0:8080"]
)
def test_another_machine_is_rehearsed_on_only_by_its_owner(url: str) -> None:
    with pytest.raises(UsageError, match="--i-own-this-server"):
        checked_url(url, own_server=False)
    assert checked_url(url, own_server=True) == url


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://127.0.0.1/?x=1", ""])
def test_what_is_no_address_of_a_show_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="base address"):
        checked_url(url, own_server=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("viewers", 0),
        ("viewers", MAX_VIEWERS + 1),
        ("taps", -1),
        ("taps", MAX_TAPS + 1),
        ("websocket_share", 1.1),
        ("repeat_share", -0.1),
    ],
)
def test_a_rehearsal_is_bounded(field: str, value: float) -> None:
    with pytest.raises(UsageError, match="--" + field.replace("_", "-")):
        plan(**{field: value})


def test_the_feed_of_a_secured_show_is_secured_too() -> None:
    assert plan(url="https://localhost").feed_base == "wss://localhost"
    assert plan(url="http://localhost").feed_base == "ws://localhost"


def test_more_descriptors_than_the_system_gives_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (100, 200))
    with pytest.raises(UsageError, match="needs 201 open descriptors and a process here may have 200"):
        make_room_for(201)


def test_the_limit_is_raised_as_far_as_needed_and_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = [(100, 200)]
    monkeypatch.setattr(resource, "getrlimit", lambda _which: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _which, new: limits.append(new))
    make_room_for(90)
    make_room_for(150)
    assert limits == [(100, 200), (150, 200)]
