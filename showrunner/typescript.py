"""TypeScript declarations of the wire's messages, so that the pages and the server cannot disagree on a field.

``python -m showrunner.typescript > web/shared/messages.ts`` writes the file; a test holds the committed one to it.
"""

import inspect
import sys
import types
from collections.abc import Iterator
from typing import Any, Literal, get_origin

import msgspec
import msgspec.inspect as wire

from broadcast import messages

_HEADER = "// Generated from broadcast/messages.py by `python -m showrunner.typescript`. Change it there.\n"


def declarations(module: types.ModuleType) -> str:
    """Return the TypeScript of every message, constant and named choice in ``module``, in its own order.

    A field with a default is optional: senders may leave it out, and readers must not count on it.

    Raises:
        TypeError: a field has a type the wire does not use.
    """
    return "\n".join([_HEADER, *_declare(module)])


def _declare(module: types.ModuleType) -> Iterator[str]:
    for name, value in vars(module).items():
        if name.startswith("_"):
            continue
        if isinstance(value, int) and name.isupper():
            yield f"export const {name} = {value};\n"
        elif isinstance(value, type) and issubclass(value, msgspec.Struct) and value is not msgspec.Struct:
            yield _interface(value)
        elif get_origin(value) is Literal or isinstance(value, types.UnionType):
            yield f"export type {name} = {_type(wire.type_info(value))};\n"


def _interface(cls: type[msgspec.Struct]) -> str:
    info = wire.type_info(cls)
    if not isinstance(info, wire.StructType):
        raise TypeError(f"{cls.__name__} is not a message")
    lines = [*_comment(inspect.getdoc(cls) or ""), f"export interface {cls.__name__} {{"]
    if info.tag_field is not None:
        lines.append(f"  readonly {info.tag_field}: {_literal(info.tag)};")
    lines += [
        f"  readonly {field.encode_name}{'' if field.required else '?'}: {_type(field.type)};" for field in info.fields
    ]
    return "\n".join([*lines, "}", ""])


def _comment(text: str) -> list[str]:
    return ["/**", *(f" * {line}".rstrip() for line in text.splitlines()), " */"]


def _literal(value: str | int | None) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)


def _type(node: wire.Type) -> str:
    match node:
        case wire.StructType(cls=cls):
            return cls.__name__
        case wire.LiteralType(values=values):
            return " | ".join(_literal(value) for value in values)
        case wire.UnionType(types=members):
            return " | ".join(_type(member) for member in members)
        case wire.DictType(value_type=value):
            return f"Readonly<Record<string, {_type(value)}>>"
        case wire.VarTupleType(item_type=item) | wire.ListType(item_type=item):
            return f"readonly {_element(item)}[]"
        case _:
            return _plain(node)


def _element(node: wire.Type) -> str:
    text = _type(node)
    return f"({text})" if " " in text else text


def _plain(node: Any) -> str:
    plain: dict[type[Any], str] = {
        wire.StrType: "string",
        wire.IntType: "number",
        wire.FloatType: "number",
        wire.BoolType: "boolean",
        wire.NoneType: "null",
        wire.AnyType: "unknown",
    }
    if type(node) not in plain:
        raise TypeError(f"the pages have no type for {node!r}")
    return plain[type(node)]


if __name__ == "__main__":
    sys.stdout.write(declarations(messages))
