"""The rundown: the looks of a show in the order they are planned to go on air."""

from collections.abc import Iterable

from broadcast.ids import LookId
from broadcast.show import Look


class DuplicateLookError(ValueError):
    """Two lines of the rundown have the same look id or the same cue number."""


class Rundown:
    """An ordered, immutable list of looks.

    Attributes:
        looks: in rundown order; may be empty.

    Raises:
        DuplicateLookError: two looks share an id or a cue number.
    """

    __slots__ = ("_index", "looks")

    def __init__(self, looks: Iterable[Look]) -> None:
        self.looks: tuple[Look, ...] = tuple(looks)
        self._index: dict[LookId, int] = {}
        cues: set[str] = set()
        for place, look in enumerate(self.looks):
            if look.id in self._index:
                raise DuplicateLookError(f"look {look.id!r} is in the rundown twice")
            if look.cue in cues:
                raise DuplicateLookError(f"cue number {look.cue!r} is in the rundown twice")
            self._index[look.id] = place
            cues.add(look.cue)

    def __contains__(self, look: LookId | None) -> bool:
        return look in self._index

    def __len__(self) -> int:
        return len(self.looks)

    def look(self, look: LookId) -> Look | None:
        """Return the look of that id, or None if the rundown has none."""
        place = self._index.get(look)
        return None if place is None else self.looks[place]

    @property
    def first(self) -> LookId | None:
        """The look the show opens with, or None in an empty rundown."""
        return self.looks[0].id if self.looks else None

    @property
    def last(self) -> LookId | None:
        """The look the show closes with, or None in an empty rundown."""
        return self.looks[-1].id if self.looks else None

    def after(self, look: LookId) -> LookId | None:
        """Return the look that follows, or None after the last and for a look the rundown does not have."""
        return self._beside(look, 1)

    def before(self, look: LookId) -> LookId | None:
        """Return the look that precedes, or None before the first and for a look the rundown does not have."""
        return self._beside(look, -1)

    def _beside(self, look: LookId, step: int) -> LookId | None:
        place = self._index.get(look)
        if place is None or not 0 <= place + step < len(self.looks):
            return None
        return self.looks[place + step].id
