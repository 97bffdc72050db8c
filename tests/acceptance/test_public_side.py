"""What anybody may read or ask for: the show, guest tokens, health, metrics, the contract's own documents."""

import re
from typing import Any

import jsonschema
import pytest
from house import SHOW, House
from prometheus_client.parser import text_string_to_metric_families

from broadcast.errors import PROBLEM_NAMESPACE, TITLES


async def test_a_show_says_what_it_is_and_where_it_can_be_watched(running_show: House) -> None:
    show = await running_show.request("GET", f"/v1/shows/{SHOW}")
    assert show.status == 200
    assert show.body["title"] == "The Little Show"
    assert show.body["titles"]["zh"] == "小秀"
    assert [channel["id"] for channel in show.body["channels"]] == ["web", "youku", "taobao", "beijing-tv"]
    every = await running_show.request("GET", "/v1/shows")
    assert every.body == {"shows": [show.body]}
    async with running_show.http.get(running_show.base_url + show.body["programme"]["hls"]) as playlist:
        assert playlist.status == 200


async def test_no_page_learns_a_key(running_show: House) -> None:
    for path in (f"/v1/shows/{SHOW}", "/metrics", "/v1/openapi.json", "/v1/asyncapi.json"):
        text = (await running_show.request("GET", path)).text
        assert "the key that only" not in text
        assert "whsec_" not in text


async def test_another_show_is_not_here(running_show: House) -> None:
    for path in ("/v1/shows/another-show", "/v1/shows/another-show/join.svg?channel=web"):
        answer = await running_show.request("GET", path)
        assert (answer.status, answer.problem) == (404, "no-such-show")


async def test_the_way_to_the_companion_page_is_a_picture_to_scan(running_show: House) -> None:
    answer = await running_show.request("GET", f"/v1/shows/{SHOW}/join.svg?channel=beijing-tv")
    assert answer.status == 200
    assert "<svg" in answer.text
    unknown = await running_show.request("GET", f"/v1/shows/{SHOW}/join.svg?channel=tiktok")
    assert (unknown.status, unknown.problem) == (404, "no-such-channel")


