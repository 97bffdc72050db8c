"""How many different tokens taps on one connection came with: a person has one, a farm of accounts many."""

MAX_REMEMBERED = 16
"""Different tokens remembered of one connection; beyond that they are many."""

USUAL_TOKENS = 4
"""A guest who logs in, a token renewed, another member of the family: so many are nobody's business."""


class TokenCount:
    """The tokens of one connection: their hashes, and no more than a number while they are one and the same."""

    __slots__ = ("_first", "_others")

    def __init__(self, token: str) -> None:
        self._first = hash(token)
        self._others: set[int] | None = None

    def are_many(self, token: str) -> bool:
        """Take in a tap's token; tell whether there have been more different ones than usual."""
        seen = hash(token)
        others = self._others
        if others is None:
            if seen == self._first:
                return False
            others = self._others = set()
        if seen != self._first and len(others) < MAX_REMEMBERED:
            others.add(seen)
        return len(others) >= USUAL_TOKENS
