from collections.abc import Callable
from typing import Any

import pytest

from broadcast.checkout.commands import Place
from broadcast.messages import MAX_KEY_CHARS


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": 0},
        {"quantity": -1},
        {"quantity": 100},
        {"key": ""},
        {"key": "k" * (MAX_KEY_CHARS + 1)},
        {"key": "nul\x00"},
        {"key": "half a surrogate \udcff"},
        {"look": "look\n12"},
        {"look": "\ud800"},
    ],
)
def test_a_tap_no_database_could_hold_is_refused_by_field(tap: Callable[..., Place], wrong: dict[str, Any]):
    refusal = tap(**{"fingerprint_of": "f"} | wrong).malformed()
    assert refusal.name == "invalid"
    assert refusal.more["errors"][0]["pointer"] == "/" + next(iter(wrong))


def test_a_buyer_whose_name_no_database_could_hold_is_not_let_in(tap: Callable[..., Place]):
    assert tap(buyer="li\x00").malformed().name == "unauthorized"


def test_a_tap_in_any_script_is_fine(tap: Callable[..., Place]):
    assert tap(buyer="李-雷", key="一键", look="第十二套").malformed() is None