@pytest.mark.parametrize("path", ["..%2fshow.toml", "%2fetc%2fpasswd", "nothing.svg", "%00", "coat.svg%00"])
async def test_only_the_shows_pictures_are_handed_out(running_show: House, path: str) -> None:
    async with running_show.http.get(running_show.base_url + f"/v1/shows/{SHOW}/media/coat.svg") as good:
        assert good.status == 200
        assert "sandbox" in good.headers["Content-Security-Policy"]
    async with running_show.connect() as connection:
        await connection.send(f"GET /v1/shows/{SHOW}/media/{path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert (await connection.read_head()).split(b" ")[1] in {b"404", b"400"}


# ---------------------------------------------------------------- guests


async def guest(house: House, body: Any, show: str = SHOW) -> Any:
    return await house.request("POST", f"/v1/shows/{show}/guests", json=body)


async def test_a_guest_gets_a_token_that_buys_on_that_channel(running_show: House) -> None:
    await running_show.command("take")
    given = await guest(running_show, {"channel": "web"})
    assert given.status == 201
    assert given.headers["Cache-Control"] == "no-store"
    order = await running_show.order("COAT-M", token=given.body["token"])
    assert order.status == 201
    other = await guest(running_show, {"channel": "web"})
    unseen = await running_show.request("GET", f"/v1/orders/{order.body['order']}", token=other.body["token"])
    assert unseen.status == 404, "every guest is somebody else"


async def test_a_channel_with_accounts_of_its_own_gives_guests_nothing(running_show: House) -> None:
    answer = await guest(running_show, {"channel": "youku"})
    assert (answer.status, answer.problem) == (403, "forbidden")


@pytest.mark.parametrize("body", [{"channel": "tiktok"}, {"channel": ""}, {"channel": 7}, {"channel": "w" * 65}, {}])
async def test_a_guest_of_no_channel_is_refused_by_pointer(running_show: House, body: Any) -> None:
    answer = await guest(running_show, body)
    assert (answer.status, answer.problem) == (422, "invalid")
    assert [error["pointer"] for error in answer.body["errors"]] == ["/channel"]


async def test_guests_of_another_show_are_not_here(running_show: House) -> None:
    answer = await guest(running_show, {"channel": "web"}, show="another-show")
    assert (answer.status, answer.problem) == (404, "no-such-show")


async def test_one_address_gets_only_so_many_guests(small_house: House) -> None:
    answers = [await guest(small_house, {"channel": "web"}) for _ in range(4)]
    assert [answer.status for answer in answers] == [201, 201, 201, 429]
    assert answers[-1].problem == "too-many-requests"
    assert int(answers[-1].headers["Retry-After"]) >= 1


async def test_one_producer_gives_only_so_many_commands(small_house: House) -> None:
    statuses = [(await small_house.command("take")).status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert (await small_house.command("clear", token=small_house.producer_token("zoe"))).status == 200


# ---------------------------------------------------------------- health


async def test_a_running_show_is_alive_and_ready(running_show: House) -> None:
    assert (await running_show.request("GET", "/healthz")).status == 200
    assert (await running_show.request("GET", "/readyz")).status == 200


async def test_a_show_whose_checkout_has_stopped_is_alive_but_not_ready_and_busy(running_show: House) -> None:
    await running_show.command("take")
    await running_show.running.checkout.stop()
    assert (await running_show.request("GET", "/healthz")).status == 200
    unready = await running_show.request("GET", "/readyz")
    assert (unready.status, unready.problem) == (503, "not-ready")
    answer = await running_show.order("COAT-M")
    assert (answer.status, answer.problem) == (503, "busy")
    assert int(answer.headers["Retry-After"]) >= 1


async def test_the_time_to_come_back_to_a_busy_house_is_spread(running_show: House) -> None:
    await running_show.command("take")
    await running_show.running.checkout.stop()
    waits = {(await running_show.order("COAT-M")).body["retry_after_ms"] for _ in range(10)}
    assert len(waits) > 1


async def test_the_metrics_tell_an_operator_what_goes_on(running_show: House) -> None:
    await running_show.command("take")
    await running_show.order("COAT-M", 2)
    await running_show.order("COAT-M", 3)
    async with running_show.watch("youku") as viewer:
        await viewer.next()
        answer = await running_show.request("GET", "/metrics")
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert samples["snbn_viewers", "youku"] == 1
    assert samples["snbn_orders", "reserved"] == 1
    assert samples["snbn_orders_placed_total",] == 1
    assert samples["snbn_taps_refused_total", "limit-reached"] == 1
    assert samples["snbn_stock", "COAT-M", "left"] == 98
    assert samples["snbn_stock", "COAT-M", "reserved"] == 2
    assert samples["snbn_feed_seq",] >= 1


# ---------------------------------------------------------------- documents


async def test_the_documents_served_are_the_ones_tests_hold_the_wire_against(running_show: House) -> None:
    openapi = await running_show.request("GET", "/v1/openapi.json")
    asyncapi = await running_show.request("GET", "/v1/asyncapi.json")
    assert openapi.body == running_show.contract.openapi
    assert asyncapi.body == running_show.contract.asyncapi


def references(document: Any) -> list[str]:
    if isinstance(document, dict):
        own = [document["$ref"]] if isinstance(document.get("$ref"), str) else []
        return own + [found for value in document.values() for found in references(value)]
    if isinstance(document, list):
        return [found for value in document for found in references(value)]
    return []


def resolved(document: dict[str, Any], reference: str) -> Any:
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


async def test_the_openapi_document_has_the_form_openapi_asks_for(running_show: House) -> None:
    document = running_show.contract.openapi
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert {"title", "version"} <= document["info"].keys()
    for path, operations in document["paths"].items():
        named = set(re.findall(r"{(\w+)}", path))
        for method, operation in operations.items():
            assert method in {"get", "post", "put", "delete"}
            assert operation["summary"]
            declared = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"}
            assert declared == named, path
            for status, response in operation["responses"].items():
                assert re.fullmatch(r"[1-5]\d\d", status)
                assert response["description"]
            for scheme in operation.get("security", []):
                assert scheme.keys() <= document["components"]["securitySchemes"].keys()
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for reference in references(document):
        assert resolved(document, reference)


async def test_the_asyncapi_document_has_the_form_asyncapi_asks_for(running_show: House) -> None:
    document = running_show.contract.asyncapi
    assert re.fullmatch(r"3\.0\.\d+", document["asyncapi"])
    for reference in references(document):
        assert resolved(document, reference)
    for operation in document["operations"].values():
        assert operation["action"] in {"send", "receive"}
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    told = {message["name"] for message in document["components"]["messages"].values()}
    assert told == {
        "Snapshot", "Resumed", "Cue", "Stock", "ChannelNews", "ClockAnswer", "OrderMessage", "LineMessage",
        "ProblemMessage", "ClockRequest", "Tap", "Shown",
    }  # fmt: skip


async def test_the_documents_list_what_the_contract_names(running_show: House) -> None:
    paths = running_show.contract.openapi["paths"]
    for path, method in (
        ("/v1/orders", "post"),
        ("/v1/orders/{order}", "get"),
        ("/v1/shows/{show}/commands", "post"),
        ("/v1/shows/{show}/feed", "get"),
        ("/healthz", "get"),
        ("/readyz", "get"),
        ("/metrics", "get"),
    ):
        assert method in paths[path]
    orders = paths["/v1/orders"]["post"]["responses"]
    assert {"201", "400", "401", "403", "409", "413", "415", "422", "503"} <= orders.keys()
    types = running_show.contract.openapi["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]
    assert types == [PROBLEM_NAMESPACE + name for name in TITLES]


@pytest.mark.parametrize(
    ("method", "path", "status", "problem"),
    [
        ("GET", "/v1/nothing", 404, "not-found"),
        ("GET", "/nothing", 404, "not-found"),
        ("GET", "/watch/another-show", 404, "not-found"),
        ("GET", "/v1/orders", 405, "method-not-allowed"),
        ("POST", "/healthz", 405, "method-not-allowed"),
        ("DELETE", "/v1/orders/1", 405, "method-not-allowed"),
    ],
)
async def test_an_address_or_method_that_is_not_there_gets_a_problem(
    running_show: House, method: str, path: str, status: int, problem: str
) -> None:
    answer = await running_show.request(method, path)
    assert (answer.status, answer.problem) == (status, problem)
    assert status != 405 or answer.headers["Allow"]


@pytest.mark.parametrize("address", ["/watch/another-show", "/companion/another-show", "/tv/another-show"])
async def test_a_person_who_mistypes_a_shows_code_gets_the_page_that_says_so(running_show: House, address: str) -> None:
    async with running_show.http.get(running_show.base_url + address, headers={"Accept": "text/html"}) as answer:
        assert answer.status == 404
        assert answer.content_type == "text/html"
        assert "<!doctype html>" in (await answer.text()).lower()
