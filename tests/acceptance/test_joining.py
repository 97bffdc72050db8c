"""Joining beside a television without its QR code: it shows a short code, the phone types it."""

import time
from typing import Any

import pytest
from house import SHOW, House


async def test_a_phone_that_types_the_code_of_a_television_learns_what_is_on(running_show: House) -> None:
    shown = await running_show.request("GET", f"/v1/shows/{SHOW}/join-code?channel=beijing-tv")
    assert shown.headers["Cache-Control"] == "no-store"
    assert shown.body["expires_ms"] > shown.body["next_ms"] > time.time() * 1000
    code = shown.body["code"]
    for typed in (code, f"{code[:3]} {code[3:]}"):
        joined = await running_show.request("POST", "/v1/join", json={"code": typed})
        assert joined.body == {"show": SHOW, "channel": "beijing-tv"}


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        ({"code": "no code"}, 404, "no-such-code"),
        ({"code": ""}, 422, "invalid"),
        ({"code": "1" * 33}, 422, "invalid"),
        ({"code": 123456}, 422, "invalid"),
        ({}, 422, "invalid"),
    ],
)
async def test_what_is_no_code_leads_nowhere(running_show: House, body: Any, status: int, problem: str) -> None:
    answer = await running_show.request("POST", "/v1/join", json=body)
    assert (answer.status, answer.problem) == (status, problem)


async def test_there_is_no_code_for_what_is_not_on_here(running_show: House) -> None:
    for path, problem in (("another", "no-such-show"), (SHOW, "no-such-channel")):
        answer = await running_show.request("GET", f"/v1/shows/{path}/join-code?channel=mars")
        assert (answer.status, answer.problem) == (404, problem)


async def test_codes_cannot_be_tried_without_end(running_show: House) -> None:
    answers = [await running_show.request("POST", "/v1/join", json={"code": str(n)}) for n in range(31)]
    assert [answer.problem for answer in answers] == ["no-such-code"] * 30 + ["too-many-requests"]
    assert int(answers[-1].headers["Retry-After"]) > 0


async def test_joining_begins_at_an_address_that_names_no_show(running_show: House) -> None:
    for path in ("/companion", "/companion/"):
        async with running_show.http.get(running_show.base_url + path) as page:
            assert page.status == 200
            assert "<companion-page" in await page.text()
