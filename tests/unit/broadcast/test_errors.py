import re

import pytest

from broadcast.errors import PROBLEM_NAMESPACE, TITLES, FieldError, Refusal, invalid, problem


def test_a_refusal_becomes_a_problem_with_a_stable_type() -> None:
    refusal = Refusal("not-on-sale", "not yet", opens_at_ms=7)
    assert refusal.status == 409
    assert refusal.problem() == {
        "type": PROBLEM_NAMESPACE + "not-on-sale",
        "title": "Not on sale",
        "status": 409,
        "detail": "not yet",
        "opens_at_ms": 7,
    }


def test_a_problem_without_details_has_none() -> None:
    assert "detail" not in problem("sold-out")


def test_a_problem_that_is_not_listed_does_not_exist() -> None:
    with pytest.raises(KeyError):
        problem("made-up")


def test_every_wrong_field_is_named() -> None:
    refusal = invalid(FieldError("/sku", "is missing"), FieldError("/quantity", "is too large"))
    assert refusal.name == "invalid"
    assert refusal.problem()["errors"] == [
        {"pointer": "/sku", "detail": "is missing"},
        {"pointer": "/quantity", "detail": "is too large"},
    ]
    assert refusal.detail == "/sku: is missing; /quantity: is too large"


@pytest.mark.parametrize("name", TITLES)
def test_every_problem_has_a_plain_name_a_title_and_an_http_error(name: str) -> None:
    status, title = TITLES[name]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    assert 400 <= status <= 503
    assert title[0].isupper()
    assert not title.endswith(".")


def test_problem_types_are_tag_uris() -> None:
    assert re.fullmatch(r"tag:[a-z.]+,\d{4}:\S+/", PROBLEM_NAMESPACE)
