"""Behind a load balancer: limits see the viewer's address, and nobody can lend themselves another's."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import segno
from house import SHOW, House, open_house
from viewers import upgrade_request, watching

from showrunner.http.shows import QR_SCALE

GUESTS = f"/v1/shows/{SHOW}/guests"


@asynccontextmanager
async def house_behind(folder: Path, *networks: str, header: str = "x-forwarded-for") -> AsyncIterator[House]:
    """A show with one viewer and two guests an address, behind these proxies."""
    async with open_house(
        folder / "data",
        trusted_proxies=networks,
        proxy_header=header,
        max_viewers_per_address=1,
        guest_tokens_per_minute=2,
    ) as house:
        yield house


@pytest.fixture
async def behind(tmp_path: Path) -> AsyncIterator[House]:
    async with house_behind(tmp_path, "127.0.0.0/8", "10.0.0.0/8") as house:
        yield house


async def greeting(house: House, said: str, name: str = "X-Forwarded-For") -> tuple[bytes, object]:
    """Open the feed as a proxy does for somebody; return the first frame, and what keeps it open."""
    opened = house.connect()
    connection = await opened.__aenter__()
    await connection.send(upgrade_request(house.feed_path(), **{name: said}))
    await connection.read_head()
    return await connection.read_frame(), opened


async def let_in(house: House, *said: str, name: str = "X-Forwarded-For") -> list[bool]:
    """Open one feed for each, all at once; return who was let in."""
    frames = []
    kept = []
    for one in said:
        frame, opened = await greeting(house, one, name)
        frames.append(b'"snapshot"' in frame)
        kept.append(opened)
    for opened in kept:
        await opened.__aexit__(None, None, None)  # type: ignore[attr-defined]
    return frames


async def guest(house: House, said: str) -> int:
    """Ask for a guest's token as a proxy does for somebody; return the status."""
    headers = {"X-Forwarded-For": said}
    return (await house.request("POST", GUESTS, json={"channel": "web"}, headers=headers)).status


async def test_each_viewer_behind_the_proxy_has_an_address_of_their_own(behind: House) -> None:
    assert await let_in(behind, "203.0.113.1", "203.0.113.2", "203.0.113.1") == [True, True, False]


async def test_a_viewer_cannot_lend_themselves_another_address(behind: House) -> None:
    said = ("6.6.6.6, 203.0.113.1", '", 203.0.113.1', "6.6.6.7, 203.0.113.1, 10.1.1.1")
    assert await let_in(behind, *said) == [True, False, False]


async def test_a_subscribers_many_addresses_of_ipv6_are_one(behind: House) -> None:
    said = ("2001:db8:1:1::1", "2001:db8:1:1:ffff::2", "2001:db8:1:2::1")
    assert await let_in(behind, *said) == [True, False, True]


async def test_whoever_is_no_proxy_of_ours_is_not_believed(tmp_path: Path) -> None:
    async with house_behind(tmp_path, "10.0.0.0/8") as house:
        assert [await guest(house, f"6.6.6.{number}") for number in range(3)] == [201, 201, 429]


async def test_requests_on_one_connection_of_a_proxys_are_of_many_people(behind: House) -> None:
    assert [await guest(behind, "203.0.113.1") for _ in range(3)] == [201, 201, 429]
    assert await guest(behind, "203.0.113.2") == 201
    assert [await guest(behind, f"2001:db8:1:1::{number}") for number in range(3)] == [201, 201, 429]


async def test_an_event_stream_counts_for_its_viewer_too(behind: House) -> None:
    headers = {"Accept": "text/event-stream", "X-Forwarded-For": "203.0.113.1"}
    async with behind.http.get(behind.base_url + behind.feed_path(), headers=headers) as first:
        assert first.status == 200
        assert (await behind.request("GET", behind.feed_path(), headers=headers)).problem == "busy"
        assert await let_in(behind, "203.0.113.1", "203.0.113.2") == [False, True]


async def test_the_other_header_is_whatever_a_caller_wrote(tmp_path: Path) -> None:
    async with house_behind(tmp_path, "127.0.0.0/8", header="forwarded") as house:
        assert await let_in(house, "for=203.0.113.1", "for=6.6.6.6, for=203.0.113.1", name="Forwarded") == [True, False]
        said = ("for=203.0.113.2;proto=https", 'for="203.0.113.2:80"')
        assert await let_in(house, *said, name="Forwarded") == [True, False]
        headers = {"Forwarded": "for=203.0.113.3", "X-Forwarded-For": "6.6.6.6"}
        guests = [
            (await house.request("POST", GUESTS, json={"channel": "web"}, headers=headers)).status for _ in range(3)
        ]
        assert guests == [201, 201, 429]


async def test_what_cannot_be_read_is_counted_and_the_proxy_stands_for_it(behind: House) -> None:
    assert await let_in(behind, "rubbish") == [True]
    await behind.request("POST", GUESTS, json={"channel": "web"}, headers={"X-Forwarded-For": "1.2.3"})
    metrics = (await behind.request("GET", "/metrics")).text
    assert "snbn_forwarded_unreadable_total 2.0" in metrics


async def test_addresses_we_give_out_have_the_scheme_the_viewer_sees(behind: House) -> None:
    def code(scheme: str) -> str:
        picture = io.BytesIO()
        address = f"{scheme}://{behind.base_url.removeprefix('http://')}/companion/{SHOW}?channel=web"
        segno.make(address, error="m").save(picture, kind="svg", scale=QR_SCALE, border=2, dark="#000", light="#fff")
        return picture.getvalue().decode()

    path = f"/v1/shows/{SHOW}/join.svg?channel=web"
    async with behind.http.get(behind.base_url + path, headers={"X-Forwarded-Proto": "https"}) as answer:
        assert await answer.text() == code("https")
    async with behind.http.get(behind.base_url + path) as answer:
        assert await answer.text() == code("http")


async def test_behind_a_proxy_the_show_is_sold_and_run_like_any_other(behind: House) -> None:
    async with behind.console() as console:
        await console.receive(timeout=10)
        await behind.command("take", look="look-1")
    headers = {"X-Forwarded-For": "203.0.113.1", "X-Forwarded-Proto": "https", "Idempotency-Key": "k"}
    order = {"show": SHOW, "sku": "COAT-M", "quantity": 1}
    answer = await behind.request("POST", "/v1/orders", json=order, headers=headers, token=behind.viewer_token())
    assert answer.status == 201
    address = behind.base_url + behind.feed_path()
    async with watching(behind.contract, address) as viewer:
        assert (await viewer.next())["type"] == "snapshot"
