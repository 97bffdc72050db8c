"""Refusals as values: every error a user can meet has a stable type and turns into problem+json (RFC 9457)."""

import re
from typing import Any

import msgspec

PROBLEM_NAMESPACE = "tag:seenowbuynow.example,2026:problems/"
"""Problem types are tag URIs (RFC 4151): stable on every deployment, resolvable on none (RFC 9457, 3.1.1)."""

_MISSING = re.compile("Object missing required field `(.+)`")

TITLES: dict[str, tuple[int, str]] = {
    "malformed": (400, "The request could not be read"),
    "unauthorized": (401, "The token is missing, forged or expired"),
    "forbidden": (403, "This token may not do that"),
    "wrong-channel": (403, "The token belongs to another channel"),
    "step-up-required": (403, "The buyer has to show who they are"),
    "origin-refused": (403, "This page may not use the channel"),
    "not-found": (404, "There is nothing here"),
    "no-such-show": (404, "There is no such show"),
    "no-such-order": (404, "There is no such order"),
    "no-such-channel": (404, "The show is not on this channel"),
    "no-such-code": (404, "No television shows this code"),
    "method-not-allowed": (405, "That method is not for this address"),
    "too-slow": (408, "The request took too long to arrive"),
    "sold-out": (409, "Sold out"),
    "not-on-sale": (409, "Not on sale"),
    "price-changed": (409, "The price is no longer the one shown"),
    "limit-reached": (409, "The limit for one buyer is reached"),
    "on-hold": (409, "The show is on hold"),
    "nothing-next": (409, "There is no look to take"),
    "nothing-on-air": (409, "Nothing is on air"),
    "nothing-to-undo": (409, "There is nothing to undo"),
    "not-cancellable": (409, "The order can no longer be cancelled"),
    "too-large": (413, "The request is too large"),
    "unsupported-media-type": (415, "The body must be application/json"),
    "invalid": (422, "Some fields are not valid"),
    "key-reused": (422, "The idempotency key was used with another body"),
    "upgrade-required": (426, "This address speaks WebSocket or Server-Sent Events"),
    "too-many-requests": (429, "Too many requests"),
    "internal": (500, "Something went wrong on our side"),
    "busy": (503, "Over capacity: try again with the same key"),
    "not-ready": (503, "Not ready"),
}
"""Every problem the product answers with: name → (HTTP status, title). ``docs/problems.md`` is held against it."""


class FieldError(Exception):
    """One field of a request is wrong.

    Attributes:
        pointer: JSON pointer (RFC 6901) to the field.
        reason: what is wrong, for a person.
    """

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer}: {reason}")
        self.pointer = pointer
        self.reason = reason


class Refusal(Exception):  # noqa: N818 - a refusal is an answer of the business, not a fault
    """The business says no.

    Attributes:
        name: a key of ``TITLES``.
        detail: what this case is about, for a person; no secrets.
        more: extension members of the problem, e.g. ``opens_at_ms``.
    """

    def __init__(self, name: str, detail: str = "", **more: Any) -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name
        self.detail = detail
        self.more = more

    @property
    def status(self) -> int:
        """The HTTP status the refusal is answered with."""
        return TITLES[self.name][0]

    def problem(self) -> dict[str, Any]:
        """Return the problem object (RFC 9457) as plain data: type, title, status, detail, extensions."""
        return problem(self.name, self.detail, **self.more)


def problem(name: str, detail: str = "", **more: Any) -> dict[str, Any]:
    """Build a problem object (RFC 9457).

    Raises:
        KeyError: the name is not in ``TITLES``.
    """
    status, title = TITLES[name]
    body: dict[str, Any] = {"type": PROBLEM_NAMESPACE + name, "title": title, "status": status}
    if detail:
        body["detail"] = detail
    body.update(more)
    return body


def invalid(*fields: FieldError) -> Refusal:
    """Return the refusal that names each wrong field by JSON pointer."""
    return Refusal(
        "invalid",
        "; ".join(str(field) for field in fields),
        errors=[{"pointer": field.pointer, "detail": field.reason} for field in fields],
    )


def field_of(wrong: msgspec.ValidationError) -> tuple[str, str]:
    """Split a validation error into its reason and the JSON pointer (RFC 6901) of the field it is about.

    A missing field is pointed at where it should stand.
    """
    reason, marker, path = str(wrong).rpartition(" - at `$")
    if not marker:
        reason, path = str(wrong), ""
    steps = path.rstrip("`").replace("[", ".").replace("]", "").split(".")
    missing = _MISSING.fullmatch(reason)
    if missing is not None:
        reason = "is missing"
        steps.append(missing[1])
    return reason, "".join(f"/{step}" for step in steps if step)
