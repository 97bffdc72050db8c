import msgspec
import pytest

from broadcast import messages
from broadcast.messages import ClientMessage, ClockRequest, CommandAnswer, OrderRequest, Resumed, Tap

TAP = {"type": "tap", "id": "1", "show": "gala", "sku": "COAT", "quantity": 1, "token": "t", "key": "k"}


def test_a_viewers_message_is_known_by_its_type() -> None:
    assert msgspec.convert(TAP, ClientMessage) == Tap(id="1", show="gala", sku="COAT", quantity=1, token="t", key="k")
    assert msgspec.convert({"type": "clock", "t0_ms": 1}, ClientMessage) == ClockRequest(t0_ms=1)


@pytest.mark.parametrize("more", [{"quantity": 99}, {"key": "k" * 255}, {"id": "i" * 64}, {"unknown": "field"}])
def test_a_tap_at_its_bounds_and_with_fields_of_the_future_is_a_tap(more: dict[str, object]) -> None:
    assert isinstance(msgspec.convert({**TAP, **more}, ClientMessage), Tap)


@pytest.mark.parametrize(
    "more", [{"quantity": 0}, {"quantity": 100}, {"key": ""}, {"key": "k" * 256}, {"sku": ""}, {"sku": "s" * 65}]
)
def test_a_tap_past_its_bounds_is_none(more: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**TAP, **more}, ClientMessage)


def test_a_tap_has_every_field_of_an_order() -> None:
    assert set(OrderRequest.__struct_fields__) < set(Tap.__struct_fields__)


def test_a_message_is_written_with_its_type_first() -> None:
    assert msgspec.json.encode(Resumed(epoch="e", seq=1)) == b'{"type":"resumed","epoch":"e","seq":1}'


def test_a_command_that_made_no_cue_says_nothing_of_one() -> None:
    assert msgspec.json.encode(CommandAnswer(seq=3)) == b'{"seq":3}'


def test_every_instant_and_duration_on_the_wire_names_its_unit() -> None:
    structs = [kind for kind in vars(messages).values() if isinstance(kind, type) and issubclass(kind, msgspec.Struct)]
    assert len(structs) > 20
    timely = ("at", "now", "sent", "until", "starts", "planned_start", "planned_duration", "latency", "expires")
    for kind in structs:
        for field in kind.__struct_fields__:
            assert field not in timely, f"{kind.__name__}.{field} has no unit"
