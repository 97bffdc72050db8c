"""One viewer's messages, held against the feed's promise: snapshot or exact resume, then no number left out. Pure."""

from collections import Counter


class FeedCheck:
    """Where one viewer is in the feed."""

    __slots__ = ("_counts", "epoch", "gaps", "seq")

    def __init__(self) -> None:
        self.epoch: str | None = None
        self.seq = 0
        self.gaps = 0
        self._counts: Counter[str] = Counter()

    @property
    def snapshots(self) -> int:
        """How often the feed began with a snapshot."""
        return self._counts["snapshot"]

    @property
    def resumed(self) -> int:
        """How often the feed went on exactly where it had been."""
        return self._counts["resumed"]

    @property
    def messages(self) -> int:
        """Messages of the feed received since."""
        return self._counts["message"]

    def snapshot(self, epoch: str, seq: int) -> None:
        """Begin afresh; within one epoch a snapshot never takes a viewer back."""
        self._counts["snapshot"] += 1
        if epoch == self.epoch and seq < self.seq:
            self.gaps += 1
        self.epoch, self.seq = epoch, seq

    def went_on(self, epoch: str, seq: int) -> None:
        """Go on after ``seq``; that must be where this viewer was."""
        self._counts["resumed"] += 1
        if (epoch, seq) != (self.epoch, self.seq):
            self.gaps += 1
        self.epoch, self.seq = epoch, seq

    def message(self, seq: int) -> None:
        """Take the next message; anything but the next number is a gap."""
        self._counts["message"] += 1
        if self.epoch is None or seq != self.seq + 1:
            self.gaps += 1
        self.seq = seq
