from typing import Any

from broadcast.clock import ProgrammeMs
from broadcast.programme.ingest_news import Splice
from broadcast.programme.splice_rules import SpliceRule, command_for


def a_splice(**more: Any) -> Splice:
    values: dict[str, Any] = {
        "at_ms": ProgrammeMs(1_700_000_000_000),
        "command": "time_signal",
        "pts_ticks": 900_000,
        "event_id": 7,
        "segmentation_type": 0x30,
        "out": None,
        "upid": "look-12",
    }
    return Splice(**(values | more))


def test_a_message_takes_the_look_it_names_at_its_own_time():
    command = command_for(a_splice(), [SpliceRule(command="take", look_from_upid=True, segmentation_type=0x30)])
    assert command is not None
    assert (command["command"], command["look"], command["at_ms"]) == ("take", "look-12", 1_700_000_000_000)


def test_a_repeated_message_is_the_same_command():
    rules = [SpliceRule(command="take")]
    first, again = command_for(a_splice(), rules), command_for(a_splice(at_ms=ProgrammeMs(1_700_000_000_007)), rules)
    assert first is not None
    assert again is not None
    assert first["key"] == again["key"]


def test_the_first_rule_that_fits_counts():
    rules = [SpliceRule(command="clear", on="splice_insert", out=False), SpliceRule(command="take", on="splice_insert")]
    back = command_for(a_splice(command="splice_insert", out=False), rules)
    out = command_for(a_splice(command="splice_insert", out=True), rules)
    assert back is not None
    assert out is not None
    assert (back["command"], out["command"]) == ("clear", "take")


def test_arming_a_look_takes_no_time():
    command = command_for(a_splice(), [SpliceRule(command="jump", look="look-3")])
    assert command is not None
    assert "at_ms" not in command


def test_a_message_no_rule_speaks_of_does_nothing():
    assert command_for(a_splice(), [SpliceRule(command="take", segmentation_type=0x34)]) is None
    assert command_for(a_splice(), []) is None
