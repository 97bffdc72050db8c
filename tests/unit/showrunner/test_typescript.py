"""The pages' types are the wire's types."""

import types
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from broadcast import messages
from showrunner.typescript import declarations

COMMITTED = Path(__file__).parents[3] / "web" / "shared" / "messages.ts"


class _Note(msgspec.Struct, tag_field="type", tag="note"):
    """A remark."""

    text: str
    marks: tuple[int | None, ...]
    by: str | None = None


class _Odd(msgspec.Struct):
    raw: bytes


def _module(**names: object) -> types.ModuleType:
    module = types.ModuleType("wire")
    vars(module).update(names)
    return module


def test_the_committed_types_are_the_ones_the_messages_give() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == declarations(messages)


def test_a_message_becomes_an_interface_with_its_tag_and_its_optional_fields() -> None:
    text = declarations(_module(Note=_Note))
    assert "/**\n * A remark.\n */\nexport interface _Note {" in text
    assert "  readonly type: 'note';\n  readonly text: string;" in text
    assert "  readonly marks: readonly (number | null)[];" in text
    assert "  readonly by?: string | null;" in text


def test_a_named_choice_and_a_bound_are_exported() -> None:
    text = declarations(_module(Side=Literal["left", "right"], MAX_MARKS=7))
    assert "export type Side = 'left' | 'right';" in text
    assert "export const MAX_MARKS = 7;" in text


def test_a_type_the_wire_does_not_use_is_refused() -> None:
    with pytest.raises(TypeError, match="no type for"):
        declarations(_module(Odd=_Odd))
